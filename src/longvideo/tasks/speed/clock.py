"""How often something is done to say how long it takes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Takes the median of `repeats` measurements, after `warmup` ones that do not count."""

    warmup: int
    repeats: int

    def milliseconds(self, work: Callable[[], object], frames: float) -> float:
        """Return how many ms `work`, which handles so many frames, takes per frame."""
        for _ in range(self.warmup):
            work()
        taken = []
        for _ in range(self.repeats):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
        return 1000 * statistics.median(taken) / frames
