"""Drawn frames: boxes where they belong, text inside the frame, the input untouched."""

import numpy as np
import pytest

from longvideo.video.draw import LEAST_SIDE, draw_boxes

GREY = 100


@pytest.mark.parametrize("height, width", [(64, 64), (48, 85), (360, 640), (1080, 1920)])
def test_box_is_drawn_in_its_place(height: int, width: int) -> None:
    frame = np.full((height, width, 3), GREY, np.uint8)
    drawn = draw_boxes(frame, np.array([[0.25, 0.5, 0.75, 0.9]]), [[]])
    assert min(drawn.shape[:2]) >= LEAST_SIDE and drawn.shape[0] * width == drawn.shape[1] * height
    rows, columns = np.nonzero((drawn != GREY).any(-1))
    bounds = [columns.min() / drawn.shape[1], rows.min() / drawn.shape[0],
              columns.max() / drawn.shape[1], rows.max() / drawn.shape[0]]  # fmt: skip
    np.testing.assert_allclose(bounds, [0.25, 0.5, 0.75, 0.9], atol=0.01)
    assert (frame == GREY).all()


@pytest.mark.parametrize(
    "box", [[0.0, 0.0, 1.0, 1.0], [0.9, 0.0, 1.0, 0.1], [0.95, 0.95, 1.0, 1.0], [-1.0, -1.0, 3.0, 3.0]]
)
def test_text_is_written_for_every_box(box: list[float]) -> None:
    frame = np.full((64, 64, 3), GREY, np.uint8)
    bare = draw_boxes(frame, np.array([box]), [[]])
    told = draw_boxes(
        frame, np.array([box]), [["stand 0.93", "a name that is far too long for a frame of this size " * 3]]
    )
    changed = (bare != told).any(-1)
    assert changed.sum() > 1000 and (told[changed] == 255).all(-1).sum() > 50  # a plate, and white letters on it


def test_more_lines_than_room() -> None:
    frame = np.full((64, 64, 3), GREY, np.uint8)
    assert draw_boxes(frame, np.array([[0.1, 0.1, 0.5, 0.5]]), [["x"] * 200]).shape == (384, 384, 3)
