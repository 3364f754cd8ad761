"""Batches for training one stream: what a step sees follows from the seed and the step's number alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from longvideo.data.stream_pictures import StreamPictures
from longvideo.training.device import derived_seed
from longvideo.training.processes import share_of_batch
from longvideo.video.sampling import random_segment_frames

Views = Callable[[Tensor, torch.Generator], Tensor]
Targets = Callable[[str, NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class StreamBatch:
    """B videos of S segments.

    Attributes:
        pictures: [B, S, C, H, W].
        targets: [B, S, K] of single frames, or [B, K] of whole videos.
        weight: Of the mean over these videos: with it, the mean over processes is that over all videos of the step.
    """

    pictures: Tensor
    targets: Tensor
    weight: float = 1.0

    def to(self, device: torch.device) -> "StreamBatch":
        """Move all tensors to `device`."""
        pictures, targets = (part.to(device, non_blocking=True) for part in (self.pictures, self.targets))
        return StreamBatch(pictures, targets, self.weight)


class StreamBatches(Dataset[StreamBatch]):
    """The batch of every step: videos drawn uniformly with replacement (CoViAR release), a place from each segment.

    Args:
        videos: Ids of what is drawn from.
        batch: Videos per step.
        seed: Of the run.
        pictures: Reads what the stream sees.
        segments: Per video.
        views: Makes the pictures of a video, uint8 [S, H, W, C], into input of the network.
        targets: Maps a video and its S frames to [S, K] or [K].
        rank: Of this process, among those that share each batch.
        world: Their number; each takes an even share of the videos that a step draws, and only that is read.

    Raises:
        UserError: There are more processes than videos per step.
    """

    def __init__(
        self,
        videos: Sequence[str],
        batch: int,
        seed: int,
        pictures: StreamPictures,
        segments: int,
        views: Views,
        targets: Targets,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._videos, self._batch, self._seed = videos, batch, seed
        self._pictures, self._segments, self._views, self._targets = pictures, segments, views, targets
        self._share = share_of_batch(batch, rank, world)
        self._world = world

    def __getitem__(self, step: int) -> StreamBatch:
        """Return this process' part of the batch of a step."""
        drawn = np.random.default_rng([self._seed, step]).integers(len(self._videos), size=self._batch)
        pictures, targets = [], []
        for place in self._share:
            video = self._videos[drawn[place]]
            # By its place in the whole batch, a video is seen alike however many processes share the batch.
            generator = torch.Generator().manual_seed(derived_seed(self._seed, step, place))
            count, inter = self._pictures.places(video), self._pictures.inter
            frames = random_segment_frames(count, self._segments, inter, generator)
            pictures.append(self._views(self._pictures.read(video, frames), generator))
            targets.append(self._targets(video, np.array(frames)))
        weight = self._world * len(self._share) / self._batch
        return StreamBatch(torch.stack(pictures), torch.from_numpy(np.stack(targets)), weight)
