"""Dense clips: inside the video, at the stride asked for, everywhere as likely in training, end to end in testing."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from longvideo.video.dense_clips import random_clip, spread_clips
from longvideo.video.sampling import middle_segment_frames, random_segment_frames, segment_range

counts, lengths, strides = st.integers(1, 300), st.integers(1, 40), st.integers(1, 9)


def _check(clip: np.ndarray, count: int, stride: int) -> None:
    """A clip keeps its stride until the video's last frame, which then repeats."""
    assert clip.min() >= 0 and clip.max() < count
    steps = np.diff(clip)
    assert (steps[clip[1:] < count - 1] == stride).all()
    assert ((steps >= 0) & (steps <= stride)).all()
    if (len(clip) - 1) * stride < count:
        assert (steps == stride).all()
    else:
        assert clip[0] == 0 and clip[-1] == count - 1


@given(counts, lengths, strides, st.integers(0, 8), st.integers(0, 2**31))
def test_random_clips_lie_inside_at_a_stride_of_the_range(
    count: int, frames: int, low: int, more: int, seed: int
) -> None:
    clips = [random_clip(count, frames, (low, low + more), torch.Generator().manual_seed(seed)) for _ in range(2)]
    assert np.array_equal(*clips) and clips[0].shape == (frames,) and clips[0].dtype == np.int64
    steps = np.diff(clips[0])
    stride = int(steps[0]) if len(steps) and steps[0] >= low else low
    assert low <= stride <= low + more
    if len(steps) > 1 and clips[0][1] < count - 1:
        _check(clips[0], count, stride)
    else:
        assert clips[0].min() >= 0 and clips[0].max() < count


def test_every_start_and_stride_is_drawn_and_none_beyond() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [random_clip(20, 4, (2, 4), generator).tolist() for _ in range(3000)]
    seen = {(clip[1] - clip[0], clip[0]) for clip in drawn}
    assert seen == {(stride, start) for stride in (2, 3, 4) for start in range(20 - 3 * stride)}
    by_stride = np.bincount([clip[1] - clip[0] for clip in drawn])
    assert by_stride[2:].min() > 0.9 * 1000 and len(by_stride) == 5


@given(counts, lengths, strides, st.integers(1, 12))
def test_spread_clips_reach_from_the_first_to_the_last_frame(count: int, frames: int, stride: int, clips: int) -> None:
    found = spread_clips(count, frames, stride, clips)
    assert found.shape == (clips, frames)
    for clip in found:
        _check(clip, count, stride)
    starts = found[:, 0]
    if clips == 1:
        before, after = starts[0], count - 1 - found[0, -1]
        assert (frames - 1) * stride >= count or abs(before - after) <= 1
    else:
        assert starts[0] == 0 and found[-1, -1] == count - 1
        assert np.ptp(np.diff(starts)) <= 1


def test_ten_clips_of_a_ten_second_video() -> None:
    found = spread_clips(300, 32, 2, 10)
    assert found[:, 0].tolist() == [0, 26, 53, 79, 105, 132, 158, 184, 211, 237]
    assert found[-1].tolist() == list(range(237, 300, 2))
    assert spread_clips(5, 4, 2, 2).tolist() == [[0, 2, 4, 4]] * 2


def test_what_makes_no_clip() -> None:
    generator = torch.Generator()
    for wrong in ((0, 4, (1, 1)), (9, 0, (1, 1)), (9, 4, (0, 1)), (9, 4, (3, 2))):
        with pytest.raises(ValueError, match=r"expected strides|must be positive"):
            random_clip(*wrong, generator)
    with pytest.raises(ValueError, match="at least one clip"):
        spread_clips(9, 4, 1, 0)


@given(counts, lengths, st.integers(1, 6), st.integers(0, 2**31))
def test_segments_give_one_frame_each_in_training_and_testing(count: int, frames: int, clips: int, seed: int) -> None:
    ranges = [segment_range(count, frames, number, False) for number in range(frames)]
    drawn = random_segment_frames(count, frames, False, torch.Generator().manual_seed(seed))
    assert all(first <= frame < end for frame, (first, end) in zip(drawn, ranges, strict=True))
    places = [(number + 0.5) / clips for number in range(clips)]
    fixed = np.array([middle_segment_frames(count, frames, False, place) for place in places])
    assert fixed.min() >= 0 and fixed.max() < count and (np.diff(fixed, axis=0) >= 0).all()
    firsts, ends = np.array(ranges).T
    assert (fixed >= firsts).all() and (fixed <= np.maximum(ends, firsts)).all()
    if clips == 1:
        assert fixed[0].tolist() == middle_segment_frames(count, frames, False)
