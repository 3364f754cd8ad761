import pytest
import torch

from longvideo.training.multigrid.views import draw_stride, short_side_range, stride_range


def test_a_clip_of_fewer_frames_spans_up_to_as_much():
    assert [stride_range(2, 32, frames) for frames in (8, 16, 32)] == [(2, 8), (2, 4), (2, 2)]
    assert stride_range(2, 10, 4) == (2, 5)


def test_every_stride_of_the_range_is_drawn_as_often():
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_stride(2, 32, 8, generator) for _ in range(7000)]
    assert sorted(set(drawn)) == [2, 3, 4, 5, 6, 7, 8]
    assert all(drawn.count(stride) == pytest.approx(1000, abs=150) for stride in range(2, 9))
    assert {draw_stride(2, 32, 32, generator) for _ in range(9)} == {2}


def test_the_least_short_side_shrinks_with_the_crop_and_the_largest_stays():
    assert [short_side_range((256, 340), 224, size) for size in (224, 158, 112)] == [(256, 340), (181, 340), (128, 340)]
    # However it is rounded, the crop fits.
    assert all(short_side_range((64, 80), 64, size)[0] >= size for size in range(1, 65))


@pytest.mark.parametrize("values", [(0, 8, 8), (1, 8, 16), (1, 8, 0)])
def test_more_frames_than_the_baseline_are_refused(values):
    with pytest.raises(ValueError, match="expected a stride"):
        stride_range(*values)


def test_a_crop_larger_than_the_baseline_is_refused():
    with pytest.raises(ValueError, match="expected s <= S"):
        short_side_range((256, 320), 224, 256)
