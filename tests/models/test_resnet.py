from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from longvideo.errors import UserError
from longvideo.models.build import build_stream
from longvideo.models.pretrained import load_backbone
from longvideo.models.resnet import ARCHITECTURES, ResNet


def on_meta(name: str) -> ResNet:
    with torch.device("meta"):
        return ResNet(ARCHITECTURES[name])


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def settle(model: nn.Module) -> None:
    """Give batch norms statistics and scales that are not those of a new one, and evaluate."""
    for module in model.eval().modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.bias, -0.1, 0.1)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet152"])
def test_classifiers_have_the_parameters_of_torchvision(name: str) -> None:
    with torch.device("meta"):
        assert parameters(build_stream(name, 3, 1000)) == parameters(getattr(models, name)())


@pytest.mark.parametrize("theirs", [models.resnet18, models.resnet50])
def test_torchvisions_weights_give_torchvisions_scores(theirs: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(0)
    expected = theirs()
    settle(expected)
    # As files of old versions of torch are, which lack the counters of batch norms.
    state = {name: value for name, value in expected.state_dict().items() if "num_batches_tracked" not in name}
    save_file(state, tmp_path / "weights.safetensors")
    stream = build_stream(theirs.__name__, 3, 1000).eval()
    load_backbone(stream.backbone, tmp_path / "weights.safetensors", from_images=True)
    stream.classifier.load_state_dict(expected.fc.state_dict())
    frames = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(stream(frames[:, None]), expected(frames), rtol=1e-4, atol=1e-5)


def test_a_fresh_stem_takes_motion_vectors_and_an_averaged_one_keeps_the_answer_to_grey(tmp_path: Path) -> None:
    torch.manual_seed(0)
    colour, motion, flow = (ResNet(ARCHITECTURES["resnet18"], inputs) for inputs in (3, 2, 10))
    settle(colour)
    path = tmp_path / "weights.safetensors"
    save_file(colour.state_dict(), path)
    new = motion.conv1.weight.clone()
    load_backbone(motion, path, stem="fresh")
    assert torch.equal(motion.conv1.weight, new)
    assert torch.equal(motion.res5.blocks[1].conv2.weight, colour.res5.blocks[1].conv2.weight)
    load_backbone(flow, path, stem="averaged")
    grey = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        # Ten times the mean over the colours, instead of three times.
        expected = colour(grey.expand(-1, 3, -1, -1))
        torch.testing.assert_close(flow.eval()(0.3 * grey.expand(-1, 10, -1, -1)), expected, rtol=1e-3, atol=1e-4)
    with pytest.raises(UserError, match=r"1 of another shape, first 'conv1.weight'"):
        load_backbone(ResNet(ARCHITECTURES["resnet18"], 2), path)


def test_weights_of_another_activation_order_are_refused(tmp_path: Path) -> None:
    save_file(models.resnet18().state_dict(), tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match=r"missing, first 'norm5\.weight'"):
        load_backbone(ResNet(ARCHITECTURES["resnet18_v2"]), tmp_path / "weights.safetensors", from_images=True)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_feature_shape_is_what_the_attributes_say(name: str) -> None:
    backbone = on_meta(name)
    features = backbone(torch.empty(2, 3, 128, 64, device="meta"))
    assert features.shape == (2, backbone.channels, 128 // backbone.stride, 64 // backbone.stride)


@pytest.mark.parametrize("bottleneck", [False, True])
def test_a_pre_activation_network_whose_branches_are_zero_is_its_stem(bottleneck: bool) -> None:
    # The path through all blocks is an identity, with no activation on it but the last.
    small = replace(ARCHITECTURES["resnet_smoke"], bottleneck=bottleneck, depths=(2, 1, 1, 1), strides=(1, 1, 1, 1))
    small = replace(small, pre_activation=True, widths=(4, 4, 4, 4), stem_width=16 if bottleneck else 4)
    torch.manual_seed(0)
    network = ResNet(small).eval()
    for name, parameter in network.named_parameters():
        if name.startswith("res"):
            nn.init.zeros_(parameter)
    frames = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        assert network.norm5 is not None
        expected = network.norm5(network.norm1(network.conv1(frames)).relu())
        torch.testing.assert_close(network(frames), expected)


def test_both_places_of_the_stride_halve_the_same_stages_at_different_cost() -> None:
    first, second = (on_meta(name).res3.blocks[0] for name in ("resnet50_v1", "resnet50"))
    assert [first.get_submodule(f"conv{i}").stride for i in (1, 2, 3)] == [(2, 2), (1, 1), (1, 1)]
    assert [second.get_submodule(f"conv{i}").stride for i in (1, 2, 3)] == [(1, 1), (2, 2), (1, 1)]


@pytest.mark.parametrize(("name", "low", "high"), [("resnet_mini", 200e3, 300e3), ("resnet_mini_light", 100e3, 150e3)])
def test_the_mini_networks_are_small_enough_for_one_core(name: str, low: float, high: float) -> None:
    assert low < parameters(on_meta(name)) < high
