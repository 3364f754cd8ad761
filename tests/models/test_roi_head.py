import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.models.roi_head import RoIHead

WIDTH = 24


@settings(max_examples=30)
@given(st.integers(0, 90), st.integers(20, 90))
def test_the_maximum_over_a_ramp_is_the_centre_of_its_last_cell(left: int, extent: int) -> None:
    ramp = torch.arange(WIDTH, dtype=torch.float32).expand(1, 1, 2, WIDTH, WIDTH)
    box = torch.tensor([[float(left), 10.0, float(left + extent), 100.0]])
    pooled = RoIHead(stride=8)(ramp, box, torch.zeros(1, dtype=torch.int64))
    # No half-pixel shift: value i of the ramp is at pixel 8 * i.
    assert pooled.item() == pytest.approx((left + extent - extent / 7 / 2) / 8, rel=1e-4)


def test_a_large_box_is_sampled_once_per_position() -> None:
    squares = (torch.arange(WIDTH, dtype=torch.float32) ** 2).expand(1, 1, 1, WIDTH, WIDTH)
    box = torch.tensor([[0.0, 0.0, 14.0 * 8, 14.0 * 8]])
    pooled = RoIHead(stride=8)(squares, box, torch.zeros(1, dtype=torch.int64))
    # The last of 7 cells covers positions 12 to 14: samples at 12.5 and 13.5, each between two squares.
    assert pooled.item() == pytest.approx(((12**2 + 13**2) / 2 + (13**2 + 14**2) / 2) / 2)


def test_every_box_reads_its_own_clip() -> None:
    features = torch.arange(3.0).view(3, 1, 1, 1, 1).expand(3, 2, 4, 8, 8)
    boxes = torch.tensor([[8.0, 8.0, 40.0, 40.0]]).expand(4, 4)
    clips = torch.tensor([2, 0, 1, 2])
    pooled = RoIHead(stride=8)(features, boxes, clips)
    torch.testing.assert_close(pooled, clips.float()[:, None].expand(4, 2))


def test_steps_are_pooled_one_by_one() -> None:
    torch.manual_seed(0)
    features, head = torch.rand(2, 3, 4, 8, 8), RoIHead(stride=8)
    boxes = torch.tensor([[4.0, 8.0, 30.0, 40.0], [8.0, 8.0, 60.0, 60.0], [0.0, 0.0, 20.0, 20.0]])
    clips = torch.tensor([1, 0, 1])
    expected = torch.stack([head(features[:, :, t : t + 1], boxes, clips) for t in range(4)], dim=1)
    torch.testing.assert_close(head.per_step(features, boxes, clips), expected)


def test_no_boxes_give_no_features() -> None:
    head, none = RoIHead(stride=8), torch.empty(0, dtype=torch.int64)
    assert head(torch.rand(2, 3, 4, 8, 8), torch.empty(0, 4), none).shape == (0, 3)
    assert head.per_step(torch.rand(2, 3, 4, 8, 8), torch.empty(0, 4), none).shape == (0, 4, 3)
