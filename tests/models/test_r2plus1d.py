import pytest
import torch
from torch import nn

from longvideo.errors import UserError
from longvideo.models.r2plus1d import ARCHITECTURES, Bottleneck, R2Plus1D


def test_feature_shape_is_what_the_attributes_say() -> None:
    for numbers in ARCHITECTURES.values():
        with torch.device("meta"):
            network = R2Plus1D(numbers)
            features = network(torch.empty(2, 3, 16, 128, 64))
        size = (16 // network.temporal_stride, 128 // network.stride, 64 // network.stride)
        assert features.shape == (2, network.channels, *size)


def test_a_block_sees_three_frames_and_then_three_pixels() -> None:
    torch.manual_seed(0)
    block = Bottleneck((4, 4, 4), 3, 1, 1, nn.BatchNorm3d).eval()
    clip = torch.rand(1, 4, 7, 7, 7)
    touched = clip.clone()
    touched[:, :, 3, 3, 3] += 1
    for layer, extents in ((block.conv2_time, (3, 1, 1)), (block.conv2_space, (1, 3, 3)), (block, (3, 3, 3))):
        places = (layer(clip) != layer(touched)).any(dim=1)[0].nonzero()
        assert tuple((places.amax(0) - places.amin(0) + 1).tolist()) == extents


def test_an_empty_clip_is_refused() -> None:
    with pytest.raises(UserError, match="at least 1 frame"):
        R2Plus1D(ARCHITECTURES["r2plus1d_smoke"])(torch.rand(1, 3, 0, 32, 32))
