"""Clips: the release's indices, clamped; seconds to frames; segments, and where they lie in groups of pictures."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.video.sampling import (
    clip_indices,
    frame_of_second,
    gop_location,
    middle_segment_frames,
    random_segment_frames,
    segment_range,
)


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


@given(st.integers(2, 400), st.integers(1, 30), st.booleans(), st.integers(0, 2**31))
def test_segments_share_the_video_and_random_frames_lie_in_theirs(
    count: int, segments: int, inter: bool, seed: int
) -> None:
    ranges = [segment_range(count, segments, number, inter) for number in range(segments)]
    drawn = random_segment_frames(count, segments, inter, torch.Generator().manual_seed(seed))
    middle = middle_segment_frames(count, segments, inter)
    assert all(first <= frame < end for frame, (first, end) in zip(drawn, ranges))
    assert ranges[0][0] == inter and all(inter <= first < end <= count for first, end in ranges)
    assert all(inter <= frame < count for frame in middle) and middle == sorted(middle)
    if count - inter - 1 >= segments:  # no segment is stretched to hold a frame, so they join without a gap
        assert all(end == first for (_, end), (first, _) in pairwise(ranges))
        assert ranges[-1][1] == max(count - 1, 1 + inter)


def test_segments_of_the_release() -> None:
    # n = 100: 99 / 3 = 33 frames a segment for I-frames; 98 / 3 for the 99 P-frames, moved up by one.
    assert [segment_range(100, 3, number, False) for number in range(3)] == [(0, 33), (33, 66), (66, 99)]
    assert [segment_range(100, 3, number, True) for number in range(3)] == [(1, 34), (34, 66), (66, 99)]
    assert middle_segment_frames(100, 3, False) == [16, 50, 82]  # 16.5, 49.5, 82.5: halves to even
    assert middle_segment_frames(100, 3, True) == [17, 50, 83]
    # Fewer frames than segments: each has at least one.
    assert [segment_range(3, 5, number, False) for number in range(5)] == [(0, 1), (0, 1), (1, 2), (1, 2), (2, 3)]


def test_a_video_without_a_frame_of_the_stream_is_refused() -> None:
    assert middle_segment_frames(1, 3, False) == [0, 0, 0]
    with pytest.raises(UserError, match="at least 2 frames, found 1"):
        middle_segment_frames(1, 3, True)
    with pytest.raises(UserError, match="at least 1 frames, found 0"):
        segment_range(0, 3, 0, False)


@given(st.lists(st.integers(1, 15), min_size=1, max_size=8), st.data())
def test_a_stream_of_p_frames_never_lands_on_an_i_frame(lengths: list[int], data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, sum(lengths) - 1))
    gop, place = gop_location(frame, lengths, inter=False)
    start = sum(lengths[:gop])
    assert place == 0 and start <= frame < start + lengths[gop]
    if max(lengths) == 1:
        with pytest.raises(UserError, match="I-frames alone"):
            gop_location(frame, lengths, inter=True)
        return
    near, there = gop_location(frame, lengths, inter=True)
    assert 0 < there < lengths[near]
    found = sum(lengths[:near]) + there
    p_frames = [n for n in range(sum(lengths)) if n not in np.cumsum([0, *lengths])]
    before = [n for n in p_frames if n <= frame]
    assert found == (before[-1] if before else p_frames[0])


def test_an_i_frame_stands_for_the_p_frame_before_it() -> None:
    assert gop_location(24, [12, 12, 12], inter=True) == (1, 11)
    assert gop_location(24, [12, 12, 12], inter=False) == (2, 0)
    with pytest.raises(ValueError, match="a video of 24 frames, got 24"):
        gop_location(24, [12, 12], inter=True)
