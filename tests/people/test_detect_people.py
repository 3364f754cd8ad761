"""Detecting over a video: which frames are looked at, and what becomes of the detector's boxes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from longvideo.files.manifest import Video
from longvideo.people.detect import detect_people, whole_seconds
from longvideo.video.encode import write_video


def video(frames: int, fps: float, start_s: float, path: Path = Path("v.mp4")) -> Video:
    return Video("v", path, frames, fps, 32, 16, start_s, "")


@pytest.mark.parametrize(
    ("frames", "fps", "start_s", "expected"),
    [
        (24, 8.0, 0.0, {0: 0, 1: 8, 2: 16}),
        (25, 8.0, 0.0, {0: 0, 1: 8, 2: 16, 3: 24}),
        (60, 30.0, 900.0, {900: 0, 901: 30}),
        (60, 30.0, 899.6, {900: 12, 901: 42}),
        (60, 29.97, 0.5, {1: 15, 2: 45}),
        (3, 8.0, 0.1, {}),
    ],
)
def test_every_whole_second_that_is_shown_is_looked_at(frames, fps, start_s, expected):
    moments = whole_seconds(video(frames, fps, start_s))
    assert dict(zip(moments.seconds.tolist(), moments.frames.tolist())) == expected


class FindsBrightness(nn.Module):
    """As many boxes as a frame is bright, 0 to 2; the x2 of each is the frame's brightness in pixels."""

    def forward(self, frames: list[Tensor]) -> list[dict[str, Tensor]]:
        assert len(frames) <= 2 and not torch.is_grad_enabled()
        found = []
        for frame in frames:
            count = int((2 * frame.mean()).round())
            box = torch.tensor([0.0, 4.0, float(32 * frame.mean()), 12.0])
            found.append({"boxes": box.repeat(count, 1), "scores": torch.linspace(0.75, 0.5, count)})
        return found


def test_boxes_are_parts_of_the_frame_at_their_second(tmp_path):
    levels = np.repeat([0, 128, 255], 4)  # seconds 10, 11 and 12 at 4 frames per second
    write_video(tmp_path / "v.mp4", np.tile(levels[:, None, None, None], (1, 16, 32, 3)).astype(np.uint8), 4)
    boxes = detect_people(FindsBrightness(), video(12, 4.0, 10.0, tmp_path / "v.mp4"), 2, torch.device("cpu"))
    assert boxes.video.tolist() == ["v"] * 3 and boxes.time_s.tolist() == [11.0, 12.0, 12.0]
    assert boxes.score.tolist() == [0.75, 0.75, 0.5] and boxes.track.tolist() == [-1] * 3
    np.testing.assert_allclose(boxes.boxes, [[0, 0.25, x2, 0.75] for x2 in (0.5, 1, 1)], atol=0.01)
    assert boxes.boxes.max() <= 1
