"""Box features of many clips, a few clips at a time: what banks and predictions are made of."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from longvideo.files.boxes import Boxes
from longvideo.models.action_model import ActionModel
from longvideo.video.transforms import fixed_view


class ClipSource(Protocol):
    """Reads clips; `longvideo.data.clips.Clips` does."""

    def read(self, video: str, second: float) -> Tensor:
        """Return the clip uint8 [T, H, W, 3] centred at `second`."""
        ...


@dataclass(frozen=True)
class Moment:
    """A second of a video and the rows of the boxes in it."""

    video: str
    second: float
    rows: NDArray[np.int64]


def moments(video: Sequence[str], second: Sequence[float]) -> list[Moment]:
    """Group N boxes by video and second, ordered by both; `rows` point to the boxes."""
    rows: dict[tuple[str, float], list[int]] = {}
    for row, key in enumerate(zip(video, second, strict=True)):
        rows.setdefault(key, []).append(row)
    return [Moment(name, time_s, np.array(found, np.int64)) for (name, time_s), found in sorted(rows.items())]


def stored_features(
    model: ActionModel, clips: ClipSource, boxes: Boxes, sizes: tuple[int, int], steps: int | None, device: torch.device
) -> NDArray[np.float16]:
    """Return the features of N boxes as a bank stores them: [N, C], or [N, T', C] with `steps` time steps kept apart.

    Args:
        model: In evaluation mode, on `device`.
        clips: Where clips are read from.
        boxes: In any order.
        sizes: Short side and centre crop of the clips, pixels.
        steps: T', or None to pool over time.
        device: Where to compute.
    """
    shape = (len(boxes), model.backbone.channels) if steps is None else (len(boxes), steps, model.backbone.channels)
    features = np.zeros(shape, np.float16)
    found = moments(boxes.video.tolist(), boxes.time_s.tolist())
    for chosen, values, _ in extract(model, clips, found, boxes.boxes, *sizes, steps is not None, device):
        features[np.concatenate([moment.rows for moment in chosen])] = values.cpu().numpy()
    return features


@torch.inference_mode()
def extract(
    model: ActionModel,
    clips: ClipSource,
    found: Sequence[Moment],
    boxes: NDArray[np.float32],
    short_side: int,
    crop: int,
    per_step: bool,
    device: torch.device,
    batch: int = 16,
) -> Iterator[tuple[list[Moment], Tensor, Tensor]]:
    """Yield the features of the boxes of a few moments at a time, from one centre crop.

    Args:
        model: In evaluation mode, on `device`.
        clips: Where clips are read from.
        found: Moments, with rows of `boxes`.
        boxes: [N, 4] in [0, 1].
        short_side: Pixels that the short side is scaled to.
        crop: Side of the centre crop, pixels.
        per_step: Keep time steps apart.
        device: Where to compute.
        batch: Clips at a time.

    Yields:
        The moments, the features of all their boxes ([n, C] or [n, T', C], float32) and each box's moment, int64 [n].
    """
    bar = tqdm(range(0, len(found), batch), "clips", disable=not sys.stderr.isatty())
    for start in bar:
        chosen = list(found[start : start + batch])
        views, moved = [], []
        for moment in chosen:
            clip = clips.read(moment.video, moment.second)
            view = fixed_view(clip, short_side, crop)
            views.append(view.of_clip(clip))
            moved.append(view.of_boxes(torch.from_numpy(boxes[moment.rows])))
        owner = torch.repeat_interleave(torch.arange(len(chosen)), torch.tensor([len(m.rows) for m in chosen]))
        inputs, pixels = torch.stack(views).to(device), torch.cat(moved).to(device)
        yield chosen, model.features(inputs, pixels, owner.to(device), per_step).float(), owner
