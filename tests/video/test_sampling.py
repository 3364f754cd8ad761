"""Clips: the release's indices, clamped; seconds to frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.video.sampling import clip_indices, frame_of_second


def test_clip_is_the_range_of_the_release() -> None:
    assert clip_indices(1000, 32, 2, 27000).tolist() == list(range(968, 1032, 2))
    assert clip_indices(2, 4, 2, 5).tolist() == [0, 0, 2, 4]
    assert clip_indices(4, 4, 2, 5).tolist() == [0, 2, 4, 4]


@given(st.integers(-50, 150), st.integers(1, 40), st.integers(1, 6), st.integers(1, 100))
def test_clips_stay_inside_and_keep_their_stride(center: int, frames: int, stride: int, count: int) -> None:
    indices = clip_indices(center, frames, stride, count)
    assert len(indices) == frames and indices.min() >= 0 and indices.max() < count
    inside = (indices > 0) & (indices < count - 1)
    steps = np.diff(indices)
    assert (steps[inside[:-1] & inside[1:]] == stride).all() and (steps >= 0).all() and (steps <= stride).all()


@pytest.mark.parametrize("second, frame", [(900, 0), (902, 60), (901.49, 45), (1798, 100), (0, 0)])
def test_frame_of_an_annotated_second(second: float, frame: int) -> None:
    assert frame_of_second(second, 900.0, 30.0, 101) == frame


def test_halves_go_up() -> None:
    assert [frame_of_second(second, 0, 1) for second in (0.5, 1.5, 2.5)] == [1, 2, 3]
