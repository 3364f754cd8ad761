"""Scores of boxes by an action model, from clips or from the features of a frozen backbone."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longvideo.files.boxes import Boxes
from longvideo.models.action_model import ActionModel
from longvideo.models.extract import ClipSource, Moment, extract, moments


class WindowSource(Protocol):
    """Reads windows of a long-term bank; `longvideo.data.windows.Windows` does."""

    def read(self, video: str, second: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return slots [M, C] and which of them are filled [M]."""
        ...


@torch.inference_mode()
def score_boxes(
    model: ActionModel,
    clips: ClipSource | None,
    boxes: Boxes,
    features: NDArray[np.float16] | None,
    windows: WindowSource | None,
    sizes: tuple[int, int],
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the probability of each class for each box, [N, K].

    Args:
        model: In evaluation mode, on `device`.
        clips: Where clips are read from, unless features are given.
        boxes: N boxes.
        features: [N, C] or [N, T', C] of a frozen backbone, or None.
        windows: The long-term bank, if the model reads one.
        sizes: Short side and centre crop of the clips, pixels.
        device: Where to compute.
    """
    scores = np.zeros((len(boxes), model.classifier.out_features), np.float32)
    found = moments(boxes.video.tolist(), boxes.time_s.tolist())
    per_step = model.operator.reads == "steps"
    source: Iterator[tuple[list[Moment], Tensor, Tensor]]
    if features is not None:
        source = _stored(found, features)
    else:
        assert clips is not None
        source = extract(model, clips, found, boxes.boxes, *sizes, per_step, device)
    for chosen, values, owner in source:
        values, bank, valid = values.to(device), None, None
        if windows is not None:
            seen = [windows.read(moment.video, moment.second) for moment in chosen]
            bank = torch.from_numpy(np.stack([slots for slots, _ in seen])).to(device)
            valid = torch.from_numpy(np.stack([filled for _, filled in seen])).to(device)
        if per_step:
            logits = model.head(values.mean(dim=1), values)
        else:
            logits = model.head(values, bank, valid, owner.to(device))
        rows = np.concatenate([moment.rows for moment in chosen])
        scores[rows] = torch.sigmoid(logits.float()).cpu().numpy()
    return scores


def _stored(
    found: list[Moment], features: NDArray[np.float16], batch: int = 128
) -> Iterator[tuple[list[Moment], Tensor, Tensor]]:
    for start in range(0, len(found), batch):
        chosen = found[start : start + batch]
        rows = np.concatenate([moment.rows for moment in chosen])
        owner = torch.repeat_interleave(torch.arange(len(chosen)), torch.tensor([len(m.rows) for m in chosen]))
        yield chosen, torch.from_numpy(features[rows].astype(np.float32)), owner
