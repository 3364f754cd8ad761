"""Learning rate by update: a linear warm-up, then steps down."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Updates and learning rates; `drop_at` counts updates, the rate rises linearly from `warmup_lr` before."""

    steps: int
    lr: float
    drop_at: Sequence[int] = ()
    drop_factor: float = 0.1
    warmup_steps: int = 0
    warmup_lr: float = 0.0

    def rate(self, step: int) -> float:
        """Return the learning rate of an update, counted from 0."""
        dropped = self.lr * self.drop_factor ** sum(step >= drop for drop in self.drop_at)
        if step < self.warmup_steps:
            return self.warmup_lr + (dropped - self.warmup_lr) * step / self.warmup_steps
        return dropped
