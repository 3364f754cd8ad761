"""Find people: one frame per second of a video through a detector."""

import math
from contextlib import closing
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from longvideo.files.boxes import Boxes, join, make_boxes
from longvideo.files.manifest import Video
from longvideo.people.keyframes import to_floats
from longvideo.video.reader import FrameReader
from longvideo.video.sampling import frame_of_second


class Moments(NamedTuple):
    """Times [T] on the annotation's clock, and the frames [T] that they fall on."""

    seconds: NDArray[np.float64]
    frames: NDArray[np.int64]


def whole_seconds(video: Video) -> Moments:
    """Return the whole seconds of the annotation's clock that a video shows."""
    last = video.start_s + video.frames / video.fps
    seconds = range(math.ceil(video.start_s), math.ceil(last) + 1)
    frames = {second: frame_of_second(second, video.start_s, video.fps) for second in seconds}
    shown = {second: frame for second, frame in frames.items() if frame < video.frames}
    return Moments(np.array(list(shown), np.float64), np.array(list(shown.values()), np.int64))


def detect_people(model: nn.Module, video: Video, batch: int, device: torch.device) -> Boxes:
    """Return the people in a video, at its whole seconds.

    Args:
        model: A detector of `models.person_detector`, in evaluation mode and on `device`; it applies its own limits of
            score, overlap and number.
        video: A decoded video.
        batch: Frames that go through the detector together.
        device: Where the detector is.

    Raises:
        UserError: The video is damaged.
    """
    moments = whole_seconds(video)
    parts = []
    with closing(FrameReader(video.path)) as reader, torch.inference_mode():
        for start in range(0, len(moments.frames), batch):
            frames = to_floats(reader.frames(moments.frames[start : start + batch])).to(device)
            height, width = frames.shape[2:]
            scale = torch.tensor([width, height, width, height], dtype=torch.float32, device=device)
            for second, found in zip(moments.seconds[start : start + batch], model(list(frames))):
                boxes = (found["boxes"] / scale).clamp(0, 1).cpu().numpy()
                ids, times = [video.id] * len(boxes), np.full(len(boxes), second)
                parts.append(make_boxes(ids, times, boxes, found["scores"].cpu().numpy()))
    return join(parts)
