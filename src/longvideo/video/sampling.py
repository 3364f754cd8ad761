"""Which frames of a video make a clip."""

import math

import numpy as np
import numpy.typing as npt


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
    if frames < 1 or stride < 1 or frame_count < 1:
        raise ValueError(f"frames, stride and frame_count must be positive, got {frames}, {stride}, {frame_count}")
    first = center - frames * stride // 2
    return np.clip(first + stride * np.arange(frames), 0, frame_count - 1)


def frame_of_second(second: float, start_s: float, fps: float, frame_count: int | None = None) -> int:
    """Return the frame that annotation time `second` falls on, when frame 0 shows annotation time `start_s`.

    The nearest frame, halves upwards; clamped to the video (to frame 0 alone where `frame_count` is None).
    """
    frame = max(0, math.floor((second - start_s) * fps + 0.5))
    return frame if frame_count is None else min(frame, frame_count - 1)
