"""Two processes train as one does; killed, they go on as if nothing had been; and no one waits for a dead one."""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from train_calls import (
    BANK,
    FROZEN,
    SPEC,
    VARIABLES,
    bank_flags,
    finish,
    free_port,
    losses,
    places,
    start,
    write_inputs,
)

from longvideo.errors import UserError
from longvideo.files.checkpoint import load_checkpoint
from longvideo.training.distributed import Place, find_place, joined
from longvideo.training.resume import STATE_FILE

STEPS = SPEC["optim"]["steps"]
LONG = SPEC | {"optim": SPEC["optim"] | {"steps": 100_000}}
ALL = dict(zip(VARIABLES, ("1", "4", "1", "2", "host", "29500"), strict=True))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, Path]:
    return write_inputs(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def norms(tmp_path_factory, inputs) -> tuple[Path, Path]:
    """Outputs of one process and of two, which share batches of five through batch norm."""
    alone, shared = (tmp_path_factory.mktemp(name) for name in ("alone", "shared"))
    one = start(alone, SPEC, {}, **inputs)
    several = [start(shared, SPEC, place, **inputs) for place in places(2)]
    assert f"{STEPS} steps in" in finish([one])[0]
    said = finish(several)
    assert said[0].count("\n") == 1 and said[1] == ""
    return alone, shared


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "model.safetensors")[0]


def wait_for_state(folder: Path, processes: list[subprocess.Popen[str]]) -> None:
    while not (folder / "resume" / STATE_FILE).is_file():
        assert [process.poll() for process in processes] == [None] * len(processes)
        time.sleep(0.005)


def same_training(one: Path, other: Path) -> None:
    assert len(losses(one)) == STEPS
    assert losses(one) == pytest.approx(losses(other), abs=1e-5)
    torch.testing.assert_close(weights(one), weights(other), atol=2e-4, rtol=1e-3)


def test_two_processes_train_as_one_with_batch_norm(norms):
    same_training(*norms)
    assert losses(norms[0])[-1] < losses(norms[0])[0] - 0.05


def test_two_processes_train_as_one_on_stored_features_and_a_bank(inputs, tmp_path):
    flags = inputs | bank_flags(inputs, "bank", "init")
    processes = [start(tmp_path / "shared", SPEC | FROZEN, place, **flags) for place in places(2)]
    finish([start(tmp_path / "alone", SPEC | FROZEN, {}, **flags), *processes])
    same_training(tmp_path / "alone", tmp_path / "shared")


def test_killed_processes_go_on_also_as_another_number(norms, inputs, tmp_path):
    folder, other = tmp_path / "two", tmp_path / "one"
    killed = [start(folder, SPEC, place, save_every_s=0, **inputs) for place in places(2)]
    wait_for_state(folder, killed)
    for process in killed:
        process.kill()
    for process in killed:
        process.communicate(timeout=60)
    done = torch.load(folder / "resume" / STATE_FILE, weights_only=True)["step"]
    assert 0 < done < STEPS
    shutil.copytree(folder, other)
    again = [start(folder, SPEC, place, **inputs) for place in places(2)]
    said = finish([start(other, SPEC, {}, **inputs), *again])
    assert f"{STEPS - done} steps in" in said[0] and f"{STEPS - done} steps in" in said[1]
    for resumed in (folder, other):
        same_training(norms[1], resumed)
        assert not (resumed / "resume").exists()


@pytest.mark.parametrize("dead", [0, 1])
def test_a_dead_process_ends_the_other_with_one_line(inputs, tmp_path, dead):
    processes = [start(tmp_path, SPEC | BANK | {"optim": LONG["optim"]}, place, save_every_s=0, **inputs,
                       **bank_flags(inputs, "bank")) for place in places(2)]  # fmt: skip
    wait_for_state(tmp_path, processes)
    for process in processes:
        process.send_signal(signal.SIGUSR2)  # SLURM's notice, which a training must outlive
    time.sleep(0.2)
    assert [process.poll() for process in processes] == [None, None]
    processes[dead].kill()
    said = processes[1 - dead].communicate(timeout=10)[1]
    processes[dead].communicate(timeout=10)
    assert processes[1 - dead].returncode == 2
    assert said.count("\n") == 1 and f"longvideo: process {dead} of 2 is gone" in said


def test_an_error_of_one_process_is_one_line_of_the_first(inputs, tmp_path):
    labels = [inputs["labels"], tmp_path / "none.csv"]
    processes = [
        start(tmp_path, LONG, place, **inputs | {"labels": path}) for place, path in zip(places(2), labels, strict=True)
    ]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [2, 2]
    assert said == [f"longvideo: {labels[1]}: expected a CSV file, found none\n", ""]


def test_an_incomplete_environment_is_one_line(inputs, tmp_path):
    process = start(tmp_path, SPEC, {"WORLD_SIZE": "2", "RANK": "0"}, **inputs)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert said.count("\n") == 1 and "found RANK=0, WORLD_SIZE=2; start them by torchrun or SLURM" in said


def test_the_environment_names_the_place_of_a_process():
    assert find_place({}) is None and find_place({"WORLD_SIZE": "1", "RANK": "x"}) is None
    assert find_place(ALL) == Place(1, 4, 1, "host", 29500)
    wrong: list[dict[str, Any]] = [{"RANK": "4"}, {"LOCAL_RANK": "2"}, {"MASTER_PORT": "x"}, {"MASTER_ADDR": ""}]
    for change in (*wrong, {"LOCAL_WORLD_SIZE": "5"}, {"WORLD_SIZE": "0"}):
        with pytest.raises(UserError, match=r"expected RANK, .* found .*; start them by torchrun or SLURM"):
            find_place(ALL | change)


def test_a_first_process_that_cannot_be_reached_is_a_user_error(monkeypatch):
    for name, value in (ALL | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}).items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(UserError, match=r"expected 4 processes to meet at 127.0.0.1:\d+ within 0.3 s, found .*refused"),
        joined(torch.device("cpu"), timeout_s=0.3),
    ):
        pass
