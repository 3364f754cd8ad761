"""What one stream sees of a video: I-frames, motion, residuals or optical flow, as pictures of 8 bits."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from longvideo.files.manifest import Video
from longvideo.video.compressed.index import GroupIndex
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.compressed_inputs import StreamName, quantise_motion, quantise_residual
from longvideo.video.flow import read_flow_stack
from longvideo.video.reader import ReaderPool
from longvideo.video.sampling import gop_location


class StreamPictures:
    """Reads pictures of one stream from the videos of a manifest.

    Args:
        videos: Usable videos; for flow, those of the flow.
        stream: Which stream.
        accumulated: Motion and residual since the I-frame; otherwise since the frame before.
        length: Flow fields per picture.
        open_videos: Videos kept open.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        stream: StreamName,
        accumulated: bool = True,
        length: int = 5,
        open_videos: int = 64,
    ) -> None:
        self._videos = {video.id: video for video in videos}
        self._stream, self._accumulated, self._length = stream, accumulated, length
        self._compressed = CompressedPool(open_videos)
        self._flow = ReaderPool(open_videos)

    @property
    def inter(self) -> bool:
        """Whether the stream has pictures of P-frames alone."""
        return self._stream in ("motion", "residual")

    def places(self, video: str) -> int:
        """Return at how many frames of a video, from 0, there may be a picture."""
        count = self._videos[video].frames
        return max(1, count - self._length + 1) if self._stream == "flow" else count

    def read(self, video: str, frames: Sequence[int]) -> Tensor:
        """Return what is seen at frames of a video, uint8 [S, H, W, C].

        Raises:
            UserError: A frame is not in the video, or its file is damaged.
        """
        path = self._videos[video].path
        if self._stream == "flow":
            reader = self._flow.get(path)
            stacks = [read_flow_stack(reader, frame, self._length) for frame in frames]
            return torch.from_numpy(np.stack(stacks)).movedim(1, -1)
        source = self._compressed.get(path)
        return torch.stack([self._seen(source, frame) for frame in frames])

    def _seen(self, video: CompressedVideo, frame: int) -> Tensor:
        place = gop_location(frame, video.gops.tolist(), self.inter)
        if self._stream == "iframe":
            return torch.from_numpy(video.iframe(place[0]))
        if self._stream == "motion":
            return quantise_motion(torch.from_numpy(video.motion(*place, self._accumulated)))
        return quantise_residual(torch.from_numpy(video.residual(*place, self._accumulated)))


class CompressedPool:
    """Keeps the readers of the compressed videos used last open, and the indices of all.

    A pickled pool, as worker processes get it, comes back empty.
    """

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._readers: OrderedDict[Path, CompressedVideo] = OrderedDict()
        self._indices: dict[Path, GroupIndex] = {}

    def __reduce__(self) -> tuple[type["CompressedPool"], tuple[int]]:
        """Leave out what is open."""
        return CompressedPool, (self._limit,)

    def get(self, path: Path) -> CompressedVideo:
        """Return the reader of a video, opening it and closing the one that was not used for longest if need be."""
        reader = self._readers.get(path)
        if reader is None:
            reader = self._readers[path] = CompressedVideo(path, self._indices.get(path))
            self._indices[path] = reader.index
            if len(self._readers) > self._limit:
                self._readers.popitem(last=False)[1].close()
        self._readers.move_to_end(path)
        return reader
