"""Where crops of frames lie, and cutting them out.

Frames are uint8 [S, H, W, C] with any number of channels; the same crop is cut out of all S.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

MAX_DISTORTION = 1
"""Most places that the scales of a crop's height and width lie apart."""
SNAP = 3
"""A side within less than this of the wanted one is the wanted one, pixels."""


class Crop(NamedTuple):
    """A rectangle of a frame, pixels."""

    top: int
    left: int
    height: int
    width: int


def draw_crop(height: int, width: int, size: int, scales: Sequence[float], generator: torch.Generator) -> Crop:
    """Draw a crop of random size, aspect and place.

    Its sides are two of `scales` times the short side of the frame, next to each other in `scales` or the same; all
    such pairs are as likely, and all places inside the frame.

    Args:
        height: Of the frames, pixels.
        width: Of the frames, pixels.
        size: Side to which the crop will be scaled, pixels.
        scales: Parts of the short side, in falling order, at most 1.
        generator: Source of all randomness.

    Source: TSN, multi-scale cropping; its 13 fixed places are replaced by uniform ones, as in CoViAR's release.
    """
    sides = [int(min(height, width) * scale) for scale in scales]
    sides = [size if abs(side - size) < SNAP and size <= min(height, width) else side for side in sides]
    numbers = range(len(sides))
    pairs = [(sides[i], sides[j]) for i in numbers for j in numbers if abs(i - j) <= MAX_DISTORTION]
    high, wide = pairs[_draw(len(pairs), generator)]
    return Crop(_draw(height - high + 1, generator), _draw(width - wide + 1, generator), high, wide)


def five_crops(height: int, width: int, size: int) -> list[Crop]:
    """Return square crops at the four corners and the centre of a frame: top left, top right, bottom left, ...

    Raises:
        ValueError: The frame is smaller than a crop.
    """
    down, right = height - size, width - size
    if min(down, right) < 0:
        raise ValueError(f"a crop of {size} pixels does not fit into a frame of {width}x{height}")
    corners = [(top, left) for top in (0, down) for left in (0, right)]
    return [Crop(top, left, size, size) for top, left in [*corners, (down // 2, right // 2)]]


def cut(frames: Tensor, crop: Crop, size: int) -> Tensor:
    """Cut a crop out of uint8 [S, H, W, C] and scale it to [S, size, size, C]."""
    top, left, height, width = crop
    return scale_to(frames[:, top : top + height, left : left + width], size, size)


def scale_to(frames: Tensor, height: int, width: int, antialias: bool = False) -> Tensor:
    """Scale uint8 [S, H, W, C] to a size, bilinear: between the nearest pixels (as OpenCV does) or with smoothing."""
    if tuple(frames.shape[1:3]) == (height, width):
        return frames
    # As torchvision's resize does it, whose import takes longer than a small test set.
    channels_first = frames.permute(0, 3, 1, 2)
    scaled = functional.interpolate(channels_first, (height, width), mode="bilinear", antialias=antialias)
    return scaled.permute(0, 2, 3, 1)


def _draw(count: int, generator: torch.Generator) -> int:
    """Return a whole number from 0 to count - 1, each as likely."""
    return int(torch.randint(count, (), generator=generator))
