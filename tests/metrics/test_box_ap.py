"""The detector's average precision, on frames small enough to count by hand."""

import numpy as np
import pytest

from longvideo.data.ava import AvaDetections, AvaFrames, AvaLabels
from longvideo.errors import UserError
from longvideo.metrics.box_ap import box_score

LEFT, RIGHT, MIDDLE = [0.0, 0.0, 0.2, 0.5], [0.6, 0.0, 0.8, 0.5], [0.3, 0.3, 0.5, 0.8]


def truth(rows: list[tuple[str, float, list[float], int]], empty: list[tuple[str, float]] = ()) -> AvaLabels:
    names = ("v", "w")
    video, second, box, label = zip(*rows) if rows else ([], [], np.empty((0, 4)), [])
    index = np.array([names.index(name) for name in video], np.int32)
    labels = np.array(label, np.int32)
    return AvaLabels(
        names, index, np.array(second, float), np.array(box), labels, -np.ones(len(rows)), AvaFrames.of(empty)
    )


def found(rows: list[tuple[str, float, list[float], float]]) -> AvaDetections:
    names = ("w", "v")  # another order than in the labels
    video, second, box, score = zip(*rows) if rows else ([], [], np.empty((0, 4)), [])
    index = np.array([names.index(name) for name in video], np.int32)
    ones = np.ones(len(rows), np.int32)
    return AvaDetections(names, index, np.array(second, float), np.array(box), ones, np.array(score, float))


LABELS = [("v", 1.0, LEFT, 3), ("v", 1.0, LEFT, 7), ("v", 1.0, RIGHT, 3), ("w", 2.0, MIDDLE, 3)]  # three people


def test_a_person_with_two_actions_is_one_person():
    result = box_score(truth(LABELS), found([("v", 1.0, LEFT, 0.9), ("v", 1.0, RIGHT, 0.8), ("w", 2.0, MIDDLE, 0.7)]))
    assert (result.ap, result.recall, result.people, result.frames) == (1.0, 1.0, 3, 2)


def test_precision_at_each_recall_is_averaged():
    # By falling score: found, false (a second box on the same person), found; the third person is missed.
    detections = [("v", 1.0, LEFT, 0.9), ("v", 1.0, LEFT, 0.8), ("w", 2.0, MIDDLE, 0.7)]
    result = box_score(truth(LABELS), found(detections))
    assert result.ap == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)
    assert result.recall == pytest.approx(2 / 3)


def test_only_annotated_frames_count_also_those_known_to_be_empty():
    right = [("v", 1.0, LEFT, 0.5), ("v", 1.0, RIGHT, 0.5), ("w", 2.0, MIDDLE, 0.5)]
    false = [("w", 3.0, LEFT, 0.9)]
    assert box_score(truth(LABELS), found(right + false)).ap == 1.0
    assert box_score(truth(LABELS, [("w", 3.0)]), found(right + false)).ap == pytest.approx(3 / 4)


def test_the_overlap_from_which_a_person_is_found_counts():
    shifted = [0.01, 0.0, 0.21, 0.5]  # overlap 0.19 / 0.21
    assert [box_score(truth(LABELS[:1]), found([("v", 1.0, shifted, 0.9)]), iou).ap for iou in (0.9, 0.91)] == [
        1.0,
        0.0,
    ]


def test_nothing_found_is_zero_and_nobody_to_find_is_an_error():
    assert box_score(truth(LABELS), found([])).ap == 0.0
    with pytest.raises(UserError, match="annotated people"):
        box_score(truth([]), found([]))
