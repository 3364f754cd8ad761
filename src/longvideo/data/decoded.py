"""Frames of a manifest's videos; where all of them fit into memory, each video is decoded once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longvideo.files.manifest import Video
from longvideo.video.reader import Frames, ReaderPool, all_frames

MEMORY = 2 * 1024**3
"""Bytes of frames that are kept, by each process that reads."""


class DecodedVideos:
    """Reads frames of videos, from memory after the first time if there is room for all of the videos.

    Otherwise no more than the frames asked for is decoded. A pickled one, as worker processes get it, comes back empty.

    Args:
        videos: Usable videos.
        memory: Bytes that their frames may take.
        open_videos: Videos kept open.
    """

    def __init__(self, videos: Sequence[Video], memory: int = MEMORY, open_videos: int = 64) -> None:
        self._pool = ReaderPool(open_videos)
        self._keeps = sum(3 * video.frames * video.height * video.width for video in videos) <= memory
        self._kept: dict[Path, Frames] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is kept."""
        return {**self.__dict__, "_kept": {}}

    def frames(self, video: Video, numbers: Sequence[int] | NDArray[np.integer]) -> Frames:
        """Return frames of one of the videos, uint8 [T, H, W, 3], by their numbers from 0.

        Raises:
            UserError: The file is damaged.
        """
        if not self._keeps:
            return self._pool.get(video.path).frames(numbers)
        if video.path not in self._kept:
            self._kept[video.path] = all_frames(video.path)
        return self._kept[video.path][np.asarray(numbers)]
