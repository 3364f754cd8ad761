import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.video.crops import Crop, cut, draw_crop, five_crops, scale_to


@given(st.integers(40, 90), st.integers(40, 90), st.integers(0, 2**31))
def test_drawn_crops_lie_inside_the_frame_and_are_nearly_square(height: int, width: int, seed: int) -> None:
    scales = (1.0, 0.875, 0.75, 0.66)
    crop = draw_crop(height, width, 33, scales, torch.Generator().manual_seed(seed))
    assert crop.top >= 0 and crop.left >= 0
    assert crop.top + crop.height <= height and crop.left + crop.width <= width
    # A side near the wanted one is that; the others are parts of the short side.
    sides = [int(min(height, width) * scale) for scale in scales]
    sides = [33 if abs(side - 33) < 3 else side for side in sides]
    assert crop.height in sides and crop.width in sides
    assert min(abs(i - j) for i, a in enumerate(sides) if a == crop.height
               for j, b in enumerate(sides) if b == crop.width) <= 1  # fmt: skip


def test_every_pair_of_scales_and_every_place_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    crops = [draw_crop(256, 340, 224, (1.0, 0.875, 0.75), generator) for _ in range(3000)]
    pairs = {(256, 256), (256, 224), (224, 256), (224, 224), (224, 192), (192, 224), (192, 192)}
    assert {(crop.height, crop.width) for crop in crops} == pairs
    lefts = [crop.left for crop in crops if crop.width == 192]
    assert (min(lefts), max(lefts)) == (0, 148)
    assert np.histogram(lefts, bins=4)[0].min() > 0.2 * len(lefts)


def test_five_crops_of_the_resized_frame() -> None:
    assert five_crops(256, 340, 224) == [
        Crop(0, 0, 224, 224),
        Crop(0, 116, 224, 224),
        Crop(32, 0, 224, 224),
        Crop(32, 116, 224, 224),
        Crop(16, 58, 224, 224),
    ]
    with pytest.raises(ValueError, match="does not fit"):
        five_crops(200, 340, 224)


@given(st.integers(1, 3), st.integers(2, 40), st.integers(2, 40), st.integers(2, 40), st.integers(0, 2**31))
@settings(max_examples=40)
def test_scaling_is_opencvs(channels: int, height: int, width: int, size: int, seed: int) -> None:
    frames = np.random.default_rng(seed).integers(0, 256, (2, height, width, channels), np.uint8)
    ours = scale_to(torch.from_numpy(frames), size, size)
    theirs = [cv2.resize(frame, (size, size)).reshape(size, size, channels) for frame in frames]
    assert ours.shape == (2, size, size, channels)
    assert np.abs(ours.numpy().astype(int) - np.stack(theirs)).max() <= 1


def test_a_crop_of_the_right_size_is_not_scaled() -> None:
    frames = torch.randint(0, 256, (2, 20, 30, 2), dtype=torch.uint8)
    assert torch.equal(cut(frames, Crop(3, 5, 16, 16), 16), frames[:, 3:19, 5:21])
