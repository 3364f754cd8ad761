"""What the step `predict` scores: detections of decodable videos, with the features that belong to them."""

import numpy as np
import pytest

from longvideo.data.clips import Clips
from longvideo.files.bank import Bank
from longvideo.files.boxes import make_boxes, write_boxes
from longvideo.files.manifest import Video
from longvideo.tasks.actions.predict import tested_boxes as boxes_to_test  # a name with "test" in front would be a test

VIDEOS = ["a", "lost", "b", "a", "b"]
SECONDS = [1.0, 2.0, 3.0, 4.0, 5.0]
SCORES = [0.9, 0.9, 0.85, 0.8, 1.0]
CORNERS = np.array([[0, 0, 0.5, 1]] * 5, np.float32)


@pytest.fixture
def clips(tmp_path) -> Clips:
    return Clips([Video(name, tmp_path / name, 9, 8.0, 64, 64, 0.0, "") for name in "ab"], 8, 2)


def test_a_detection_is_tested_if_it_is_sure_enough_and_its_video_can_be_read(clips, tmp_path):
    write_boxes(tmp_path / "boxes.parquet", make_boxes(VIDEOS, SECONDS, CORNERS, SCORES))
    boxes, features = boxes_to_test(0.85, clips, tmp_path / "boxes.parquet", None)
    assert features is None
    assert list(zip(boxes.video, boxes.time_s.tolist())) == [("a", 1.0), ("b", 3.0), ("b", 5.0)]


def test_given_features_stay_with_their_boxes_and_annotated_boxes_are_not_tested(clips, tmp_path):
    features = np.arange(5, dtype=np.float16)[:, None]
    annotated = np.array([False, False, False, False, True])
    score = np.array(SCORES, np.float32)
    bank = Bank(features, np.array(VIDEOS, object), np.array(SECONDS), CORNERS, score, annotated)
    boxes, found = boxes_to_test(0.85, clips, tmp_path / "unread.parquet", bank)
    assert boxes.time_s.tolist() == [1.0, 3.0]
    assert found is not None and found[:, 0].tolist() == [0, 2]
