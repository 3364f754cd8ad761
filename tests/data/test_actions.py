"""Which actions a box gets: overlaps against torchvision's, and the rules of the assignment."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torchvision.ops import box_iou

from longvideo.data.actions import Annotation, keyframes, overlap
from longvideo.data.ava import AvaLabels

CORNERS = arrays(np.int32, st.tuples(st.integers(0, 6), st.just(4)), elements=st.integers(0, 31))
LEFT, RIGHT, WHOLE = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)
CLASSES = (2, 5, 9)


def boxes_of(corners: np.ndarray) -> np.ndarray:
    """Boxes of at least one 64th of the frame from any four numbers."""
    low, size = corners[:, :2] / 64, (corners[:, 2:] + 1) / 64
    return np.concatenate([low, low + size], axis=1).astype(np.float32)


def annotation_of(*rows: tuple) -> Annotation:
    """An annotation of rows (video, second, box, action)."""
    videos = tuple(sorted({row[0] for row in rows}))
    return Annotation(
        AvaLabels(
            videos,
            np.array([videos.index(row[0]) for row in rows], np.int32),
            np.array([row[1] for row in rows], np.float64),
            np.array([row[2] for row in rows], np.float64),
            np.array([row[3] for row in rows], np.int32),
            -np.ones(len(rows)),
        ),
        CLASSES,
    )


@settings(max_examples=100)
@given(CORNERS, CORNERS)
def test_overlaps_are_those_of_torchvision(one, other):
    a, b = boxes_of(one), boxes_of(other)
    found = overlap(a, b)
    assert found.shape == (len(a), len(b))
    np.testing.assert_allclose(found, box_iou(torch.from_numpy(a), torch.from_numpy(b)), atol=1e-6)
    assert np.all((found >= 0) & (found <= 1 + 1e-6))
    np.testing.assert_array_equal(found, overlap(b, a).T)
    np.testing.assert_allclose(np.diag(overlap(a, a)), 1, atol=1e-6)


def test_boxes_without_area_overlap_with_nothing():
    flat = np.array([[0.5, 0.0, 0.5, 1.0]], np.float32)
    assert overlap(flat, flat).tolist() == overlap(flat, np.array([WHOLE], np.float32)).tolist() == [[0]]


@pytest.mark.parametrize(("width", "actions"), [(0.9, [0, 1, 0]), (0.89, [0, 0, 0]), (1.0, [0, 1, 0])])
def test_a_box_has_the_actions_of_a_box_that_it_overlaps_by_nine_tenths(width, actions):
    targets = annotation_of(("v", 1, WHOLE, 5)).targets("v", 1, np.array([[0, 0, width, 1]], np.float32), 0.9)
    assert targets.dtype == np.float32
    assert targets.tolist() == [actions]


def test_several_rows_are_several_actions_and_unknown_ones_are_none():
    annotation = annotation_of(("v", 1, LEFT, 2), ("v", 1, LEFT, 9), ("v", 1, RIGHT, 5), ("v", 1, RIGHT, 77))
    boxes = np.array([RIGHT, LEFT, (0.2, 0.2, 0.4, 0.4)], np.float32)
    assert annotation.targets("v", 1, boxes, 0.9).tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert annotation.targets("v", 1, np.array([WHOLE], np.float32), 0.5).tolist() == [[1, 1, 1]]
    assert sorted(map(tuple, annotation.boxes("v", 1).tolist())) == [LEFT, RIGHT]


@pytest.mark.parametrize(("video", "second"), [("v", 2), ("w", 1)])
def test_other_seconds_and_videos_give_no_action(video, second):
    annotation = annotation_of(("v", 1, WHOLE, 2))
    assert annotation.targets(video, second, np.array([WHOLE], np.float32), 0.9).tolist() == [[0, 0, 0]]
    assert annotation.boxes(video, second).shape == (0, 4)


def test_keyframes_group_boxes_and_say_which_row_each_was():
    annotation = annotation_of(("w", 1, LEFT, 2), ("v", 2, LEFT, 5), ("v", 1, RIGHT, 9), ("v", 3, LEFT, 2))
    video = np.array(["w", "v", "v", "v", "v"], dtype=object)
    second = np.array([1.0, 2.0, 1.0, 2.0, 7.0])  # the last has no annotation, the annotation of second 3 no box
    boxes = np.array([LEFT, LEFT, LEFT, RIGHT, LEFT], np.float32)
    found = keyframes(annotation, video, second, boxes, 0.9)
    assert [(frame.video, frame.second, frame.rows.tolist()) for frame in found] == [
        ("v", 1.0, [2]), ("v", 2.0, [1, 3]), ("w", 1.0, [0])]  # fmt: skip
    assert [frame.targets.tolist() for frame in found] == [[[0, 0, 0]], [[0, 1, 0], [0, 0, 0]], [[1, 0, 0]]]
    assert [tuple(frame.boxes[-1].tolist()) for frame in found] == [LEFT, RIGHT, LEFT]
