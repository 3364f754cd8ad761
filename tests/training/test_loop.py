"""The training loop: an interruption leaves no trace, wherever it falls, and what cannot be gone on from is said."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.training import loop, resume
from longvideo.training.optimizer import build_optimizer
from longvideo.training.resume import LOCK_FILE, STATE_FILE, Progress, file_facts
from longvideo.training.schedule import Schedule

STEPS = 7
HOLD_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks as small as these only wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small_model(width: int = 6) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, 1))


def train(
    folder: Path,
    optimizer: str = "sgd",
    stop_at: int | None = None,
    save_every_s: float = -1.0,
    identity: str = "",
    lr: float = 0.1,
    started: Callable[[int], None] = lambda step: None,
) -> tuple[dict[str, Tensor], loop.Records]:
    """Train a small model with batch norm and dropout; the state is written after every step unless told otherwise."""
    model = small_model()
    torch.rand(len(folder.name))  # whatever else a process has drawn must not matter

    def batches_from(start: int) -> Iterator[Tensor]:
        started(start)
        for step in range(start, STEPS):
            if step == stop_at:
                raise KeyboardInterrupt
            yield torch.randn(5, 4, generator=torch.Generator().manual_seed(step))

    def losses_of(batch: Tensor) -> dict[str, Tensor]:
        out = model(batch)
        return {"near": (out - batch[:, :1]).square().mean(), "small": 0.1 * out.abs().mean()}

    built = build_optimizer(model, optimizer, lr, 0.01, 0.9)
    schedule = Schedule(STEPS, lr, (5,), 0.1, 2, 0.01)
    records = loop.fit(
        model, batches_from, losses_of, built, schedule, 3, Progress(folder, identity), save_every_s=save_every_s
    )
    return {name: value.clone() for name, value in model.state_dict().items()}, records


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@settings(max_examples=10)
@given(
    st.sampled_from(["sgd", "adamw"]),
    st.lists(st.integers(0, STEPS - 1), min_size=1, max_size=3),
    st.integers(-1, 12),
)
def test_an_interrupted_training_ends_in_the_same_bits(tmp_path_factory, optimizer, stops, save_every_s):
    folder = tmp_path_factory.mktemp("resume")
    expected, expected_records = train(folder / "whole", optimizer, save_every_s=1000)
    with pytest.MonkeyPatch.context() as patch:
        seconds = count()
        patch.setattr(loop.time, "monotonic", lambda: next(seconds))  # states lag behind by some steps
        for stop_at in stops:
            with suppress(KeyboardInterrupt):  # not raised where the state is past that step
                train(folder / "parts", optimizer, stop_at, save_every_s)
        found, records = train(folder / "parts", optimizer, None, save_every_s)
    assert same(expected, found)
    assert records == expected_records


def test_a_training_goes_on_from_its_last_state(tmp_path):
    starts: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, stop_at=4, started=starts.append)
    train(tmp_path, stop_at=2, started=starts.append)  # step 2 is done: its batch is never asked for
    assert starts == [0, 4]


def test_records_tell_step_rate_and_losses(tmp_path):
    records = train(tmp_path)[1]
    assert [record["step"] for record in records] == list(range(1, STEPS + 1))
    assert [record["lr"] for record in records] == pytest.approx([0.01, 0.055, 0.1, 0.1, 0.1, 0.01, 0.01])
    assert records[0].keys() == {"step", "lr", "near", "small"}


def test_a_state_of_another_training_is_not_used(tmp_path):
    starts: list[int] = []
    for identity, stop_at in (("a", 4), ("b", 3)):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, identity=identity, stop_at=stop_at, started=starts.append)
    found, _ = train(tmp_path, identity="b", started=starts.append)
    assert starts == [0, 0, 3]
    assert same(found, train(tmp_path / "fresh", identity="b")[0])


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a state"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: torch.save({"identity": "", "step": 2}, path),
        lambda path: Progress(path.parent, "").save(
            2, small_model(7), torch.optim.SGD(small_model(7).parameters()), []
        ),
    ],
)
def test_a_damaged_state_is_one_line(tmp_path, damage):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, stop_at=4)
    damage(tmp_path / STATE_FILE)
    with pytest.raises(UserError, match=rf"{STATE_FILE}: expected the state of a training, found .*; delete it$"):
        train(tmp_path)


def test_a_loss_that_is_no_number_stops_the_training(tmp_path):
    with pytest.raises(UserError, match=r"step \d: expected a finite loss, found (nan|inf); lower optim.lr"):
        train(tmp_path, lr=1e30)


def test_an_unknown_optimizer_is_named():
    with pytest.raises(UserError, match=r"expected optim.optimizer as sgd, adamw or adam, found 'adagrad'"):
        build_optimizer(small_model(), "adagrad", 0.1, 0.0, 0.9)


def test_two_processes_cannot_do_the_same_training(tmp_path):
    progress = Progress(tmp_path, "")
    command = [sys.executable, "-c", HOLD_LOCK, str(tmp_path / LOCK_FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match="another process is training this"), progress.alone():
            pass
        other.kill()
    with progress.alone(), pytest.raises(UserError, match="another process"), Progress(tmp_path, "x").alone():
        pass


def test_a_lock_that_was_removed_since_it_was_opened_is_none(tmp_path, monkeypatch):
    flock = resume.fcntl.flock

    def late(file, how):
        (tmp_path / LOCK_FILE).unlink()
        flock(file, how)

    monkeypatch.setattr(resume.fcntl, "flock", late)
    with pytest.raises(UserError, match="another process is training this"), Progress(tmp_path, "").alone():
        pass


def test_a_finished_training_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "resume"
    progress = Progress(folder, "")
    with progress.alone():
        train(folder)
        (folder / f".0123abcd.{STATE_FILE}").write_bytes(b"killed while writing")
        progress.clear()
    assert not folder.exists()
    folder.mkdir()
    (folder / "notes").touch()
    progress.clear()
    assert (folder / "notes").exists()


def test_facts_of_a_file_change_with_it(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("a")
    before = file_facts([path, None])
    assert before == file_facts([path])
    path.write_text("ab")
    assert file_facts([path]) != before
