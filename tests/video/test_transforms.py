"""Boxes follow the pixels through scaling, cropping and mirroring."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from longvideo.video.transforms import (
    View,
    draw_short_side,
    fixed_view,
    normalise,
    random_view,
    scale_short_side,
)


def _marked(height: int, width: int, box: tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """A clip that is white inside a box of whole pixels (x1, y1, x2, y2) and black elsewhere, and the box."""
    clip = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    x1, y1, x2, y2 = box
    clip[:, y1:y2, x1:x2] = 255
    return clip, torch.tensor([[x1 / width, y1 / height, x2 / width, y2 / height]])


def _white(clip: Tensor) -> Tensor:
    """Bounds of the white pixels of a normalised clip, x1, y1, x2, y2 (both ends are pixels inside)."""
    rows, columns = torch.nonzero(clip[0, 0] > 0, as_tuple=True)
    return torch.stack([columns.min(), rows.min(), columns.max(), rows.max()]).float()


@given(st.integers(0, 2**31), st.integers(40, 60), st.integers(40, 90))
@settings(max_examples=40)
def test_boxes_follow_the_pixels_of_random_views(seed: int, height: int, width: int) -> None:
    clip, boxes = _marked(height, width, (width // 3, height // 4, 2 * width // 3, 3 * height // 4))
    chosen = random_view(clip, (48, 64), 40, torch.Generator().manual_seed(seed))
    view, moved = chosen.of_clip(clip), chosen.of_boxes(boxes)
    assert view.shape == (3, 2, 40, 40) and view.dtype == torch.float32
    assert moved.min() >= 0 and moved.max() <= 39
    if (view[0, 0] > 0).any():
        assert torch.allclose(_white(view), moved[0], atol=2.6)
    else:  # the crop lies beside the box, which is then flat against an edge
        assert (moved[0, 2:] - moved[0, :2]).min() <= 2.6


def test_views_are_drawn_from_the_generator() -> None:
    clip, boxes = torch.randint(0, 255, (4, 50, 60, 3), dtype=torch.uint8), torch.rand(3, 4)
    views = [random_view(clip, (48, 64), 40, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert views[0] == views[1] != views[2]
    clips = [view.of_clip(clip) for view in views]
    assert torch.equal(clips[0], clips[1]) and torch.equal(views[0].of_boxes(boxes), views[1].of_boxes(boxes))
    assert not torch.equal(clips[0], clips[2])


def test_short_side_has_a_uniform_inverse() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.tensor([draw_short_side((256, 320), generator) for _ in range(4000)]).double()
    assert drawn.min() == 256 and drawn.max() == 320
    assert abs((1 / drawn).mean().item() - (1 / 256 + 1 / 320) / 2) < 1e-5


def test_a_short_side_that_is_uniform_itself() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.tensor([draw_short_side((256, 340), generator, inverse=False) for _ in range(4000)]).double()
    assert (drawn.min(), drawn.max()) == (256, 340)
    assert abs(drawn.mean().item() - 298) < 1.5 and abs(drawn.std().item() - 84 / 12**0.5) < 1


def test_nothing_is_mirrored_where_sides_mean_something() -> None:
    clip = torch.arange(40, dtype=torch.uint8).view(1, 1, 40, 1).expand(1, 30, 40, 3)
    falling = {True: 0, False: 0}
    for seed in range(40):
        for mirrored in falling:
            generator = torch.Generator().manual_seed(seed)
            view = random_view(clip, (30, 40), 30, generator, mirrored=mirrored).of_clip(clip)
            falling[mirrored] += int(view[0, 0, 0, 0] > view[0, 0, 0, -1])
    assert falling[False] == 0 and 10 < falling[True] < 30


def test_mirroring_keeps_a_box_on_its_pixels() -> None:
    clip, boxes = _marked(20, 30, (4, 5, 10, 12))
    plain, mirrored = (View(20, 30, 0, 6, 20, mirrored) for mirrored in (False, True))
    assert torch.equal(mirrored.of_clip(clip), plain.of_clip(clip).flip(-1))
    assert plain.of_boxes(boxes).tolist() == [[0.0, 5.0, 4.0, 12.0]]
    assert mirrored.of_boxes(boxes).tolist() == [[15.0, 5.0, 19.0, 12.0]]  # x becomes 19 - x


def test_right_size_is_not_touched() -> None:
    clip = torch.randint(0, 255, (2, 32, 32, 3), dtype=torch.uint8)
    assert scale_short_side(clip, 32) is clip
    view = fixed_view(clip, 32, 32).of_clip(clip)
    assert torch.allclose(view, (clip.permute(3, 0, 1, 2) / 255 - 0.45) / 0.225, atol=1e-5)


def test_a_crop_that_does_not_fit() -> None:
    clip = torch.zeros(1, 20, 30, 3, dtype=torch.uint8)
    with pytest.raises(ValueError, match="crop of 33"):
        fixed_view(clip, 32, 33)
    with pytest.raises(ValueError, match="crop of 33"):
        random_view(clip, (32, 32), 33, torch.Generator())


def test_long_side_is_rounded_down() -> None:
    clip = torch.zeros(1, 37, 100, 3, dtype=torch.uint8)
    assert scale_short_side(clip, 16).shape == (1, 16, 43, 3)
    assert scale_short_side(clip.transpose(1, 2), 16).shape == (1, 43, 16, 3)


def test_places_of_a_fixed_view() -> None:
    clip = torch.arange(60, dtype=torch.uint8).view(1, 1, 60, 1).expand(1, 20, 60, 3)
    for place, left in ((0, 0), (1, 20), (2, 40)):
        view = fixed_view(clip, 20, 20, place).of_clip(clip)
        assert torch.equal(view, normalise(clip[:, :, left : left + 20]))
        tall = clip.transpose(1, 2)
        assert torch.equal(fixed_view(tall, 20, 20, place).of_clip(tall), view.transpose(2, 3))
