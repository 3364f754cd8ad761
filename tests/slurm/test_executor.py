"""The executor plugin on a real SLURM: what jobs get, and what becomes of them when things go wrong."""

import re
import shutil
import signal
import time

import pytest
from heads import HERE, Head, wait_for

LIMITED_NODE = "n3"


@pytest.fixture
def head(slurm, tmp_path):
    """Snakemake in an empty folder with the tests' own Snakefile."""
    shutil.copy(HERE / "Snakefile", tmp_path)
    head = Head(tmp_path, slurm.env)
    yield head
    head.end()


@pytest.fixture(scope="module", autouse=True)
def limited(slurm, tmp_path_factory):
    """Snakemake with a job that takes longer than it may, on a node of its own, beside all tests."""
    folder = tmp_path_factory.mktemp("limited")
    shutil.copy(HERE / "Snakefile", folder)
    head = Head(folder, slurm.env)
    place = ["--set-resources", f"count:slurm_extra='--nodelist={LIMITED_NODE}'", "--set-threads", "count=4"]
    process = head.start("count/limit.txt", *place, "--config", "limit=450")
    yield head, process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def running(slurm):
    """Return SLURM's ids of the running jobs of a test."""
    jobs = (line.split() for line in slurm.run("squeue", "-h", "-t", "running", "-o", "%i %N").splitlines())
    return [job for job, node in jobs if node != LIMITED_NODE]


def test_resources_reach_slurm_and_alike_jobs_go_as_one_array(head):
    gpu = [f"on_gpu/{name}.txt" for name in "ab"]
    status, said = head.run("place/a.txt", *gpu, "peers/a.txt", "--groups", "place=g")
    assert status == 0, said
    assert head.read("place/a.txt").startswith("none ")
    seen = [head.read(path).split() for path in gpu]
    assert all(devices in ("0", "1") for devices, *_ in seen)
    assert seen[0][1] != seen[1][1] and seen[0][2] == seen[1][2] != "none"
    ranks = [head.read(f"logs/peers/a.log{end}").split() for end in ("", ".1", ".2", ".3")]
    assert [rank[:3] for rank in ranks] == [[str(n), "4", str(n % 2)] for n in range(4)]
    assert len({rank[3] for rank in ranks}) == 1
    assert len({rank[4] for rank in ranks}) == 2 and all(rank[5] == "0,1" for rank in ranks)


def test_jobs_of_a_group_share_one_submission(head):
    targets = [f"place/{name}.txt" for name in "abcd"]
    status, said = head.run(*targets, "--groups", "place=g", "--group-components", "g=4")
    assert status == 0, said
    assert len({head.read(path).split()[1] for path in targets}) == 1


def test_a_failing_rule_shows_its_log_and_its_job(head):
    status, said = head.run("fail/a.txt", "place/a.txt")
    assert status == 1
    assert "the reason of a" in said and re.search(r"external_jobid: \d+", said) and "exit status" in said
    assert head.read("place/a.txt")


def test_a_job_without_enough_memory_is_reported(head):
    began = time.monotonic()
    status, said = head.run("devour/a.txt")
    assert status == 1 and time.monotonic() - began < 45
    assert re.search(r"slurm job \d+ (failed|has left no result, and ended as).* memory limit", said), said


def test_a_refused_submission_is_reported(head):
    status, said = head.run("place/a.txt", "fail/b.txt", "--set-resources", "place:slurm_partition=nowhere")
    assert status == 1
    assert "could not be submitted" in said and "invalid partition" in said
    assert "the reason of b" in said


def test_the_job_of_a_node_that_goes_down_runs_again(head, slurm):
    process = head.start("count/a.txt", "--config", "steps=40")
    wait_for(lambda: (head.folder / "state/a/step").exists(), "a job that counts")
    (job,) = running(slurm)
    node = slurm.run("squeue", "-h", "-j", job, "-o", "%N").strip()
    slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert head.read("count/a.txt").strip() == "40"
    assert len(head.read("state/a/starts").split()) == 2


def test_a_signal_and_preemption_at_once_each_resume(head, slurm):
    """All jobs are preempted, and one of them is told to stop at the same moment."""
    process = head.start("count/a.txt", "count/b.txt", "--config", "steps=60")
    wait_for(lambda: all((head.folder / f"state/{name}/step").exists() for name in "ab"), "jobs that count")
    first = running(slurm)[0]
    node = slurm.run("squeue", "-h", "-j", first, "-o", "%N").strip()
    slurm.run("scancel", "--signal=USR2", first)
    urgent = ["--partition=urgent", f"--nodelist={node}", "--exclusive", "--output=/dev/null", "--wrap=sleep 1"]
    slurm.run("sbatch", *urgent)
    said, _ = process.communicate(timeout=180)
    assert process.returncode == 0, said
    assert [head.read(f"count/{name}.txt").strip() for name in "ab"] == ["60", "60"]
    assert all(len(head.read(f"state/{name}/starts").split()) >= 2 for name in "ab")


def answer_late(head, slurm):
    """Let SLURM take two seconds to say which jobs there are."""
    folder = head.folder / "late"
    folder.mkdir()
    late = folder / "squeue"
    late.write_text(f'#!/bin/sh\nsleep 2\nexec {shutil.which("squeue", path=slurm.env["PATH"])} "$@"\n')
    late.chmod(0o755)
    head.env["PATH"] = f"{folder}:{head.env['PATH']}"


@pytest.mark.parametrize("late", [False, True])
def test_ctrl_c_cancels_within_seconds(head, slurm, late):
    if late:  # jobs are being asked for when Ctrl-C comes
        answer_late(head, slurm)
    process = head.start("count/a.txt", "--config", "steps=500")
    wait_for(lambda: (head.folder / "state/a/step").exists(), "a job that counts")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    wait_for(lambda: not running(slurm), "no running job", 15)
    assert not list((head.folder / ".snakemake/submitit/running").iterdir())


def test_after_a_kill_the_same_command_finds_its_running_job(head):
    words = ("count/a.txt", "--config", "steps=60", "--nolock")
    process = head.start(*words)
    wait_for(lambda: (head.folder / "state/a/step").exists(), "a job that counts")
    process.kill()
    process.communicate()
    status, said = head.run(*words)
    assert status == 0, said
    assert "found running" in said
    assert len(head.read("state/a/starts").split()) == 1


def test_after_a_kill_a_job_that_finished_meanwhile_is_not_run_again(head, slurm):
    words = ("count/a.txt", "--config", "steps=10", "--nolock")
    process = head.start(*words)
    wait_for(lambda: (head.folder / "state/a/step").exists(), "a job that counts")
    process.kill()
    process.communicate()
    wait_for(lambda: not running(slurm), "the end of the job")
    status, said = head.run(*words)
    assert status == 0, said
    assert len(head.read("state/a/starts").split()) == 1


def test_after_a_kill_another_command_replaces_the_running_job(head, slurm):
    process = head.start("count/a.txt", "--config", "steps=500", "--nolock")
    wait_for(lambda: (head.folder / "state/a/step").exists(), "a job that counts")
    process.kill()
    process.communicate()
    status, said = head.run("count/a.txt", "--config", "steps=20", "--nolock")
    assert status == 0, said
    assert not running(slurm)
    assert head.read("count/a.txt").strip() != "500"


def test_a_job_that_ran_into_its_time_limit_goes_on(limited):
    """SLURM warns a job of 2 minutes up to a minute and a half before; this one wants to count for that long."""
    head, process = limited
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert head.read("count/limit.txt").strip() == "450"
    assert len(head.read("state/limit/starts").split()) >= 2
