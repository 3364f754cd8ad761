"""Clips of decoded videos, by video and second of the annotation."""

from collections.abc import Sequence

import torch
from torch import Tensor

from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.video.reader import ReaderPool
from longvideo.video.sampling import clip_indices, frame_of_second


class Clips:
    """Reads clips of one shape from the videos of a manifest.

    Args:
        videos: Usable videos.
        frames: T, frames per clip.
        stride: Frames of the video per frame of the clip.
        open_videos: Videos kept open.
    """

    def __init__(self, videos: Sequence[Video], frames: int, stride: int, open_videos: int = 64) -> None:
        self._videos = {video.id: video for video in videos}
        self._frames, self._stride = frames, stride
        self._pool = ReaderPool(open_videos)

    def __contains__(self, video: str) -> bool:
        """Say whether a video is there: one that could not be decoded is not."""
        return video in self._videos

    def read(self, video: str, second: float) -> Tensor:
        """Return the clip centred at `second` of the annotation's clock, uint8 [T, H, W, 3].

        Raises:
            UserError: The video is not in the manifest, or its file is damaged.
        """
        if video not in self._videos:
            raise UserError(
                f"expected video {video} in the manifest, found {len(self._videos)} others; run 'decode' again"
            )
        facts = self._videos[video]
        centre = frame_of_second(second, facts.start_s, facts.fps)
        indices = clip_indices(centre, self._frames, self._stride, facts.frames)
        return torch.from_numpy(self._pool.get(facts.path).frames(indices))
