"""Clips from all over labelled videos, cut at fixed places, for testing."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from longvideo.data.decoded import DecodedVideos
from longvideo.files.manifest import Video
from longvideo.video.dense_clips import spread_clips
from longvideo.video.sampling import middle_segment_frames
from longvideo.video.transforms import CENTRE, fixed_view, scale_short_side


class ClipViews(NamedTuple):
    """The views of one clip.

    Attributes:
        views: float32 [P, 3, T, crop, crop], one per place.
        video: Id of the video.
        clip: Number of the clip, from 0.
        time_s: Time of the middle of the clip, on the annotation's clock.
    """

    views: Tensor
    video: str
    clip: int
    time_s: float


class FixedClips(Dataset[ClipViews]):
    """Clips from all over each video, cut at fixed places, for testing; item v K + k is clip k of video v.

    Args:
        videos: Usable videos.
        frames: T, frames in a clip.
        stride: Frames of the video per frame of a clip; None takes a frame from each of T segments of the whole video,
            at K places of the segments, one alone in their middle.
        clips: K, clips per video.
        short_side: The clips are scaled to it, pixels.
        crop: Side of the square views, pixels, at most `short_side`.
        places: Where along the long side: `LEFT`, `CENTRE`, `RIGHT` of `longvideo.video.transforms`.

    Source: thesis sec. 6.2, 10 clips of a centre crop; Table 6.11 and paper (CM) sec. 4.1, three crops of each.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        frames: int,
        stride: int | None,
        clips: int,
        short_side: int,
        crop: int,
        places: Sequence[int] = (CENTRE,),
    ) -> None:
        self._videos, self._frames, self._stride, self._clips = tuple(videos), frames, stride, clips
        self._short_side, self._crop, self._places = short_side, crop, tuple(places)
        self._decoded = DecodedVideos(self._videos)

    def __len__(self) -> int:
        return len(self._videos) * self._clips

    def __getitem__(self, number: int) -> ClipViews:
        """Return the views of one clip; UserError if the video's file is damaged."""
        video, clip = self._videos[number // self._clips], number % self._clips
        if self._stride is None:
            place = (clip + 0.5) / self._clips
            frames = np.array(middle_segment_frames(video.frames, self._frames, False, place))
        else:
            frames = spread_clips(video.frames, self._frames, self._stride, self._clips)[clip]
        seen = scale_short_side(torch.from_numpy(self._decoded.frames(video, frames)), self._short_side)
        views = [fixed_view(seen, self._short_side, self._crop, place).of_clip(seen) for place in self._places]
        time_s = video.start_s + float(frames[0] + frames[-1]) / 2 / video.fps
        return ClipViews(torch.stack(views), video.id, clip, time_s)
