"""From what a compressed video holds to what the streams of CoViAR read: values, crops, mirroring, colour jitter.

A frame of a stream is uint8 [H, W, C] from the moment it is quantised until `normalise` makes it float32 [C, H, W]:
I-frames RGB, motion vectors (x, y), residuals RGB, optical flow five times (x, y). S frames of a video, one of each
temporal segment, go through all steps together. All randomness is drawn from the generator that is passed in.

Source: thesis sec. 4.2, "Training Details"; values and sizes of crops from CoViAR's release.
"""

from collections.abc import Sequence
from typing import Literal

import cv2
import torch
from torch import Tensor

from longvideo.video.crops import Crop, cut, draw_crop, five_crops, scale_to
from longvideo.video.transforms import scale_short_side

StreamName = Literal["iframe", "motion", "residual", "flow"]
BOUND = 20
"""Motion of this many pixels and more is cut off."""
ZERO = 128
"""Level of no motion and no residual."""
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)
Jitter = tuple[int, int, int]
"""Most that colour jitter adds to or takes from hue (0 to 180), lightness and saturation (0 to 255)."""


def quantise_motion(motion: Tensor) -> Tensor:
    """Map motion [..., 2] in pixels to uint8 levels, 128 for none: 6.375 levels per pixel, rounded towards zero."""
    return ((motion * (127.5 / BOUND)).trunc() + ZERO).clamp(0, 255).to(torch.uint8)


def quantise_residual(residual: Tensor) -> Tensor:
    """Map residuals [..., 3], -255 to 255, to uint8 levels, 128 for none; what lies beyond -128 and 127 is cut off."""
    return (residual + ZERO).clamp(0, 255).to(torch.uint8)


def normalise(frames: Tensor, stream: StreamName, bgr_residuals: bool = False) -> Tensor:
    """Return uint8 [..., H, W, C] as float32 [..., C, H, W] around zero.

    Args:
        frames: Frames of one stream.
        stream: Which; I-frames get ImageNet's mean and deviation, residuals its deviation, motion and flow neither.
        bgr_residuals: Feed residuals in the order B, G, R, with the deviations in the order R, G, B, as the release
            does; needed for weights that were trained so.
    """
    x = frames.movedim(-1, -3).to(torch.float32, memory_format=torch.contiguous_format) / 255
    if stream == "residual" and bgr_residuals:
        x = x.flip(-3)
    mean = IMAGE_MEAN if stream == "iframe" else (0.5,)
    std = IMAGE_STD if stream in ("iframe", "residual") else (1.0,)
    return (x - x.new_tensor(mean).view(-1, 1, 1)) / x.new_tensor(std).view(-1, 1, 1)


def mirror(frames: Tensor, stream: StreamName) -> Tensor:
    """Mirror uint8 [..., H, W, C] left to right; horizontal motion changes its sign."""
    flipped = frames.flip(-2)
    if stream in ("motion", "flow"):
        # The reference lets the level 0 become 256; here it becomes 255, the most that a level can be.
        turned = (2 * ZERO - flipped[..., 0::2].to(torch.int16)).clamp(max=255)
        flipped[..., 0::2] = turned.to(torch.uint8)
    return flipped


def jitter_colour(frames: Tensor, most: Jitter, generator: torch.Generator) -> Tensor:
    """Move hue, lightness and saturation of RGB frames uint8 [S, H, W, 3], each frame by amounts of its own.

    Source: CoViAR release; its hues stop at the ends of their range instead of going round.
    """
    shifts = ((2 * torch.rand(len(frames), 3, generator=generator) - 1) * torch.tensor(most)).view(-1, 1, 1, 3)
    moved = _each(frames, cv2.COLOR_RGB2HLS).float() + shifts
    moved = torch.minimum(moved.clamp_min(0), torch.tensor([180.0, 255.0, 255.0]))
    return _each(moved.to(torch.uint8), cv2.COLOR_HLS2RGB)


def random_view(
    frames: Tensor,
    stream: StreamName,
    size: int,
    generator: torch.Generator,
    scales: Sequence[float],
    jitter: Jitter | None = None,
    flip: bool = True,
) -> Tensor:
    """Return a random view of a video's frames, for training: colour jitter of I-frames, crop, mirrored half the time.

    All frames share crop and mirroring, and each has a colour jitter of its own. Motion is not scaled with the frame.

    Args:
        frames: uint8 [S, H, W, C].
        stream: Which stream they are of.
        size: Side of the view, pixels.
        generator: Source of all randomness.
        scales: Sides of the random crop, parts of the short side.
        jitter: Colour jitter, for I-frames; None for none.
        flip: Whether to mirror at all.

    Returns:
        uint8 [S, size, size, C]; `normalise` makes it the model's input.
    """
    if jitter is not None:
        frames = jitter_colour(frames, jitter, generator)
    height, width = frames.shape[1:3]
    frames = cut(frames, draw_crop(height, width, size, scales, generator), size)
    return mirror(frames, stream) if flip and torch.rand((), generator=generator) < 0.5 else frames


def fixed_views(
    frames: Tensor,
    stream: StreamName,
    size: int,
    short_side: int,
    views: Literal[1, 10] = 10,
    square: bool = False,
    jitter: Jitter | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return fixed views of a video's frames, for testing.

    Args:
        frames: uint8 [S, H, W, C].
        stream: Which stream they are of.
        size: Side of the views, pixels.
        short_side: The frames are scaled to this short side first, pixels; 256 for views of 224.
        views: 10 are four corners and centre, each also mirrored; 1 is the centre.
        square: Scale both sides to `short_side`, which distorts, as the release does in testing but not in training.
        jitter: Colour jitter in testing as well, as the release does by mistake; needs a generator.
        generator: Source of its randomness.

    Returns:
        uint8 [views, S, size, size, C]; `normalise` makes it the model's input.
    """
    if jitter is not None and generator is not None:
        frames = jitter_colour(frames, jitter, generator)
    frames = scale_to(frames, short_side, short_side) if square else scale_short_side(frames, short_side)
    crops: list[Crop] = five_crops(frames.shape[1], frames.shape[2], size)
    if views == 1:
        return cut(frames, crops[-1], size)[None]
    cuts = [cut(frames, crop, size) for crop in crops]
    return torch.stack(cuts + [mirror(view, stream) for view in cuts])


def _each(frames: Tensor, conversion: int) -> Tensor:
    return torch.stack([torch.from_numpy(cv2.cvtColor(frame.numpy(), conversion)) for frame in frames])
