"""Spans of sampling grids: how far apart the frames of a clip lie, and how large a part of the picture it shows.

Where a clip is one frame from each temporal segment of a video (Something-Something V2), nothing changes with its
number of frames: there is no stride.
"""

import torch


def stride_range(stride: int, base_frames: int, frames: int) -> tuple[int, int]:
    """Return the least and the largest stride of clips of `frames`, so that none spans more than the baseline's.

    Args:
        stride: Frames of the video per frame of the baseline's clips.
        base_frames: T, frames of the baseline's clips.
        frames: t, at most T.

    Source: thesis sec. 6.2, "random stride in [2, 2T/t]".
    """
    if stride < 1 or not 1 <= frames <= base_frames:
        raise ValueError(f"expected a stride of at least 1 and 1 <= t <= T, got {stride}, {frames} and {base_frames}")
    return stride, stride * base_frames // frames


def draw_stride(stride: int, base_frames: int, frames: int, generator: torch.Generator) -> int:
    """Draw a stride from `stride_range`, whose ends are included; each whole number is as likely."""
    low, high = stride_range(stride, base_frames, frames)
    return int(torch.randint(low, high + 1, (), generator=generator))


def short_side_range(bounds: tuple[int, int], base_size: int, size: int) -> tuple[int, int]:
    """Return the range that the short side of a video is drawn from, pixels, before a crop of `size` is cut out.

    Args:
        bounds: The range for crops of `base_size`.
        base_size: S, side of the baseline's crops, pixels.
        size: s, at most S.

    Source: thesis sec. 6.2, "[256 h/H, 340]".
    """
    low, high = bounds
    if not 1 <= size <= base_size <= low <= high:
        raise ValueError(f"expected s <= S <= low <= high, got {size}, {base_size}, {low} and {high}")
    return max(size, round(low * size / base_size)), high
