"""The executor plugin without a SLURM: jobs are processes of this machine, or run inside Snakemake."""

import os
import shutil

import pytest
from heads import HERE, Head


@pytest.mark.parametrize("cluster", ["local", "debug"])
def test_jobs_run_and_fail_here(tmp_path, cluster):
    shutil.copy(HERE / "Snakefile", tmp_path)
    head = Head(tmp_path, dict(os.environ))
    targets = ["place/a.txt", "fail/a.txt", *(["peers/a.txt"] if cluster == "local" else [])]
    status, said = head.run("--submitit-cluster", cluster, *targets)
    assert status == 1 and "the reason of a" in said, said
    assert head.read("place/a.txt") == "none none\n"
    if cluster == "local":
        ranks = [head.read(f"logs/peers/a.log{end}").split()[:3] for end in ("", ".1", ".2", ".3")]
        assert ranks == [[str(n), "4", str(n)] for n in range(4)]
