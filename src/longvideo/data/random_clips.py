"""Random views of random clips of labelled videos, for training.

What a clip is follows from what is asked for alone, so that training can be stopped and resumed, and shared among
processes, without a change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from longvideo.data.decoded import DecodedVideos
from longvideo.files.manifest import Video
from longvideo.video.dense_clips import random_clip
from longvideo.video.sampling import random_segment_frames
from longvideo.video.transforms import random_view, stack_clips

Targets = Callable[[str, NDArray[np.int64]], NDArray[np.float32]]
"""Maps a video and the T frames of a clip of it to its labels, [K]."""


class ClipShape(NamedTuple):
    """What clips for training look like; multigrid training asks for another shape from batch to batch.

    Attributes:
        frames: T, frames in a clip.
        strides: Least and greatest stride; None takes a frame from each of T segments of the whole video instead.
        crop: Side of the random square crop, pixels.
        short_side: Range of the scale jitter, pixels; the crop fits into the least.
    """

    frames: int
    strides: tuple[int, int] | None
    crop: int
    short_side: tuple[int, int]


class Wanted(NamedTuple):
    """A clip that a sampler asks for.

    Attributes:
        video: Its number.
        shape: What the clip looks like; None for the data set's own shape.
        seed: What is drawn follows from it and the video; another one each time that the video comes again.
    """

    video: int
    shape: ClipShape | None = None
    seed: int = 0


class RandomClips(Dataset[tuple[Tensor, Tensor]]):
    """A random view of a random clip of each video, for training.

    Args:
        videos: Usable videos.
        targets: Tells the labels of a clip.
        shape: What clips look like unless a shape is asked for.
        mirrored: Mirror half of the clips; not where left and right mean something.
        inverse: Draw short sides whose inverse is uniform, rather than uniform ones.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        targets: Targets,
        shape: ClipShape,
        mirrored: bool = True,
        inverse: bool = False,
    ) -> None:
        self._videos, self._targets, self._shape = tuple(videos), targets, shape
        self._mirrored, self._inverse = mirrored, inverse
        self._decoded = DecodedVideos(self._videos)

    def __len__(self) -> int:
        return len(self._videos)

    def __getitem__(self, wanted: int | tuple[Any, ...]) -> tuple[Tensor, Tensor]:
        """Return a clip, float32 [3, T, crop, crop], and its labels, float32 [K].

        Args:
            wanted: Number of a video, (number, shape), or a `Wanted`; without a seed always the same clip.

        Raises:
            UserError: The video's file is damaged.
        """
        number, shape, seed = Wanted(*wanted) if isinstance(wanted, tuple) else Wanted(wanted)
        shape = shape or self._shape
        video = self._videos[number]
        generator = torch.Generator().manual_seed(crc32(b"%d %d" % (seed, number)))
        if shape.strides is None:
            frames = np.array(random_segment_frames(video.frames, shape.frames, False, generator))
        else:
            frames = random_clip(video.frames, shape.frames, shape.strides, generator)
        clip = torch.from_numpy(self._decoded.frames(video, frames))
        view = random_view(clip, shape.short_side, shape.crop, generator, self._mirrored, self._inverse)
        return view.of_clip(clip), torch.from_numpy(self._targets(video.id, frames))


@dataclass(frozen=True)
class ClipBatch:
    """B clips of one shape.

    Attributes:
        clips: [B, 3, T, H, W].
        targets: [B, K].
        weight: Of the mean over these clips: with it, the mean over processes is that over all clips of the step.
        stage: Number of the stage of multigrid training that the step is in.
    """

    clips: Tensor
    targets: Tensor
    weight: float = 1.0
    stage: int = 0

    def to(self, device: torch.device) -> "ClipBatch":
        """Move all tensors to `device`."""
        clips, targets = (part.to(device, non_blocking=True) for part in (self.clips, self.targets))
        return replace(self, clips=clips, targets=targets)


def collate_clips(items: Sequence[tuple[Tensor, Tensor]]) -> ClipBatch:
    """Make a batch of clips of one shape and their labels, for `torch.utils.data.DataLoader(collate_fn=...)`."""
    return ClipBatch(stack_clips([clip for clip, _ in items]), torch.stack([targets for _, targets in items]))
