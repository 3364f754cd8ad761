"""From a baseline's recipe to the schedule of thesis sec. 6.1.2.

Of the baseline's time only proportions matter: counted in thousands of updates it gives the same as in epochs.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from longvideo.errors import UserError
from longvideo.training.multigrid.grid import LONG_FACTORS, SHORT_FACTORS, short_cycle
from longvideo.training.multigrid.schedule import Baseline, MultigridSchedule, Policy, Stage

Cycles = Literal["multi", "single"]


class _Part(NamedTuple):
    """A part of the baseline's epochs, and what takes its updates' place."""

    length: float
    shape: int
    level: int
    fine_tuning: bool = False


def multigrid_schedule(
    baseline: Baseline,
    *,
    long: bool = True,
    short: bool = True,
    cycles: Cycles = "multi",
    policy: Policy = "steps",
    factors: Sequence[tuple[float, float]] = LONG_FACTORS,
    short_factors: Sequence[float] = SHORT_FACTORS,
    epoch_factor: float = 1.5,
    iteration_factor: float | None = None,
    updates_of: float | None = None,
    fine_tune: bool = True,
    whole_epochs: bool = True,
    size_multiple: int = 1,
) -> MultigridSchedule:
    """Build a schedule; with neither `long` nor `short` it is the baseline's own, made longer or shorter.

    Each part of the baseline's updates is taken by as many times fewer updates, and each shape of a long cycle has as
    many of them. Learning rates are scaled linearly with the batch of the base shape, not with the short cycle. In the
    first half of the fine-tuning phase, which takes the place of the last learning rate, it is the one before.

    Args:
        baseline: The recipe that is to be sped up.
        long: Go through the shapes of `factors`; otherwise all is in the baseline's own.
        short: Go through the shapes of `short_factors` and the base shape, one per update.
        cycles: "multi" is one long cycle for each learning rate; "single" is one for all, without fine-tuning.
        policy: "steps", or "cosine" over all epochs; drops then only say where long cycles begin.
        factors: Parts of frames and side of each shape of a long cycle, the last of which fine-tuning has.
        short_factors: Parts of the side of the shapes of the short cycle.
        epoch_factor: Epochs, in those of the baseline.
        iteration_factor: How many times fewer updates than the baseline's; if given, the epochs follow from it.
        updates_of: As many updates as with multigrid's defaults at this epoch factor; decides the iteration factor.
        fine_tune: Keep the last learning rate for the last shape.
        whole_epochs: Let stages end after whole epochs, as the authors' release does; some can become empty.
        size_multiple: Round the sides of all shapes to a multiple of it, such as the network's stride; the release does
            not.

    Raises:
        UserError: Values that make no schedule.

    Source: thesis sec. 6.1.2 and 6.6; what it leaves open (equal savings, rounding) as in the authors' release.
    """
    if not (long or short):
        fine_tune, cycles = False, "multi"
    if updates_of is not None:
        default = multigrid_schedule(baseline, policy=policy, epoch_factor=updates_of, whole_epochs=whole_epochs)
        iteration_factor = default.iteration_factor
    shapes = list(factors) if long else [(1.0, 1.0)]
    _check(shapes, short_factors, epoch_factor if iteration_factor is None else iteration_factor)
    if cycles == "single":
        parts = _single_cycle(baseline, len(shapes), policy)
    else:
        parts = _multi_cycle(baseline, len(shapes), fine_tune)
        if fine_tune and len(shapes) > 1 and not baseline.drop_at:
            advice = "give drops, or choose a single cycle or no fine-tuning"
            raise UserError(f"expected at least one drop of the learning rate before fine-tuning, found none; {advice}")
    if size_multiple < 1 or baseline.grid.size % size_multiple:
        raise UserError(f"expected a size of a multiple of {size_multiple}, found {baseline.grid.size}")
    grids = [
        short_cycle(baseline.grid, time, space, short_factors if short else (), size_multiple) for time, space in shapes
    ]
    means = [sum(grid.batch for grid in cycle) / len(cycle) / baseline.grid.batch for cycle in grids]
    raw = [part.length * means[part.shape] for part in parts]
    scale = baseline.epochs * epoch_factor / sum(raw) if iteration_factor is None else 1 / iteration_factor
    stages: list[Stage] = []
    start, total = 0.0, 0.0
    for part, length in zip(parts, raw):
        total += length * scale
        # A half of an epoch must round alike however the sum was reached.
        end = float(round(round(total, 6))) if whole_epochs else total
        base = grids[part.shape][-1]
        lr = baseline.lr * base.batch / baseline.grid.batch
        levels, times = [part.level], [start, end]
        if part.fine_tuning and part.level and policy == "steps":
            middle = (start + end) / 2
            levels, times = [part.level - 1, part.level], [start, float(int(middle)) if whole_epochs else middle, end]
        for level, begin, stop in zip(levels, times, times[1:]):
            rate = lr * baseline.drop_factor**level if policy == "steps" else lr
            stages.append(Stage(begin, stop, grids[part.shape], rate, level, part.fine_tuning))
        start = end
    if not start:
        raise UserError(f"expected a schedule of at least an epoch, found {total:g}; raise the epoch factor")
    return MultigridSchedule(baseline, tuple(stages), policy)


def _multi_cycle(baseline: Baseline, shapes: int, fine_tune: bool) -> list[_Part]:
    """One long cycle for each learning rate, but for the last where that is for fine-tuning."""
    times = (0.0, *baseline.drop_at, baseline.epochs)
    lengths = [end - start for start, end in pairwise(times)]
    last = len(lengths) - 1
    cycled = lengths[:last] if fine_tune else lengths
    parts = [_Part(length / shapes, shape, level) for level, length in enumerate(cycled) for shape in range(shapes)]
    return [*parts, _Part(lengths[last], shapes - 1, last, True)] if fine_tune else parts


def _single_cycle(baseline: Baseline, shapes: int, policy: Policy) -> list[_Part]:
    """One long cycle over everything, cut where the learning rate drops."""
    drops = baseline.drop_at if policy == "steps" else ()
    changes = [baseline.epochs * shape / shapes for shape in range(shapes + 1)]
    times = sorted({*changes, *drops})
    return [
        _Part(end - start, bisect_right(changes, start) - 1, bisect_right(drops, start))
        for start, end in pairwise(times)
    ]


def _check(shapes: Sequence[tuple[float, float]], short_factors: Sequence[float], factor: float) -> None:
    parts = [*(part for shape in shapes for part in shape), *short_factors]
    if not shapes or not all(0 < part <= 1 for part in parts):
        found = ", ".join(f"{part:g}" for part in parts) or "none"
        raise UserError(f"expected factors of shapes above 0 and at most 1, found {found}")
    if not 0 < factor < math.inf:
        raise UserError(f"expected the factor of epochs or iterations to be above 0, found {factor:g}")
