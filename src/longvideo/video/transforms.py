"""Scale, crop, flip and normalise clips; boxes on them follow.

A clip is uint8 [T, H, W, 3] (as `reader.FrameReader` returns it) until `normalise` makes it float32 [3, T, H, W].
Boxes come in as parts of the frame, float [N, 4] in [0, 1] (x1, y1, x2, y2), and leave in pixels of the crop. All
randomness is drawn from the generator that is passed in: a `View` is drawn first, and clip and boxes are seen by it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from longvideo.video.crops import scale_to

MEAN = 0.45
STD = 0.225
LEFT, CENTRE, RIGHT = 0, 1, 2  # or top, centre, bottom of a clip that is higher than wide


class View(NamedTuple):
    """A square of a clip that was scaled, all in pixels.

    Attributes:
        height: Of the whole scaled clip.
        width: Of the whole scaled clip.
        top: First row of the square.
        left: First column of the square.
        size: Side of the square.
        mirrored: Left and right change places: in the square x becomes size - 1 - x.
    """

    height: int
    width: int
    top: int
    left: int
    size: int
    mirrored: bool

    def of_clip(self, clip: Tensor) -> Tensor:
        """Return what is seen of a clip, uint8 [T, H, W, 3], as float32 [3, T, size, size], normalised."""
        scaled = scale_to(clip, self.height, self.width, antialias=True)
        square = scaled[:, self.top : self.top + self.size, self.left : self.left + self.size]
        return normalise(square.flip(2) if self.mirrored else square)

    def of_boxes(self, boxes: Tensor) -> Tensor:
        """Return boxes, float [N, 4] in [0, 1], as float32 [N, 4] in pixels of the square, within [0, size - 1]."""
        scaled = boxes.float() * torch.tensor([self.width, self.height] * 2)
        inside = _clipped(scaled, self.height, self.width)
        x1, y1, x2, y2 = _clipped(inside - inside.new_tensor([self.left, self.top] * 2), self.size, self.size).unbind(1)
        last = self.size - 1
        return torch.stack([last - x2, y1, last - x1, y2] if self.mirrored else [x1, y1, x2, y2], 1)


def random_view(
    clip: Tensor,
    short_side: tuple[int, int],
    crop: int,
    generator: torch.Generator,
    mirrored: bool = True,
    inverse: bool = True,
) -> View:
    """Draw a view of a clip: scale jitter, random square crop, mirrored half of the time.

    Args:
        clip: [T, H, W, 3].
        short_side: Range that the short side is drawn from, pixels.
        crop: Side of the crop, pixels, at most the least short side.
        generator: Source of all randomness.
        mirrored: False where left and right mean something, as on Something-Something: never mirror.
        inverse: Draw the short side so that its inverse is uniform, see `draw_short_side`.

    Raises:
        ValueError: The crop does not fit.

    Source: LFB release: short side round(1 / U(1/320, 1/256)), crop 224.
    """
    height, width = _scaled_size(clip, draw_short_side(short_side, generator, inverse), crop)
    top = _draw(height - crop, generator)
    left = _draw(width - crop, generator)
    return View(height, width, top, left, crop, mirrored and bool(torch.rand((), generator=generator) < 0.5))


def fixed_view(clip: Tensor, short_side: int, crop: int, place: int = CENTRE) -> View:
    """Return the view of a clip, [T, H, W, 3], that is a square at the left, centre or right of its long side.

    Args:
        clip: [T, H, W, 3].
        short_side: The clip is scaled to it, pixels.
        crop: Side of the square, pixels, at most `short_side`.
        place: `LEFT`, `CENTRE` or `RIGHT` along the long side; the short side is centred.

    Raises:
        ValueError: The crop does not fit.
    """
    height, width = _scaled_size(clip, short_side, crop)
    top, left = ((height - crop) // 2, (width - crop) * place // 2)
    if height > width:
        top, left = ((height - crop) * place // 2, (width - crop) // 2)
    return View(height, width, top, left, crop, False)


def draw_short_side(bounds: tuple[int, int], generator: torch.Generator, inverse: bool = True) -> int:
    """Return a random short side between two bounds, both included; uniform is it or, if `inverse`, its inverse."""
    low, high = bounds
    if low == high:
        return low
    part = float(torch.rand((), generator=generator, dtype=torch.float64))
    return round(1 / (1 / high + part * (1 / low - 1 / high)) if inverse else low + part * (high - low))


def scale_short_side(clip: Tensor, size: int) -> Tensor:
    """Scale uint8 [T, H, W, 3] so that its short side is `size`; the long side is rounded down."""
    return scale_to(clip, *_scaled_size(clip, size), antialias=True)


def normalise(clip: Tensor) -> Tensor:
    """Return uint8 [..., T, H, W, 3] as float32 [..., 3, T, H, W], (x / 255 - 0.45) / 0.225.

    In memory, channels stay last.
    """
    values = clip.to(torch.float32, memory_format=torch.contiguous_format)
    return values.mul_(1 / (255 * STD)).sub_(MEAN / STD).movedim(-1, -4)


def stack_clips(clips: Sequence[Tensor]) -> Tensor:
    """Stack B clips [3, T, H, W] to [B, 3, T, H, W], channels last in memory: as the networks want them on a CPU."""
    return torch.stack([clip.movedim(0, -1) for clip in clips]).movedim(-1, 1)


def _scaled_size(clip: Tensor, short_side: int, crop: int = 1) -> tuple[int, int]:
    """Return the height and width of a clip, [T, H, W, 3], that is scaled to a short side; a crop must fit."""
    height, width = clip.shape[1:3]
    if crop > short_side:
        raise ValueError(f"a crop of {crop} pixels does not fit into a clip whose short side is {short_side}")
    short = min(height, width)
    return height * short_side // short, width * short_side // short


def _clipped(boxes: Tensor, height: int, width: int) -> Tensor:
    return torch.minimum(boxes.clamp_min(0), boxes.new_tensor([width - 1, height - 1, width - 1, height - 1]))


def _draw(most: int, generator: torch.Generator) -> int:
    """Return a whole number from 0 to `most`, both included, each as likely."""
    return int(torch.randint(0, most + 1, (), generator=generator)) if most > 0 else 0
