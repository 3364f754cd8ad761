from dataclasses import replace

import pytest
import torch
from torch import nn

from longvideo.errors import UserError
from longvideo.models.i3d import ARCHITECTURES, I3D

SMOKE = ARCHITECTURES["i3d_nl_smoke"]


def on_meta(name: str) -> I3D:
    with torch.device("meta"):
        return I3D(ARCHITECTURES[name])


@pytest.mark.parametrize(("name", "parameters"), [("r50_i3d_nl", 34_521_024), ("r101_i3d_nl", 58_179_520)])
def test_parameters_of_the_released_networks_without_affine_maps(name: str, parameters: int) -> None:
    assert sum(parameter.numel() for parameter in on_meta(name).parameters()) == parameters


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_feature_shape_is_what_the_attributes_say(name: str) -> None:
    backbone = on_meta(name)
    features = backbone(torch.empty(2, 3, 32, 128, 64, device="meta"))
    steps, height, width = 32 // backbone.temporal_stride, 128 // backbone.stride, 64 // backbone.stride
    assert features.shape == (2, backbone.channels, steps, height, width)


def test_r50_maps_32_frames_to_2048_x_16_at_a_sixteenth() -> None:
    assert on_meta("r50_i3d_nl")(torch.empty(1, 3, 32, 224, 256, device="meta")).shape == (1, 2048, 16, 14, 16)


@pytest.mark.parametrize("depth", ["r50", "r101"])
def test_before_its_strides_are_removed_the_network_has_the_same_weights(depth: str) -> None:
    strided, kept = on_meta(f"{depth}_i3d_nl_strided"), on_meta(f"{depth}_i3d_nl")
    shapes = [{name: value.shape for name, value in network.named_parameters()} for network in (strided, kept)]
    assert {name: shape for name, shape in shapes[0].items() if name in shapes[1]} == shapes[1]
    assert all("norm" in name or ".shortcut.1." in name for name in shapes[0].keys() - shapes[1].keys())
    clip = torch.empty(1, 3, 32, 224, 224, device="meta")
    assert strided(clip).shape == (1, 2048, 4, 7, 7)
    assert kept(clip).shape == (1, 2048, 16, 14, 14)


def test_the_mini_network_is_small_enough_for_one_core() -> None:
    assert sum(parameter.numel() for parameter in on_meta("i3d_nl_mini").parameters()) < 100_000


def test_dilation_keeps_the_size_and_widens_the_view() -> None:
    clip = torch.rand(1, 3, 4, 160, 160)
    touched = clip.clone()
    touched[..., 0, 0] += 1
    reach = []
    for dilation in (1, 2):
        torch.manual_seed(0)
        # Without the non-local block, which sees everything.
        backbone = I3D(replace(SMOKE, res5_dilation=dilation, non_local=((), (), (), ()), norm="frozen"))
        changed = (backbone(clip) != backbone(touched)).any(dim=(0, 1, 2))[0]
        assert changed.shape == (160 // backbone.stride,)
        reach.append(int(changed.sum()))
    assert reach[1] == reach[0] + 1


def test_clips_that_do_not_divide_into_groups_are_refused() -> None:
    with pytest.raises(UserError, match="multiple of 8 frames, found 12 frames"):
        on_meta("r50_i3d_nl")(torch.empty(1, 3, 12, 64, 64, device="meta"))


def test_frozen_affine_maps_are_applied_and_never_trained() -> None:
    backbone = I3D(replace(SMOKE, norm="frozen"))
    clip = torch.rand(1, 3, 2, 32, 32)
    before = backbone(clip)
    backbone.norm1.scale.mul_(2)
    assert not torch.equal(before, backbone(clip))
    assert not [name for name, _ in backbone.named_parameters() if "norm" in name and name.endswith(("scale", "bias"))]


@pytest.mark.parametrize("norm", ["frozen", "batch"])
def test_every_parameter_is_trained_once_the_non_local_block_has_opened(norm: str) -> None:
    torch.manual_seed(0)
    backbone = I3D(replace(SMOKE, norm=norm, non_local=((), (0,), (0,), ())))
    optimizer = torch.optim.SGD(backbone.parameters(), lr=0.1)
    clips = torch.rand(4, 3, 4, 32, 32)
    for _ in range(3):
        optimizer.zero_grad()
        backbone(clips).square().mean().backward()
        optimizer.step()
    # The softmax does not depend on phi's bias, and batch norm removes the output layer's, up to rounding.
    dead = {f"{stage}.non_local.0.phi.bias" for stage in ("res3", "res4")}
    if norm == "batch":
        dead |= {f"{stage}.non_local.0.out.bias" for stage in ("res3", "res4")}
    silent = {name for name, value in backbone.named_parameters() if not value.grad.abs().max() > 0}
    assert silent <= dead


def test_the_seed_decides_the_weights() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return nn.utils.parameters_to_vector(I3D(SMOKE).parameters())

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
