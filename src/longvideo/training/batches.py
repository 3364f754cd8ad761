"""Batches for training an action model: what a step sees follows from the seed and the step's number alone."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from longvideo.data.actions import Keyframe
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.files.bank import Bank
from longvideo.training.device import derived_seed
from longvideo.training.processes import share_of_batch
from longvideo.video.transforms import random_view, stack_clips


@dataclass(frozen=True)
class ActionBatch:
    """B clips with N boxes.

    Attributes:
        targets: [N, K] actions.
        clip_of_box: int64 [N], not decreasing.
        clips: [B, 3, T, H, W], or None where features are given.
        boxes: [N, 4] in pixels of the clips, or None where features are given.
        features: [N, C] or [N, T', C] of a frozen backbone, or None.
        bank: [B, M, C] slots of the long-term bank, or None.
        valid: bool [B, M], or None.
        weight: Of the mean over these boxes: with it, the mean over processes is that over all boxes of the step.
    """

    targets: Tensor
    clip_of_box: Tensor
    clips: Tensor | None = None
    boxes: Tensor | None = None
    features: Tensor | None = None
    bank: Tensor | None = None
    valid: Tensor | None = None
    weight: float = 1.0

    def to(self, device: torch.device) -> "ActionBatch":
        """Move all tensors to `device`."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        moved: dict[str, Any] = {
            name: part.to(device, non_blocking=True) if isinstance(part, Tensor) else part
            for name, part in given.items()
        }
        return ActionBatch(**moved)


class ActionBatches(Dataset[ActionBatch]):
    """The batch of every step: keyframes drawn uniformly with replacement (LFB release, AVA).

    Args:
        keyframes: What is drawn from.
        batch: Keyframes per step.
        seed: Of the run.
        clips: Reads the clips, unless features are given.
        short_side: Range of the scale jitter, pixels.
        crop: Side of the random crop, pixels.
        features: A frozen backbone's features; `Keyframe.rows` point into it.
        windows: The long-term bank, if the model reads one.
        rank: Of this process, among those that share each batch.
        world: Their number; each takes an even share of the keyframes that a step draws, and only that is read.

    Raises:
        UserError: There are more processes than keyframes per step.
    """

    def __init__(
        self,
        keyframes: Sequence[Keyframe],
        batch: int,
        seed: int,
        clips: Clips | None = None,
        short_side: tuple[int, int] = (0, 0),
        crop: int = 0,
        features: Bank | None = None,
        windows: Windows | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._keyframes, self._batch, self._seed = keyframes, batch, seed
        self._clips, self._short_side, self._crop = clips, short_side, crop
        self._features, self._windows = features, windows
        self._share = share_of_batch(batch, rank, world)
        self._world = world

    def __getitem__(self, step: int) -> ActionBatch:
        """Return the batch of a step, or this process' share of it."""
        rng = np.random.default_rng([self._seed, step, 2])
        everything = [self._keyframes[index] for index in rng.integers(len(self._keyframes), size=self._batch)]
        drawn = [everything[place] for place in self._share]
        owners = np.repeat(np.arange(len(drawn)), [len(keyframe.boxes) for keyframe in drawn])
        clips, boxes, features, bank, valid = None, None, None, None, None
        if self._features is not None:
            rows = np.concatenate([keyframe.rows for keyframe in drawn])
            features = torch.from_numpy(self._features.features[rows].astype(np.float32))
        else:
            clips, boxes = self._views(drawn, step)
        if self._windows is not None:
            seen = [self._windows.read(keyframe.video, keyframe.second) for keyframe in drawn]
            bank = torch.from_numpy(np.stack([slots for slots, _ in seen]))
            valid = torch.from_numpy(np.stack([filled for _, filled in seen]))
        targets = torch.from_numpy(np.concatenate([keyframe.targets for keyframe in drawn]))
        weight = self._world * len(owners) / sum(len(keyframe.boxes) for keyframe in everything)
        return ActionBatch(targets, torch.from_numpy(owners), clips, boxes, features, bank, valid, weight)

    def _views(self, drawn: Sequence[Keyframe], step: int) -> tuple[Tensor, Tensor]:
        assert self._clips is not None
        clips, boxes = [], []
        # By its place in the whole batch, a clip is seen alike however many processes share the batch.
        for place, keyframe in zip(self._share, drawn, strict=True):
            generator = torch.Generator().manual_seed(derived_seed(self._seed, step, place))
            clip = self._clips.read(keyframe.video, keyframe.second)
            view = random_view(clip, self._short_side, self._crop, generator)
            clips.append(view.of_clip(clip))
            boxes.append(view.of_boxes(torch.from_numpy(keyframe.boxes)))
        return stack_clips(clips), torch.cat(boxes)
