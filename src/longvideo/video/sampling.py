"""Which frames of a video make a clip, and which stand for its temporal segments.

Streams of P-frames (`inter`: motion vectors, residuals) have nothing at an I-frame, so they sample other frames than
the stream of I-frames. Groups of pictures are given by their lengths, as the file has them, never taken to be of 12.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import torch

from longvideo.errors import UserError


def clip_indices(center: int, frames: int, stride: int, frame_count: int) -> npt.NDArray[np.int64]:
    """Return the frame numbers of the clip around a frame; beyond the ends of the video the edge frame repeats.

    `clip_indices(100, 32, 2, n)` is 68, 70, ..., 130: half of the clip lies before the centre.

    Args:
        center: Frame at the middle of the clip; may lie outside the video.
        frames: T, frames in the clip.
        stride: Frames of the video per frame of the clip.
        frame_count: Frames in the video.

    Returns:
        int64 [T], not decreasing, each in [0, frame_count).

    Source: LFB release, AVA clips: range(c - 32, c + 32, 2), clamped.
    """
    return clip_from(center - frames * stride // 2, frames, stride, frame_count)


def clip_from(first: int, frames: int, stride: int, frame_count: int) -> npt.NDArray[np.int64]:
    """Return the frame numbers of the clip that starts at frame `first`; else as `clip_indices`."""
    if frames < 1 or stride < 1 or frame_count < 1:
        raise ValueError(f"frames, stride and frame_count must be positive, got {frames}, {stride}, {frame_count}")
    return np.clip(first + stride * np.arange(frames), 0, frame_count - 1)


def frame_of_second(second: float, start_s: float, fps: float, frame_count: int | None = None) -> int:
    """Return the frame that annotation time `second` falls on, when frame 0 shows annotation time `start_s`.

    The nearest frame, halves upwards; clamped to the video (to frame 0 alone where `frame_count` is None).
    """
    frame = max(0, math.floor((second - start_s) * fps + 0.5))
    return frame if frame_count is None else min(frame, frame_count - 1)


def segment_range(frame_count: int, segments: int, number: int, inter: bool) -> tuple[int, int]:
    """Return the frames [first, last + 1) of one of the equal temporal segments of a video; at least one frame.

    Frame 0, an I-frame, is in no segment of an `inter` stream, and the last frame of the video in none of any.

    Args:
        frame_count: Frames in the video.
        segments: How many segments it is cut into.
        number: Which of them, from 0.
        inter: Whether the stream has P-frames alone.

    Raises:
        UserError: The video is too short to hold a frame of the stream.

    Source: CoViAR release; temporal segments of Wang et al. 2016 (TSN).
    """
    size = _segment_size(frame_count, segments, number, inter)
    first, end = round(size * number), round(size * (number + 1))
    return first + inter, max(end, first + 1) + inter


def random_segment_frames(frame_count: int, segments: int, inter: bool, generator: torch.Generator) -> list[int]:
    """Draw a frame of each segment, for training; arguments, errors and source as in `segment_range`."""
    ranges = (segment_range(frame_count, segments, number, inter) for number in range(segments))
    return [int(torch.randint(*bounds, (), generator=generator)) for bounds in ranges]


def middle_segment_frames(frame_count: int, segments: int, inter: bool, place: float = 0.5) -> list[int]:
    """Return the middle frame of each segment, for testing, or that at another `place`, from 0 to 1.

    Arguments, errors and source as in `segment_range`.
    """
    size = _segment_size(frame_count, segments, 0, inter)
    return [round(size * (number + place)) + inter for number in range(segments)]


def gop_location(frame: int, gop_lengths: Sequence[int], inter: bool) -> tuple[int, int]:
    """Return the group of pictures and the place in it that a stream reads for a frame.

    The stream of I-frames reads the I-frame of the frame's group. A stream of P-frames that is asked for an I-frame
    reads the last P-frame before it, or, where there is none, the first after it.

    Args:
        frame: Number of the frame, from 0.
        gop_lengths: Frames of each group of pictures of the video, its I-frame included.
        inter: Whether the stream has P-frames alone.

    Returns:
        Number of the group and place in it, both from 0; place 0 is the I-frame.

    Raises:
        UserError: The video has no P-frame.

    Source: CoViAR release.
    """
    ends = list(accumulate(gop_lengths))
    if not ends or not 0 <= frame < ends[-1]:
        raise ValueError(f"expected a frame of a video of {ends[-1] if ends else 0} frames, got {frame}")
    gop = bisect_right(ends, frame)
    place = frame - (ends[gop] - gop_lengths[gop])
    if not inter:
        return gop, 0
    if place > 0:
        return gop, place
    before = next((index for index in range(gop - 1, -1, -1) if gop_lengths[index] > 1), None)
    if before is not None:
        return before, gop_lengths[before] - 1
    after = next((index for index in range(gop, len(ends)) if gop_lengths[index] > 1), None)
    if after is None:
        raise UserError(
            f"expected a video with P-frames, found {len(ends)} I-frames alone: encode it with longer groups"
        )
    return after, 1


def _segment_size(frame_count: int, segments: int, number: int, inter: bool) -> float:
    """Return the frames per segment, a fraction: the stream's frames but the last, over the segments."""
    if segments < 1 or not 0 <= number < segments:
        raise ValueError(f"expected at least one segment and one of them, got {number} of {segments}")
    frames = frame_count - inter
    if frames < 1:
        raise UserError(f"expected a video of at least {1 + inter} frames, found {frame_count}")
    return (frames - 1) / segments
