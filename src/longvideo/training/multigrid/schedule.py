"""Which shapes and which learning rate training has when, and how much that saves. Time is counted in epochs."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from longvideo.errors import UserError
from longvideo.training.multigrid.grid import Grid

Policy = Literal["steps", "cosine"]


@dataclass(frozen=True)
class Baseline:
    """The recipe that is to be sped up.

    Attributes:
        epochs: How long it trains.
        lr: Learning rate for batches of `grid`.
        grid: The shape of all its mini-batches, B x T x S.
        drop_at: Epochs at which the learning rate is multiplied by `drop_factor`.
        drop_factor: See above.
        warmup_epochs: Epochs over which the learning rate rises linearly; with multigrid as many.
        warmup_lr: Where it starts to rise.

    Raises:
        UserError: Values that make no training.
    """

    epochs: float
    lr: float
    grid: Grid
    drop_at: tuple[float, ...] = ()
    drop_factor: float = 0.1
    warmup_epochs: float = 0.0
    warmup_lr: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.epochs, self.lr, self.drop_factor, *self.grid)
        if not (all(0 < number < math.inf for number in numbers) and min(self.warmup_epochs, self.warmup_lr) >= 0):
            problem = "expected epochs, batch, frames, size and rates above 0 and a warm-up of at least 0"
            raise UserError(f"{problem}, found {', '.join(f'{n:g}' for n in (*numbers, self.warmup_epochs))}")
        if not all(a < b for a, b in zip((0.0, *self.drop_at), (*self.drop_at, self.epochs))):
            found = ", ".join(f"{drop:g}" for drop in self.drop_at)
            raise UserError(
                f"expected drops that rise between 0 and {self.epochs:g} epochs, found {found}; reorder them"
            )


@dataclass(frozen=True)
class Stage:
    """A time during which base shape and drops of the learning rate stay the same.

    Attributes:
        start: First epoch.
        end: The epoch that is no longer in it; where rounding has left nothing of the stage, it is `start`.
        grids: Shapes of the short cycle, one per update in turn; the last is the base shape. One alone: no cycle.
        lr: Learning rate, scaled with the batch of the base shape; of a cosine, the rate that it is a part of.
        level: Drops of the learning rate so far; of a cosine, long cycles so far.
        fine_tuning: Whether this is (half of) the fine-tuning phase.
    """

    start: float
    end: float
    grids: tuple[Grid, ...]
    lr: float
    level: int
    fine_tuning: bool = False

    @property
    def base(self) -> Grid:
        """The shape that the stage is named by."""
        return self.grids[-1]

    @property
    def mean_batch(self) -> float:
        """Clips per update, a mean over the short cycle."""
        return sum(grid.batch for grid in self.grids) / len(self.grids)


@dataclass(frozen=True)
class MultigridSchedule:
    """A baseline and the stages that take its place.

    Attributes:
        baseline: What `iteration_factor` and `relative_cost` compare with.
        stages: In the order of training.
        policy: "steps", or "cosine" for a rate that falls within the stages.
    """

    baseline: Baseline
    stages: tuple[Stage, ...]
    policy: Policy = "steps"

    @property
    def epochs(self) -> float:
        """How long training takes."""
        return self.stages[-1].end

    def stage_at(self, epoch: float) -> int:
        """Return the number of the stage at a time from 0 to below `epochs`."""
        return min(bisect_right(self.stages, epoch, key=lambda stage: stage.end), len(self.stages) - 1)

    def rate(self, epoch: float) -> float:
        """Return the learning rate at a time, in epochs and parts of them."""
        begin, warm = self.baseline.warmup_lr, self.baseline.warmup_epochs
        if epoch < warm:
            return begin + (self._rate(warm) - begin) * epoch / warm
        return self._rate(epoch)

    def _rate(self, epoch: float) -> float:
        lr = self.stages[self.stage_at(epoch)].lr
        return lr if self.policy == "steps" else lr * self.cosine(epoch)

    def cosine(self, epoch: float) -> float:
        """Return the part of a stage's `lr` that a cosine has left at a time."""
        return (1 + math.cos(math.pi * min(1.0, epoch / self.epochs))) / 2

    def iterations(self, stage: Stage) -> float:
        """Return the updates of a stage in epochs of the baseline, each of which takes as many updates as the other."""
        return (stage.end - stage.start) * self.baseline.grid.batch / stage.mean_batch

    @property
    def iteration_factor(self) -> float:
        """How many times fewer updates than the baseline training takes."""
        return self.baseline.epochs / sum(map(self.iterations, self.stages))

    def cost(self, stage: Stage) -> float:
        """Return what an update of a stage costs in updates of the baseline, by the points of their batches."""
        return sum(grid.points for grid in stage.grids) / len(stage.grids) / self.baseline.grid.points

    @property
    def relative_cost(self) -> float:
        """What training costs in trainings of the baseline."""
        return sum(self.iterations(stage) * self.cost(stage) for stage in self.stages) / self.baseline.epochs
