from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from longvideo.errors import UserError
from longvideo.models.bn_inception import ARCHITECTURES, BNInception
from longvideo.models.build import build_stream
from longvideo.models.pretrained import load_backbone

# The places of the branches in our module, by the public names of BN-Inception's layers.
PUBLIC = {"one": "1x1", "three.0": "3x3_reduce", "three.1": "3x3", "projection": "pool_proj"}
PUBLIC |= {"deep.0": "double_3x3_reduce", "deep.1": "double_3x3_1", "deep.2": "double_3x3_2"}
STEM = {"conv1": "conv1_7x7_s2", "conv2.0": "conv2_3x3_reduce", "conv2.1": "conv2_3x3"}


def on_meta(name: str, inputs: int = 10) -> BNInception:
    with torch.device("meta"):
        return BNInception(ARCHITECTURES[name], inputs)


def test_parameters_of_the_released_network_of_colour_images() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in build_stream("bn_inception", 3, 1000).parameters()) == 11_295_240


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_feature_shape_is_what_the_attributes_say(name: str) -> None:
    backbone = on_meta(name)
    features = backbone(torch.empty(2, 10, 128, 64, device="meta"))
    assert features.shape == (2, backbone.channels, 128 // backbone.stride, 64 // backbone.stride)


def test_channels_of_the_modules_are_those_of_the_released_network() -> None:
    backbone, channels = on_meta("bn_inception"), []
    for module in backbone.inception.values():
        module.register_forward_hook(lambda module, inputs, output: channels.append(output.shape[1]))
    backbone(torch.empty(1, 10, 224, 224, device="meta"))
    assert channels == [256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024]


def public_name(name: str) -> str:
    layer, kind, value = name.rsplit(".", 2)
    if layer.startswith("inception."):
        _, module, branch = layer.split(".", 2)
        layer = f"inception_{module}_{PUBLIC[branch]}"
    else:
        layer = STEM[layer]
    return f"{layer}{'_bn' if kind == 'norm' else ''}.{value}"


def test_weights_with_public_names_come_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    source, target = (BNInception(ARCHITECTURES["bn_inception_mini"], inputs) for inputs in (3, 10))
    for module in source.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean)
    state = {name: value for name, value in source.state_dict().items() if "num_batches_tracked" not in name}
    # The public file's batch norms have an idle first axis.
    public = {public_name(name): value[None] if ".norm." in name else value for name, value in state.items()}
    assert len(public) == len(state)
    save_file(public | {"last_linear.weight": torch.zeros(2, 2)}, tmp_path / "weights.safetensors")
    load_backbone(target, tmp_path / "weights.safetensors", from_images=True, stem="averaged")
    loaded = target.state_dict()
    kernel = "conv1.conv.weight"
    assert all(torch.equal(loaded[name], value) for name, value in state.items() if name != kernel)
    torch.testing.assert_close(loaded[kernel], state[kernel].mean(1, keepdim=True).expand(-1, 10, -1, -1))


def test_sides_that_the_branches_would_halve_differently_are_refused() -> None:
    with pytest.raises(UserError, match="sides of a multiple of 32, found 64x100"):
        on_meta("bn_inception")(torch.empty(1, 10, 100, 64, device="meta"))
