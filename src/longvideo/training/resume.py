"""The private state of an interrupted training: written aside now and then, gone when the training is done.

Nothing random is stored: all randomness of a step follows from the seed and the step's number.
"""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn, optim

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside

STATE_FILE = "state.pt"
LOCK_FILE = "lock"

State = dict[str, Any]
FileFacts = list[tuple[str, int, int]]


def file_facts(paths: Iterable[Path | None]) -> FileFacts:
    """Return name, size and time of change of each file: what an identity says of inputs that are long to read."""
    facts = [(str(path), path.stat()) for path in paths if path is not None]
    return [(name, fact.st_size, fact.st_mtime_ns) for name, fact in facts]


def ignore_notice() -> None:
    """Go on after SIGUSR2, which SLURM sends to every process of a job some time before it ends the job.

    It is meant for whoever started this process, and would kill it; states are written all the time.
    """
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)


@contextmanager
def asked_to_end(first: bool) -> Iterator[threading.Event]:
    """Yield what is set once this process is asked to end by SIGTERM, instead of being ended by it.

    Of several processes, those other than the first take no notice: they end with the first, which writes the state.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGTERM, (lambda *_: asked.set()) if first else signal.SIG_IGN)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)


class Restored(NamedTuple):
    """What an interrupted training had done.

    Attributes:
        step: Updates.
        records: Their records.
        seconds: What they took, by the names of a `Stopwatch`.
    """

    step: int
    records: list[dict[str, Any]]
    seconds: dict[str, float]


class Progress:
    """State of one training in a folder of its own.

    Args:
        folder: Where the state lies; not the output of any rule, since Snakemake deletes those before a job starts.
        identity: Text that tells this training from others: resolved spec, seed and inputs.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder
        self._path = folder / STATE_FILE
        self._lock = folder / LOCK_FILE
        self._identity = identity

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make sure that no other process does the same training; the lock goes with the process, however it ends.

        Raises:
            UserError: Another process holds the lock.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Whoever held the lock may have finished and removed the file since it was opened here.
                held = os.path.samestat(os.fstat(file.fileno()), self._lock.stat())
            except OSError:
                held = False
            if not held:
                raise UserError(f"{self._folder}: another process is training this; wait for it or end it")
            yield

    def restore(
        self,
        model: nn.Module,
        optimizer: optim.Optimizer,
        shared: Callable[[Callable[[], State | None]], State | None] = lambda read: read(),
    ) -> Restored:
        """Load the state if there is one of the same training; return what was done.

        Args:
            model: Gets the weights.
            optimizer: Of the model.
            shared: Calls what reads the file, in one of several processes only (`Processes.from_first`): they must not
                differ in whether there is a state and which.

        Raises:
            UserError: The file is damaged.
        """
        state = shared(self._read)
        if state is None:
            return Restored(0, [], {})
        try:
            model.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            return Restored(int(state["step"]), list(state["records"]), dict(state["seconds"]))
        except Exception as error:  # whatever a damaged state makes of them
            raise self._damaged() from error

    def _read(self) -> State | None:
        if not self._path.is_file():
            return None
        try:
            state: State = torch.load(self._path, weights_only=True, map_location="cpu")
            return state if state["identity"] == self._identity else None
        except Exception as error:  # whatever a damaged file makes the reader raise
            raise self._damaged() from error

    def _damaged(self) -> UserError:
        return UserError(f"{self._path}: expected the state of a training, found a file that cannot be used; delete it")

    def save(
        self,
        step: int,
        model: nn.Module,
        optimizer: optim.Optimizer,
        records: list[dict[str, Any]],
        seconds: Mapping[str, float] | None = None,
    ) -> None:
        """Write the state after `step` updates, whole or not at all."""
        state = {"identity": self._identity, "step": step, "records": records, "seconds": dict(seconds or {})}
        state |= {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        with write_aside(self._path) as aside:
            torch.save(state, aside)

    def clear(self) -> None:
        """Remove the state, once what it was for is written, and what a killed process left of an earlier one."""
        for path in (*self._folder.glob(f".*.{STATE_FILE}"), self._path, self._lock):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # something else lies there
            self._folder.rmdir()
