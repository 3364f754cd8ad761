"""The step `train`, killed in the middle and called again, ends in the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from train_calls import bank_flags, write_inputs

from longvideo.files.checkpoint import read_header
from longvideo.training.resume import STATE_FILE

SECONDS, STEPS = 6, 120
SPEC = {
    "name": "ava_lfb",
    "variant": "nl",
    "dataset": "ava",
    "architecture": "i3d_nl_smoke",
    "clip": {
        "frames": 8, "stride": 2, "train_short_side": [64, 72], "train_crop": 64, "test_short_side": 64, "test_crop": 64
    },
    "operator": {"kind": "nl", "dim": 8},
    "bank": {"experiment": "ava_cnn/support_2", "window_s": 4, "slots_per_s": 2},
    "optim": {"steps": STEPS, "batch": 2, "lr": 0.05, "drop_at": [80], "warmup_steps": 5, "weight_decay": 1e-4},
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, Path]:
    """What the step reads: one generated video, its labels, its people as they were found, and a bank of them."""
    folder = tmp_path_factory.mktemp("world")
    given = write_inputs(folder, SECONDS)
    return {**given, **bank_flags(given, "bank")}


def start(inputs: dict[str, Path], folder: Path) -> subprocess.Popen[str]:
    """Start the step; it writes its state ten times a second."""
    outputs = {"out": folder / "model.safetensors", "log": folder / "log.jsonl", "resume_dir": folder / "resume"}
    words = {"spec": json.dumps(SPEC), "seed": 3, "save_every_s": 0.1, **inputs, **outputs}
    flags = [word for name, value in words.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "longvideo.steps.train", *flags]
    # One thread from the start: what is not computed by torch must not depend on the machine's load either.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def finish(step: subprocess.Popen[str]) -> str:
    """Wait for the end of the step and return what it said."""
    said = step.communicate(timeout=120)[1]
    assert step.returncode == 0, said
    return said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_training_goes_on_and_ends_in_the_same_bytes(inputs, tmp_path, number):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    other = start(inputs, whole)
    killed = start(inputs, parts)
    state = parts / "resume" / STATE_FILE
    while not state.is_file() and killed.poll() is None:
        time.sleep(0.005)
    killed.send_signal(number)
    said = killed.communicate(timeout=60)[1]
    assert killed.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert number == signal.SIGKILL or "the same command goes on from there" in said
    assert not (parts / "model.safetensors").exists()
    done = torch.load(state, weights_only=True)["step"]
    assert 0 < done < STEPS
    assert f"{STEPS} steps in" in finish(other)

    assert f"{STEPS - done} steps in" in finish(start(inputs, parts))
    for name in ("model.safetensors", "log.jsonl"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()
    assert not (parts / "resume").exists()
    header = read_header(parts / "model.safetensors")
    assert (header["seed"], header["step"], header["spec"]["variant"]) == (3, STEPS, "nl")
    losses = [json.loads(line)["loss"] for line in (parts / "log.jsonl").read_text().splitlines()]
    assert len(losses) == STEPS and np.mean(losses[-5:]) < 0.7 * losses[0]
