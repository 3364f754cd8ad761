"""Shapes of mini-batches: the fewer frames and pixels a clip has, the more clips an update sees at the same cost."""

from collections.abc import Sequence
from typing import NamedTuple

LONG_FACTORS = ((0.25, 0.5**0.5), (0.5, 0.5**0.5), (0.5, 1.0), (1.0, 1.0))
"""Parts of the frames and of the side that the base shapes of a long cycle have (thesis sec. 6.1.2)."""
SHORT_FACTORS = (0.5, 0.5**0.5)
"""Parts of the side that the shapes of a short cycle have, beside the base shape (thesis sec. 6.1.2)."""
BN_BASE_SIZE = 8
"""Clips over which batch norm computes its statistics, where the short cycle uses the base shape."""


class Grid(NamedTuple):
    """A mini-batch b x t x s x s: clips of all devices together, frames of each, height and width in pixels."""

    batch: int
    frames: int
    size: int

    @property
    def points(self) -> int:
        """Values per channel; the cost of an update is roughly in proportion."""
        return self.batch * self.frames * self.size**2


class NormSplit(NamedTuple):
    """Over what batch norm computes statistics: one of `splits` parts of a device's batch, or all of `devices`."""

    splits: int
    devices: int


def scaled_grid(base: Grid, time: float, space: float, multiple: int = 1) -> Grid:
    """Return the shape with a part of the frames and of the side of another one, in a batch of the same cost.

    The batch is b = B THW / (thw) (thesis eq. 6.1), rounded to whole clips, with the frames as they are rounded but
    the side as it is before: at 1/sqrt(2) of 224 pixels, which are 158, it is twice the batch and not 2.01 times.

    Args:
        base: The shape B x T x S.
        time: t / T, above 0 and at most 1.
        space: s / S, above 0 and at most 1.
        multiple: Sides are rounded to a multiple of it, which leaves the batch as it is: 158 is 160 for 32.
    """
    frames = max(1, round(base.frames * time))
    size = max(1, round(base.size * space / multiple)) * multiple
    return Grid(max(1, round(base.batch * base.frames / (frames * space**2))), frames, size)


def short_cycle(
    base: Grid, time: float, space: float, factors: Sequence[float] = SHORT_FACTORS, multiple: int = 1
) -> tuple[Grid, ...]:
    """Return the shapes that a short cycle goes through, one per update; the last has `space` itself.

    The others have parts of the side of `base`, not of the current shape, and are never larger than that one: at
    158 of 224 pixels the cycle is 112, 158, 158.

    Args:
        base: The shape B x T x S of the baseline.
        time: t / T.
        space: s / S of the current base shape of the long cycle.
        factors: Parts of S; none of them for no short cycle.
        multiple: As for `scaled_grid`.

    Source: thesis sec. 6.1.2.
    """
    # Differs from paper: there the base shape comes first and the smallest last; this is the order of the release.
    return tuple(scaled_grid(base, time, min(factor, space), multiple) for factor in (*factors, space))


def norm_split(batch: int, devices: int, base_size: int = BN_BASE_SIZE) -> NormSplit:
    """Return over what batch norm computes its statistics in a stage, so that it is over about `base_size` clips.

    It stays the same during a short cycle: where that doubles the batch, statistics are over twice as many clips.

    Args:
        batch: Clips of all devices in the base shape of the stage.
        devices: How many share them; 0, as a machine without GPUs counts its own, is 1.
        base_size: Clips that statistics are wanted over.

    Source: thesis sec. 6.1.2, "Batch Normalization"; f < 1 and rounding of f as in the authors' release.
    """
    devices = max(1, devices)
    wanted = base_size * devices
    return NormSplit(batch // wanted, 1) if batch >= wanted else NormSplit(1, min(devices, wanted // batch))
