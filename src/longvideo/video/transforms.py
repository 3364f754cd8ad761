"""Scale, crop, flip and normalise clips together with the boxes on them.

A clip is uint8 [T, H, W, 3] (as `reader.FrameReader` returns it) until `normalise` makes it float32 [3, T, H, W].
Boxes come in as parts of the frame, float [N, 4] in [0, 1] (x1, y1, x2, y2), and leave in pixels of the crop. All
randomness is drawn from the generator that is passed in. Where there are no boxes nothing is computed of them: it would
take a fifth of the time that a small clip takes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from longvideo.video.crops import scale_to

MEAN = 0.45
STD = 0.225
LEFT, CENTRE, RIGHT = 0, 1, 2  # or top, centre, bottom of a clip that is higher than wide


def random_view(
    clip: Tensor,
    boxes: Tensor,
    short_side: tuple[int, int],
    crop: int,
    generator: torch.Generator,
    mirrored: bool = True,
    inverse: bool = True,
) -> tuple[Tensor, Tensor]:
    """Return a random view of a clip: scale jitter, random square crop, mirrored half of the time.

    Args:
        clip: uint8 [T, H, W, 3].
        boxes: float [N, 4], parts of the frame.
        short_side: Range that the short side is drawn from, pixels.
        crop: Side of the crop, pixels, at most the least short side.
        generator: Source of all randomness.
        mirrored: False where left and right mean something, as on Something-Something: never mirror.
        inverse: Draw the short side so that its inverse is uniform, see `draw_short_side`.

    Returns:
        The clip, float32 [3, T, crop, crop], and the boxes, float32 [N, 4] in pixels, within [0, crop - 1].

    Source: LFB release: short side round(1 / U(1/320, 1/256)), crop 224.
    """
    clip = scale_short_side(clip, draw_short_side(short_side, generator, inverse))
    boxes = to_pixels(boxes, clip)
    height, width = clip.shape[1:3]
    top = _draw(height - crop, generator)
    left = _draw(width - crop, generator)
    clip, boxes = crop_at(clip, boxes, top, left, crop)
    if mirrored and torch.rand((), generator=generator) < 0.5:
        clip, boxes = flip(clip, boxes)
    return normalise(clip), boxes


def fixed_view(
    clip: Tensor, boxes: Tensor, short_side: int, crop: int, place: int = CENTRE, flipped: bool = False
) -> tuple[Tensor, Tensor]:
    """Return a fixed view of a clip: a square crop at the left, centre or right of its long side.

    Args and returns are those of `random_view`; `place` is 0, 1 or 2 along the long side, the short side is centred.
    """
    clip = scale_short_side(clip, short_side)
    boxes = to_pixels(boxes, clip)
    height, width = clip.shape[1:3]
    top, left = ((height - crop) // 2, (width - crop) * place // 2)
    if height > width:
        top, left = ((height - crop) * place // 2, (width - crop) // 2)
    clip, boxes = crop_at(clip, boxes, top, left, crop)
    if flipped:
        clip, boxes = flip(clip, boxes)
    return normalise(clip), boxes


def draw_short_side(bounds: tuple[int, int], generator: torch.Generator, inverse: bool = True) -> int:
    """Return a random short side between two bounds, both included; uniform is it or, if `inverse`, its inverse."""
    low, high = bounds
    if low == high:
        return low
    part = float(torch.rand((), generator=generator, dtype=torch.float64))
    return round(1 / (1 / high + part * (1 / low - 1 / high)) if inverse else low + part * (high - low))


def scale_short_side(clip: Tensor, size: int) -> Tensor:
    """Scale uint8 [T, H, W, 3] so that its short side is `size`; the long side is rounded down."""
    height, width = clip.shape[1:3]
    short = min(height, width)
    return scale_to(clip, height * size // short, width * size // short, antialias=True)


def to_pixels(boxes: Tensor, clip: Tensor) -> Tensor:
    """Return boxes in pixels of the clip, float32 [N, 4], within [0, size - 1]."""
    if not len(boxes):
        return boxes.float()
    height, width = clip.shape[1:3]
    return _clipped(boxes.float() * boxes.new_tensor([width, height, width, height]).float(), height, width)


def crop_at(clip: Tensor, boxes: Tensor, top: int, left: int, size: int) -> tuple[Tensor, Tensor]:
    """Cut a square out of a clip; boxes (pixels) are moved along and clipped to it."""
    height, width = clip.shape[1:3]
    if size > min(height, width):
        raise ValueError(f"a crop of {size} pixels does not fit into a clip of {width}x{height}")
    if (height, width) == (size, size):
        return clip, boxes
    cut = clip[:, top : top + size, left : left + size]
    if not len(boxes):
        return cut, boxes
    return cut, _clipped(boxes - boxes.new_tensor([left, top, left, top]), size, size)


def flip(clip: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Mirror a clip and its boxes (pixels) left to right: x becomes width - 1 - x."""
    if not len(boxes):
        return clip.flip(2), boxes
    x1, y1, x2, y2 = boxes.unbind(-1)
    last = clip.shape[2] - 1
    return clip.flip(2), torch.stack([last - x2, y1, last - x1, y2], -1)


def normalise(clip: Tensor) -> Tensor:
    """Return uint8 [..., T, H, W, 3] as float32 [..., 3, T, H, W], (x / 255 - 0.45) / 0.225.

    In memory, channels stay last.
    """
    values = clip.to(torch.float32, memory_format=torch.contiguous_format)
    return values.mul_(1 / (255 * STD)).sub_(MEAN / STD).movedim(-1, -4)


def stack_clips(clips: Sequence[Tensor]) -> Tensor:
    """Stack B clips [3, T, H, W] to [B, 3, T, H, W], channels last in memory: as the networks want them on a CPU."""
    return torch.stack([clip.movedim(0, -1) for clip in clips]).movedim(-1, 1)


def _clipped(boxes: Tensor, height: int, width: int) -> Tensor:
    return torch.minimum(boxes.clamp_min(0), boxes.new_tensor([width - 1, height - 1, width - 1, height - 1]))


def _draw(most: int, generator: torch.Generator) -> int:
    """Return a whole number from 0 to `most`, both included, each as likely."""
    return int(torch.randint(0, most + 1, (), generator=generator)) if most > 0 else 0
