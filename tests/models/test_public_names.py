"""Foreign checkpoints are written here by the rules of their names, not by the rules that read them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.action_model import ActionModel
from longvideo.models.build import build_backbone, build_clip_classifier
from longvideo.models.feature_bank import NonLocalOperator
from longvideo.models.i3d import ARCHITECTURES, I3D
from longvideo.models.pretrained import load_backbone, load_model
from longvideo.models.roi_head import RoIHead

CLASSES = 5
STAGES = {"conv1": 1, "norm1": 1, "res2": 2, "res3": 3, "res4": 4, "res5": 5}
BLOBS = {"weight": "w", "bias": "b", "running_mean": "rm", "running_var": "riv", "scale": "s"}


def pyslowfast(name: str) -> str:
    """Our name of a tensor, as PySlowFast calls it."""
    if name.startswith("classifier."):
        return name.replace("classifier", "head.projection")
    parts = name.removeprefix("backbone.").split(".")
    if parts[0] == "joins":
        return f"s{STAGES[parts[1]] - 1}_fuse.{('conv_f2s', 'bn')[int(parts[2])]}.{parts[3]}"
    pathway = int(parts[0] == "fast")
    parts = parts[1:] if parts[0] in ("slow", "fast") else parts
    stage, kind, last = STAGES[parts[0]], parts[1], parts[-1]
    if stage == 1:
        return f"s1.pathway{pathway}_stem.{'conv' if parts[0] == 'conv1' else 'bn'}.{last}"
    if kind == "non_local":
        return (
            f"s{stage}.pathway{pathway}_nonlocal{parts[2]}.{'bn' if parts[3] == 'norm' else f'conv_{parts[3]}'}.{last}"
        )
    if parts[3] == "shortcut":
        return f"s{stage}.pathway{pathway}_res{parts[2]}.{('branch1', 'branch1_bn')[int(parts[4])]}.{last}"
    letter = "abc"[int(parts[3][-1]) - 1]
    return f"s{stage}.pathway{pathway}_res{parts[2]}.branch2.{letter}{'_bn' if 'norm' in parts[3] else ''}.{last}"


def caffe2(name: str) -> str:
    """The same, as Caffe2's blobs are called; a batch norm's scale is "s" where its bias is "b"."""
    norm = re.search(r"norm|shortcut\.1|joins\.\w+\.1", name)
    last = "s" if norm and name.endswith(".weight") else BLOBS[name.split(".")[-1]]
    operator = {"reduce_short": "box_pooled_fbonl_reduc", "reduce_bank": "lfb_1x1"}
    if name.startswith("operator."):
        parts = name.split(".")
        return f"{operator[parts[1]] if len(parts) == 3 else f'lfb_nl{parts[2]}_{parts[3]}'}_{last}"
    if name.startswith("classifier."):
        return f"pred_{last}"
    parts = name.removeprefix("backbone.").split(".")
    bn = "_bn" if norm else ""
    if parts[0] == "joins":
        source = {
            "res2": "pool1",
            "res3": "res2_0_branch2c_bn",
            "res4": "res3_0_branch2c_bn",
            "res5": "res4_0_branch2c_bn",
        }
        return f"t_{source[parts[1]]}_subsample{bn}_{last}"
    prefix = "t_" if parts[0] == "fast" else ""
    parts = parts[1:] if parts[0] in ("slow", "fast") else parts
    if parts[0] in ("conv1", "norm1"):
        return f"{prefix}{'res_conv1_bn' if bn else 'conv1'}_{last}"
    if parts[1] == "non_local":
        return f"nonlocal_conv{parts[0][-1]}_{parts[2]}_{'bn' if bn else parts[3]}_{last}"
    branch = "branch1" if parts[3] == "shortcut" else f"branch2{'abc'[int(parts[3][-1]) - 1]}"
    return f"{prefix}{parts[0]}_{parts[2]}_{branch}{bn}_{last}"


def pytorchvideo(name: str, pool2: bool) -> str:
    """The same, as PyTorchVideo calls it, where pool2 is a block as well."""
    if name.startswith("classifier."):
        return name.replace("classifier", "blocks.6.proj")
    parts = name.removeprefix("backbone.").split(".")
    if parts[0] in ("conv1", "norm1"):
        return f"blocks.0.{parts[0][:-1]}.{parts[-1]}"
    stage = STAGES[parts[0]] - 1 + (pool2 and STAGES[parts[0]] > 2)
    if parts[3] == "shortcut":
        return f"blocks.{stage}.res_blocks.{parts[2]}.branch1_{('conv', 'norm')[int(parts[4])]}.{parts[-1]}"
    split = {"conv2_time": "conv_b.conv_t", "norm2_time": "conv_b.norm", "conv2_space": "conv_b.conv_xy"}
    layer = split.get(parts[3]) or f"{parts[3][:4]}_{'abc'[int(parts[3][4]) - 1]}"
    return f"blocks.{stage}.res_blocks.{parts[2]}.branch2.{layer}.{parts[-1]}"


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """The tensors of a model, none like those of a new one."""
    torch.manual_seed(0)
    return {name: torch.rand(value.shape).to(value.dtype) for name, value in model.state_dict().items()}


def model_of(architecture: str) -> nn.Module:
    return build_clip_classifier(architecture, CLASSES)


def same(model: nn.Module, state: dict[str, Tensor]) -> bool:
    found = model.state_dict()
    return all(torch.equal(found[name], value) for name, value in state.items() if "num_batches" not in name)


@pytest.mark.parametrize("architecture", ["slow_nl_mini", "slowfast_nl_mini", "i3d_smoke"])
@pytest.mark.parametrize("suffix", [".pyth", ".safetensors"])
def test_pyslowfasts_names(tmp_path: Path, architecture: str, suffix: str) -> None:
    model = model_of(architecture)
    state = state_of(model)
    foreign = {pyslowfast(name): value for name, value in state.items()}
    assert len(foreign) == len(state)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pyth":
        torch.save({"epoch": 3, "model_state": foreign, "optimizer_state": {}, "cfg": "A: 1"}, path)
    else:
        save_file(foreign, path)
    load_model(model, path)
    assert same(model, state)
    backbone = build_backbone(architecture)
    load_backbone(backbone, path)
    assert same(
        nn.ModuleDict({"backbone": backbone}), {name: state[name] for name in state if "classifier" not in name}
    )


def blobs(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A checkpoint of Caffe2: without counters, with momenta, a rate and an iteration."""
    found = {caffe2(name): value for name, value in state.items() if "num_batches" not in name}
    assert len(found) == sum("num_batches" not in name for name in state)
    return found | {"conv1_w_momentum": torch.zeros(1), "lr": torch.tensor(0.1), "model_iter": torch.tensor(7)}


@pytest.mark.parametrize("architecture", ["slow_nl_mini", "slowfast_mini"])
def test_caffe2s_names(tmp_path: Path, architecture: str) -> None:
    model = model_of(architecture)
    state = state_of(model)
    save_file(blobs(state), tmp_path / "weights.safetensors")
    load_model(model, tmp_path / "weights.safetensors")
    assert same(model, state)


def action_model(norm: str) -> ActionModel:
    backbone = I3D(replace(ARCHITECTURES["i3d_nl_smoke"], norm=norm))
    operator = NonLocalOperator(backbone.channels, 8, layers=2)
    return ActionModel(backbone, RoIHead(backbone.stride), operator, CLASSES, dropout=0.0)


def test_the_release_of_feature_banks_fills_a_whole_action_model(tmp_path: Path) -> None:
    model = action_model("frozen")
    state = state_of(model)
    foreign = blobs(state)
    for name in ("lfb_1x1_w", "lfb_nl1_theta_w", "pred_w"):  # convolutions there
        foreign[name] = foreign[name][:, :, None, None, None].clone()
    save_file(foreign, tmp_path / "weights.safetensors")
    load_model(model, tmp_path / "weights.safetensors")
    assert same(model, state)


def test_batch_norms_of_caffe2_fold_into_frozen_maps(tmp_path: Path) -> None:
    trained, frozen = action_model("batch").eval(), action_model("frozen").eval()
    trained.load_state_dict(state_of(trained))
    save_file(blobs(trained.state_dict()), tmp_path / "weights.safetensors")
    load_model(frozen, tmp_path / "weights.safetensors")
    clips, boxes, clip_of_box = torch.rand(1, 3, 4, 32, 32), torch.tensor([[4.0, 4, 20, 24]]), torch.tensor([0])
    features = [model.features(clips, boxes, clip_of_box) for model in (trained, frozen)]
    torch.testing.assert_close(*features, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "pool2"), [("i3d_mini", True), ("slow_mini", False), ("r2plus1d_mini", False)]
)
def test_pytorchvideos_names(tmp_path: Path, architecture: str, pool2: bool) -> None:
    model = model_of(architecture)
    state = state_of(model)
    foreign = {pytorchvideo(name, pool2): value for name, value in state.items()}
    assert len(foreign) == len(state)
    torch.save({"model_state": foreign}, tmp_path / "weights.pyth")
    load_model(model, tmp_path / "weights.pyth")
    assert same(model, state)


def spoilt(change: str, foreign: dict[str, Tensor]) -> None:
    if change == "missing":
        del foreign["s3_fuse.conv_f2s.weight"]
    elif change == "extra":
        foreign["s6.pathway0_stem.weight"] = torch.zeros(1)
    elif change == "shape":
        foreign["head.projection.weight"] = torch.zeros(400, 3)
    else:
        foreign["classifier.weight"] = foreign["head.projection.weight"].clone()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("missing", r"1 missing, first 'backbone\.joins\.res4\.0\.weight'"),
        ("extra", r"1 unexpected, first 's6\.pathway0_stem\.weight'"),
        ("shape", r"'classifier\.weight': expected \(5, 96\), found \(400, 3\)"),
        ("twice", r"expected a file with one tensor for 'classifier\.weight', found two"),
    ],
)
def test_what_does_not_fit_is_named_and_not_loaded(tmp_path: Path, change: str, message: str) -> None:
    model = model_of("slowfast_mini")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    foreign = {pyslowfast(name): value for name, value in state_of(model).items()}
    spoilt(change, foreign)
    save_file(foreign, tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match=message):
        load_model(model, tmp_path / "weights.safetensors")
    assert same(model, before)


def test_a_backbone_needs_no_classifier_but_everything_else(tmp_path: Path) -> None:
    foreign = {pyslowfast(name): value for name, value in state_of(model_of("slowfast_mini")).items()}
    spoilt("extra", foreign)
    save_file(foreign, tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match="1 unexpected, first 's6"):
        load_backbone(build_backbone("slowfast_mini"), tmp_path / "weights.safetensors")


def test_a_pickle_is_not_read_and_the_way_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"")
    with pytest.raises(UserError, match=r"found model\.pkl: save its tensors as \.safetensors where you trust it"):
        load_model(model_of("slow_smoke"), tmp_path / "model.pkl")
