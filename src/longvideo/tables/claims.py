"""Verdicts on claims: does a directional statement of a document hold in our runs, and how sure are we?

Every claim is reduced to one number per seed that the claim says is positive (a difference, a slope, a contrast). Runs
of one seed share world and initialisation, so the numbers are paired: the seed's own ups and downs cancel. The verdict
reads the two-sided 95 % t-interval of their mean. Intervals are per claim, not corrected for the number of claims.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

HOLDS, FAILS, UNDECIDED, NOT_TESTABLE = "holds", "fails", "undecided", "not testable here"
CONFIDENCE = 0.95
MIN_SEEDS = 2

PerSeed = Mapping[int, float]


@dataclass(frozen=True)
class Verdict:
    """What our runs say about one claim.

    Attributes:
        verdict: One of "holds", "fails", "undecided", "not testable here".
        difference: Mean over seeds of the number the claim says is positive, in the metric's unit; None if unknown.
        low: Lower end of its 95 % interval, None below two seeds.
        high: Upper end.
        seeds: Seeds that the verdict rests on.
        reason: Why it cannot be tested, or what else the reader has to know; may be empty.
    """

    verdict: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: tuple[int, ...] = ()
    reason: str = ""


def judge(numbers: PerSeed) -> Verdict:
    """Judge whether the mean of one number per seed is above zero.

    With n >= 2 seeds, mean m and standard deviation s, the interval is m -+ t(0.975, n - 1) s / sqrt(n). The claim
    holds if the interval lies above zero, fails if it lies below, and is undecided if it contains zero. Numbers that
    are all equal give an interval of length zero: equal to zero is undecided, any other value decides.
    """
    seeds = tuple(sorted(numbers))
    values = [numbers[seed] for seed in seeds]
    if not values:
        return Verdict(NOT_TESTABLE, reason="no seed has every cell of this claim")
    mean = fmean(values)
    if len(values) < MIN_SEEDS:
        reason = f"only seed {seeds[0]} has every cell; an interval needs at least {MIN_SEEDS} seeds"
        return Verdict(NOT_TESTABLE, mean, seeds=seeds, reason=reason)
    # Here, because the commands that show verdicts import this module and scipy takes a second.
    from scipy.special import stdtrit

    quantile = float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2))
    half = quantile * stdev(values) / math.sqrt(len(values))
    low, high = mean - half, mean + half
    verdict = HOLDS if low > 0 else FAILS if high < 0 else UNDECIDED
    return Verdict(verdict, mean, low, high, seeds)


def judge_greater(left: PerSeed, right: PerSeed) -> Verdict:
    """Judge "`left` beats `right`": the number of a seed is left minus right."""
    return judge({seed: left[seed] - right[seed] for seed in left.keys() & right.keys()})


def judge_trend(cells: Sequence[PerSeed], x: Sequence[float], falls: bool = False) -> Verdict:
    """Judge "the metric rises with x": the number of a seed is the least-squares slope against log2(x).

    The slope is in units of the metric per doubling of x; for "the metric falls with x" it is the slope downwards. A
    seed counts only if it has every cell.

    Raises:
        ValueError: Cells and x differ in number, an x is not positive, or fewer than two x are distinct.
    """
    if len(cells) != len(x) or min(x, default=0) <= 0 or len(set(x)) < 2:
        raise ValueError(f"a trend needs one positive x per cell and two distinct ones, found {list(x)}")
    doublings = [math.log2(value) for value in x]
    centre = fmean(doublings)
    spread = sum((value - centre) ** 2 for value in doublings)
    seeds = set.intersection(*(set(cell) for cell in cells))
    # Subtracting the first cell changes no slope and keeps equal cells at a slope of exactly zero.
    sign = -1 if falls else 1
    slopes = {
        seed: sign * sum((at - centre) * (cell[seed] - cells[0][seed]) for at, cell in zip(doublings, cells)) / spread
        for seed in seeds
    }
    return judge(slopes)


def judge_no_gain(control: PerSeed, baseline: PerSeed, gain: PerSeed, share: float) -> Verdict:
    """Judge "without its cause the gain is gone": the control keeps less than `share` of the real gain.

    The number of a seed is share * (gain - baseline) - (control - baseline), which is positive exactly when the
    control's gain over the baseline is below that share of the real one; unlike a ratio of gains it stays finite
    when the real gain is small. Where the real gain is not itself shown (`judge_greater` of gain and baseline does
    not hold), there is nothing for the control to take away and the claim is not testable.
    """
    seeds = control.keys() & baseline.keys() & gain.keys()
    real = judge_greater({seed: gain[seed] for seed in seeds}, baseline)
    kept = judge_greater({seed: control[seed] for seed in seeds}, baseline)
    contrast = judge({seed: share * (gain[seed] - baseline[seed]) - (control[seed] - baseline[seed]) for seed in seeds})
    if real.low is None or kept.low is None:
        return replace(contrast, difference=None)
    gains = (
        f"the control gains {kept.difference:+.2f} [{kept.low:+.2f}, {kept.high:+.2f}], "
        f"the real thing {real.difference:+.2f} [{real.low:+.2f}, {real.high:+.2f}]"
    )
    if real.verdict != HOLDS:
        return Verdict(
            NOT_TESTABLE, seeds=contrast.seeds, reason=f"no gain is shown that the control could lose: {gains}"
        )
    return replace(contrast, reason=gains)
