"""Trainings on a SLURM, each stopped in the middle in another manner, end in the bytes of trainings left alone."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from heads import Head, wait_for
from snakemake_calls import NO_EDIT, clone, make_calls

from longvideo.training.resume import STATE_FILE
from snakemake_executor_plugin_submitit.records import Records, outputs_of

pytestmark = pytest.mark.workflow
STEPS = 120
EDITS = {
    "config/scales/smoke.yaml": ("bone: false\n    optim: {steps: 6", f"bone: false\n    optim: {{steps: {STEPS}"),
    "workflow/rules/train.smk": (" --threads {threads}", " --threads {threads} --save-every-s 0.1"),
}
VARIANTS = SIGNALLED, PREEMPTED, LIMITED = "nl", "avg", "max"
CHECKPOINTS, STATES, LOGS = (f"results/smoke/{kind}/ava_lfb" for kind in ("checkpoints", "resume", "logs/train"))
MODELS = {variant: f"{CHECKPOINTS}/{variant}/s0/model.safetensors" for variant in VARIANTS}
# Not because of code: the rule is edited above.
WORDS = ["--rerun-triggers", "params", "--config", "scale=smoke", "--", *MODELS.values()]


class Held(NamedTuple):
    """A training that is held: its job, the log of the job, and its process."""

    job: str
    log: Path
    process: psutil.Process


def prepared(smoke, folder):
    """Copy what the smoke run made, and ask for longer trainings that write their state all the time."""
    folder.mkdir()
    clone(folder)
    for name in ("results", ".snakemake"):
        shutil.copytree(smoke.folder / name, folder / name)
    for name, (old, new) in EDITS.items():
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))
    return folder


def hold(folder, variant):
    """Hold a training as soon as it has written a state: it must not end before SLURM has done anything about it."""
    wait_for(lambda: (folder / STATES / variant / "s0" / STATE_FILE).exists(), f"a state of {variant}")
    words = {"longvideo.steps.train", MODELS[variant]}
    here = (p for p in psutil.process_iter(["cmdline", "cwd"]) if p.info["cwd"] == str(folder))
    (process,) = (p for p in here if words <= set(p.info["cmdline"]))
    process.suspend()
    records = Records(folder / ".snakemake/submitit/running").all()
    (record,) = (r for r in records if Path(MODELS[variant]) in outputs_of(r.work))
    return Held(record.job_id, Path(record.folder) / f"{record.job_id}_0_log.out", process)


def let_go(held, notice):
    """Let a training go on, which is to end it, once SLURM has told its job to stop."""
    wait_for(lambda: notice in held.log.read_text(), f"{notice} in {held.log}")
    with suppress(psutil.NoSuchProcess):  # it has been ended
        held.process.resume()


def restarts(slurm, job):
    return int(re.search(r"Restarts=(\d+)", slurm.run("scontrol", "show", "job", job)).group(1))


def test_each_ends_in_the_same_bytes(slurm, smoke, tmp_path):
    head, calm = Head(prepared(smoke, tmp_path / "disturbed"), slurm.env), prepared(smoke, tmp_path / "calm")
    # A whole node for each training, so that what is preempted is one of them.
    snakemake = head.start("--profile", "workflow/profiles/slurm", "--set-resources", "train:gpus=2", *WORDS)
    with ThreadPoolExecutor() as pool:
        try:
            held = dict(zip(VARIANTS, pool.map(lambda variant: hold(head.folder, variant), VARIANTS)))
            slurm.run("scontrol", "update", f"jobid={held[LIMITED].job}", "timelimit=1")
            slurm.run("scancel", "--signal=USR2", held[SIGNALLED].job)
            (node,) = slurm.run("squeue", "--noheader", f"--jobs={held[PREEMPTED].job}", "--format=%N").split()
            urgent = ["--partition=urgent", f"--nodelist={node}", "--exclusive", "--output=/dev/null", "--wrap=sleep 1"]
            slurm.run("sbatch", *urgent)
            left_alone = pool.submit(make_calls, calm, [(["-c2", *WORDS], NO_EDIT)])
            for variant, notice in ((SIGNALLED, "SIGUSR2"), (PREEMPTED, "SIGTERM"), (LIMITED, "SIGUSR2")):
                let_go(held[variant], notice)
            wait_for(lambda: restarts(slurm, held[LIMITED].job) == 1, "the limited job in the queue again")
            slurm.run("scontrol", "update", f"jobid={held[LIMITED].job}", "timelimit=10")
            said, _ = snakemake.communicate(timeout=200)
        finally:
            snakemake.kill()
        (result,) = left_alone.result()
    assert snakemake.returncode == 0, said
    assert result.status == 0 and result.jobs == {"train": 3, "total": 3}, result.stdout + result.stderr
    for variant in VARIANTS:
        assert restarts(slurm, held[variant].job) == 1
        (steps,) = re.findall(r"(\d+) steps in", (head.folder / LOGS / variant / "s0.log").read_text())
        assert int(steps) < STEPS, f"{variant} did not go on from a state"
        for name in ("model.safetensors", "log.jsonl"):
            file = Path(CHECKPOINTS, variant, "s0", name)
            assert (head.folder / file).read_bytes() == (calm / file).read_bytes(), file
