"""Annotated frames: which frames of which videos have boxes of people, and batches of them for training a detector."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.video.reader import ReaderPool
from longvideo.video.sampling import frame_of_second


@dataclass(frozen=True, eq=False)
class Keyframe:
    """One annotated frame: its video's file, its number, and float32 [N, 4] boxes in [0, 1], N at least 1."""

    path: Path
    frame: int
    boxes: NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """Frames float32 [3, H, W] in [0, 1], each with its boxes float32 [N, 4] in pixels."""

    frames: list[Tensor]
    boxes: list[Tensor]


def find_keyframes(
    videos: Sequence[Video], video: NDArray[Any], second: NDArray[np.floating], box: NDArray[np.floating]
) -> list[Keyframe]:
    """Return the annotated frames of `videos`, by video and time, with every box once however many labels it has.

    Boxes outside of the frame are cut to it; those of other videos, or of seconds that a video lacks, are left out.

    Args:
        videos: The decoded videos.
        video: [N] video id of each annotated box.
        second: [N] its time on the annotation's clock.
        box: [N, 4] x1, y1, x2, y2, parts of the frame.

    Raises:
        UserError: No box is left.
    """
    known = {name.id: number for number, name in enumerate(videos)}
    names, index = np.unique(video.astype(str), return_inverse=True)
    number = np.array([known.get(name, -1) for name in names.tolist()], np.int64)[index]
    rows = np.column_stack([number, second, np.clip(box, 0.0, 1.0)])
    rows = np.unique(rows[(number >= 0) & (rows[:, 2] < rows[:, 4]) & (rows[:, 3] < rows[:, 5])], axis=0)
    starts = np.flatnonzero(np.any(rows[1:, :2] != rows[:-1, :2], axis=1)) + 1
    found = []
    for part in np.split(rows, starts) if len(rows) else ():
        source = videos[int(part[0, 0])]
        frame = frame_of_second(part[0, 1], source.start_s, source.fps)
        if part[0, 1] >= source.start_s and frame < source.frames:
            found.append(Keyframe(source.path, frame, part[:, 2:].astype(np.float32)))
    if not found:
        raise UserError(
            f"expected annotated boxes in the {len(videos)} decoded videos, found none in {len(video)} rows of labels:"
            " check that video ids and times of the two files belong together"
        )
    return found


def digest(keyframes: Sequence[Keyframe]) -> str:
    """Return a hash of what is trained on: file names, frame numbers and boxes."""
    total = hashlib.sha256()
    for keyframe in keyframes:
        total.update(f"{keyframe.path.name}\0{keyframe.frame}\0{keyframe.boxes.shape}".encode())
        total.update(keyframe.boxes.tobytes())
    return total.hexdigest()


def draw_batch(keyframes: Sequence[Keyframe], size: int, seed: int, step: int, readers: ReaderPool) -> Batch:
    """Draw frames with replacement and flip half of them; the same seed and step give the same batch.

    Raises:
        UserError: A video is damaged.
    """
    random = np.random.default_rng([seed, step])
    chosen = random.integers(len(keyframes), size=size)
    flipped = random.random(size) < 0.5
    batch = Batch([], [])
    for number, flip in zip(chosen.tolist(), flipped.tolist()):
        keyframe = keyframes[number]
        frame = to_floats(readers.get(keyframe.path).frames([keyframe.frame]))[0]
        boxes = torch.from_numpy(keyframe.boxes)
        if flip:
            frame, boxes = frame.flip(2), torch.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], 1)
        height, width = frame.shape[1:]
        batch.frames.append(frame)
        batch.boxes.append(boxes * torch.tensor([width, height, width, height], dtype=torch.float32))
    return batch


def to_floats(frames: NDArray[np.uint8]) -> Tensor:
    """Return uint8 [T, H, W, 3] as float32 [T, 3, H, W] in [0, 1]."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).to(torch.float32) / 255
