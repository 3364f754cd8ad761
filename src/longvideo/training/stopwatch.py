"""How long a loop takes, by the clock and by the processor, summed over interruptions."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, TypeVar

Batch = TypeVar("Batch")
PARTS = ("data", "update")
KINDS = ("wall_s", "cpu_s")


class Stopwatch:
    """Seconds of the parts of a training loop: `data_wall_s` (waiting for batches), `update_cpu_s` and so on.

    `cpu_s` are seconds of this process on all of its processors, without those of processes that read data for it. On a
    GPU, whose work goes on while the next batch is waited for, only the sum of both parts' `wall_s` has a meaning.

    Attributes:
        seconds: By name; to go on with a loop, set them to those of the state that it goes on from.
    """

    def __init__(self) -> None:
        self.seconds = {f"{part}_{kind}": 0.0 for part in PARTS for kind in KINDS}

    def go_on(self, seconds: Mapping[str, float]) -> None:
        """Count on from these seconds, of a state; none of them for a new loop."""
        self.seconds |= seconds

    def timing_each(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield batches; waiting for them counts as data, what is done with each as an update."""
        while True:
            with self.timing("data"):
                batch = next(batches, None)
            if batch is None:
                return
            with self.timing("update"):
                yield batch

    @contextmanager
    def timing(self, part: Literal["data", "update"]) -> Iterator[None]:
        """Add what the block takes to a part; nothing if it raises."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds[f"{part}_wall_s"] += time.perf_counter() - wall
        self.seconds[f"{part}_cpu_s"] += time.process_time() - cpu
