"""The executor plugin on a SLURM that keeps accounts, where ended jobs leave the queue at once."""

import shutil

import pytest
from cluster import Cluster, why_not
from heads import HERE, Head, wait_for


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    reason = why_not(accounting=True)
    if reason:
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("accounts"), nodes=1, accounting=True) as cluster:
        yield cluster


def test_success_failure_and_cancellation_are_told_apart(accounts, tmp_path):
    shutil.copy(HERE / "Snakefile", tmp_path)
    head = Head(tmp_path, accounts.env)
    process = head.start("place/a.txt", "fail/a.txt", "count/a.txt", "--config", "steps=500")
    wait_for(lambda: (tmp_path / "state/a/step").exists(), "a job that counts")
    (counting,) = accounts.run("squeue", "-h", "--me", "--name=count", "-o", "%i").split()
    accounts.run("scancel", counting)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 1
    assert f"slurm job {counting} has left no result, and ended as CANCELLED" in said, said
    assert "the reason of a" in said and (tmp_path / "place/a.txt").exists()
