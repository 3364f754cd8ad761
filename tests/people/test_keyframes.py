"""Which frames a detector is trained on, and what a batch of them shows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.people.keyframes import Keyframe, digest, draw_batch, find_keyframes
from longvideo.video.encode import write_video
from longvideo.video.reader import ReaderPool

BOX = [0.25, 0.0, 0.5, 1.0]
OTHER = [0.5, 0.5, 0.75, 1.0]


def video(name: str, frames: int = 40, start_s: float = 0.0) -> Video:
    return Video(name, Path(f"{name}.mp4"), frames, 8.0, 64, 48, start_s, "")


def find(videos: list[Video], rows: list[tuple[str, float, list[float]]]) -> list[tuple[str, int, list[list[float]]]]:
    names, seconds, boxes = zip(*rows)
    found = find_keyframes(videos, np.array(names), np.array(seconds, float), np.array(boxes))
    return [(keyframe.path.stem, keyframe.frame, keyframe.boxes.tolist()) for keyframe in found]


def test_every_box_counts_once_whatever_the_number_of_its_labels():
    rows = [("b", 2, OTHER), ("a", 1, BOX), ("a", 1, OTHER), ("a", 1, BOX), ("a", 3, BOX)]
    assert find([video("a"), video("b")], rows) == [("a", 8, [BOX, OTHER]), ("a", 24, [BOX]), ("b", 16, [OTHER])]


def test_times_are_those_of_the_annotation():
    assert find([video("a", start_s=900.0)], [("a", 902, BOX)]) == [("a", 16, [BOX])]


def test_what_a_video_does_not_show_is_left_out():
    rows = [("a", 4, BOX), ("a", 5, BOX), ("a", -1, BOX), ("unknown", 1, BOX)]
    assert find([video("a")], rows) == [("a", 32, [BOX])]


def test_boxes_are_cut_to_the_frame_and_empty_ones_left_out():
    rows = [("a", 1, [-0.5, 0.0, 0.5, 1.5]), ("a", 1, [0.5, 0.5, 0.5, 1.0]), ("a", 2, [1.2, 0.0, 1.5, 1.0])]
    assert find([video("a")], rows) == [("a", 8, [[0.0, 0.0, 0.5, 1.0]])]


def test_labels_of_other_videos_are_a_user_error():
    with pytest.raises(UserError, match="in the 1 decoded videos, found none in 2 rows of labels"):
        find([video("a")], [("b", 1, BOX), ("a", 99, BOX)])


def test_a_digest_tells_other_boxes_and_frames_apart():
    frames = [Keyframe(Path("x/a.mp4"), 3, np.array([BOX], np.float32))]
    moved = [Keyframe(Path("elsewhere/a.mp4"), 3, frames[0].boxes)]
    assert digest(frames) == digest(moved)
    others = [[], frames * 2, [Keyframe(Path("a.mp4"), 4, frames[0].boxes)],
              [Keyframe(Path("a.mp4"), 3, frames[0].boxes / 2)]]  # fmt: skip
    assert len({digest(frames), *map(digest, others)}) == 5


@pytest.fixture(scope="module")
def keyframes(tmp_path_factory) -> list[Keyframe]:
    """A video whose left quarter is red in one frame and green in the other; the box is around it."""
    frames = np.zeros((2, 48, 64, 3), np.uint8)
    frames[0, :, :16, 0] = frames[1, :, :16, 1] = 255
    path = tmp_path_factory.mktemp("videos") / "a.mp4"
    write_video(path, frames, 1, crf=0)
    return [Keyframe(path, number, np.array([[0, 0, 0.25, 1]], np.float32)) for number in (0, 1)]


def test_boxes_follow_their_frames_through_the_flip(keyframes):
    batch = draw_batch(keyframes, 32, 0, 0, ReaderPool())
    seen = set()
    for frame, boxes in zip(batch.frames, batch.boxes):
        assert frame.shape == (3, 48, 64) and frame.dtype == torch.float32
        x1, y1, x2, y2 = boxes[0].round().int().tolist()
        channel = int(frame.mean((1, 2)).argmax())
        assert frame[channel, y1:y2, x1 + 2 : x2 - 2].min() > 0.8  # chroma is blurred at the edge
        assert frame.sum() - frame[:, y1:y2, max(0, x1 - 2) : x2 + 2].sum() < 0.02 * frame.sum()
        seen.add((channel, x1))
    assert seen == {(0, 0), (0, 48), (1, 0), (1, 48)}


def test_a_batch_follows_from_seed_and_step_alone(keyframes):
    def values(seed: int, step: int) -> list[list[float]]:
        batch = draw_batch(keyframes, 8, seed, step, ReaderPool())
        return [frame[:, 20, ::63].flatten().tolist() for frame in batch.frames]

    assert values(3, 5) == values(3, 5)
    assert len({str(values(seed, step)) for seed in range(2) for step in range(3)}) == 6
