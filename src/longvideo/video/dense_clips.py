"""Dense clips: frames at one distance, from anywhere in a video for training, from all over it for testing.

A clip of T frames at stride s spans (T - 1) s + 1 frames of the video. Of a shorter video it has all of those frames
from the first on, and then its last one again and again.
"""

import numpy as np
import numpy.typing as npt
import torch

from longvideo.video.sampling import clip_from


def random_clip(
    frame_count: int, frames: int, strides: tuple[int, int], generator: torch.Generator
) -> npt.NDArray[np.int64]:
    """Draw a clip: a stride, then where it starts, all as likely.

    Args:
        frame_count: Frames in the video.
        frames: T, frames in the clip.
        strides: Least and greatest stride, whole numbers, both included; the same twice for a fixed one.
        generator: Source of all randomness.

    Returns:
        int64 [T], not decreasing, each in [0, frame_count).

    Source: thesis sec. 6.2, "Multigrid Training Details": "t (t<T) frames with random stride in [2, 2T/t]".
    """
    low, high = strides
    if not 1 <= low <= high:
        raise ValueError(f"expected strides of at least 1, the least first, got {low} and {high}")
    stride = low + _draw(high - low, generator)
    return clip_from(_draw(last_start(frame_count, frames, stride), generator), frames, stride, frame_count)


def spread_clips(frame_count: int, frames: int, stride: int, clips: int) -> npt.NDArray[np.int64]:
    """Return clips that start at equal distances, the first at the first frame, the last one ending at the last.

    Args:
        frame_count: Frames in the video.
        frames: T, frames in a clip.
        stride: Frames of the video per frame of a clip.
        clips: K; a single one lies in the middle.

    Returns:
        int64 [K, T]. Clips overlap where the video is too short for K of them, and are the same where it is shorter
        than one.

    Source: thesis sec. 6.2: "10 clips per video with uniform temporal spacing"; paper (CM) sec. 4.1, the same.
    """
    if clips < 1:
        raise ValueError(f"expected at least one clip, got {clips}")
    last = last_start(frame_count, frames, stride)
    starts = np.linspace(0, last, clips) if clips > 1 else np.array([last / 2])
    return np.stack([clip_from(round(first), frames, stride, frame_count) for first in starts.tolist()])


def last_start(frame_count: int, frames: int, stride: int) -> int:
    """Return the last frame at which a clip can start without reaching beyond the video; 0 where there is none."""
    return max(0, frame_count - 1 - (frames - 1) * stride)


def _draw(most: int, generator: torch.Generator) -> int:
    """Return a whole number from 0 to `most`, both included, each as likely."""
    return int(torch.randint(most + 1, (), generator=generator))
