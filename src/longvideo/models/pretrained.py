"""A user's pre-trained weights into a backbone: from Kinetics for I3D-NL, or from images, for I3D through inflation.

Files are safetensors, or torch files read with `weights_only`, holding tensors by the backbone's own names
("res2.blocks.0.conv1.weight"), with or without the prefix "backbone.", or those of networks of images by public names:
torchvision's ResNets ("layer1.0.conv1.weight") and BN-Inception ("inception_3a_1x1.weight", as Caffe and TSN name it).
Where the backbone has frozen affine maps, batch norms of the file are folded into them. Nothing is loaded unless
everything fits.
"""

import re
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from longvideo.errors import UserError

BATCH_NORM_EPS = 1e-5
PREFIX = "backbone."
# Non-local blocks, and a counter of batch norms that files of old versions of torch lack.
MISSING_IN_IMAGE_WEIGHTS = (".non_local.", ".num_batches_tracked")
STEM = "conv1."
IMAGE_CLASSIFIERS = ("fc.", "last_linear.")
Stem = Literal["same", "fresh", "averaged"]

# From public names to ours: torchvision's ResNets, then BN-Inception.
IMAGE_NAMES = (
    (r"^bn(\d)\.", r"norm\1."),
    (r"^layer(\d)\.(\d+)\.", lambda match: f"res{int(match[1]) + 1}.blocks.{match[2]}."),
    (r"\.bn(\d)\.", r".norm\1."),
    (r"\.downsample\.", ".shortcut."),
    (r"^(conv\d_\w+|inception_\w+)_bn\.", r"\1.norm."),
    (r"^(conv\d_\w+|inception_\w+)\.(?=weight|bias)", r"\1.conv."),
    (r"^conv1_7x7_s2\.", "conv1."),
    (r"^conv2_3x3_reduce\.", "conv2.0."),
    (r"^conv2_3x3\.", "conv2.1."),
    (r"^inception_(\w\w)_", r"inception.\1."),
    (r"\.double_3x3_(reduce|\d)\.", lambda match: f".deep.{'r12'.index(match[1][0])}."),
    (r"\.3x3_reduce\.", ".three.0."),
    (r"\.3x3\.", ".three.1."),
    (r"\.1x1\.", ".one."),
    (r"\.pool_proj\.", ".projection."),
)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors, .pt or .pth file without running any code in it.

    Raises:
        UserError: The file is missing, of another kind, unreadable or holds something else.
    """
    if not path.is_file():
        raise UserError(f"expected a file of weights at {path}, found none: name an existing file")
    try:
        if path.suffix == ".safetensors":
            state: Any = load_file(path)
        elif path.suffix in (".pt", ".pth"):
            state = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise UserError(f"expected weights in a .safetensors, .pt or .pth file, found {path.name}: convert it")
    except UserError:
        raise
    except Exception as error:  # whatever a damaged file makes the readers raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"cannot read the weights in {path}: {reason}") from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"expected tensors by name in {path}, found something else: save the model's state_dict()")
    return state


def inflate(weight: Tensor, frames: int) -> Tensor:
    """Make a 2D kernel [O, I, H, W] a 3D one [O, I, frames, H, W]: repeated over time and divided by the frames.

    On a clip of identical frames the 3D kernel then answers, away from the ends, as the 2D one does on the image.

    Source: Carreira and Zisserman 2017.
    """
    return weight[:, :, None].repeat(1, 1, frames, 1, 1) / frames


def fold_batch_norms(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Replace each batch norm's four tensors by the `scale` and `bias` of the affine map that it is in evaluation."""
    folded = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    for name in [name for name in state if name.endswith(".running_var")]:
        layer = name.removesuffix("running_var")
        parts = [folded.pop(layer + part, None) for part in ("weight", "bias", "running_mean", "running_var")]
        if any(part is None for part in parts):
            raise UserError(
                f"expected weight, bias, running_mean and running_var of batch norm '{layer[:-1]}', some lack"
            )
        weight, bias, mean, variance = (part for part in parts if part is not None)
        folded[layer + "scale"] = weight / torch.sqrt(variance + BATCH_NORM_EPS)
        folded[layer + "bias"] = bias - mean * folded[layer + "scale"]
    return folded


def load_backbone(backbone: nn.Module, path: Path, from_images: bool = False, stem: Stem = "same") -> None:
    """Load weights into a backbone; it is unchanged if they do not fit.

    Torchvision's ResNets fit the architectures `resnet18`, `resnet50` and `resnet152`. They have the shapes of
    `resnet50_v1` and `resnet152_v1` too, which need weights trained with their strides; no check can tell.

    Args:
        backbone: An `I3D`, `ResNet` or `BNInception`.
        path: The file of weights.
        from_images: The file is a network of images with public names: its kernels are inflated for an I3D, its
            classifier is dropped, and non-local blocks, which it lacks, stay new.
        stem: What becomes of the kernel of conv1 where the input is not a colour image: "fresh" leaves it new, as the
            release of CoViAR does for motion vectors; "averaged" repeats the mean over the colours, as TSN does for
            optical flow.

    Raises:
        UserError: The file cannot be read, or a tensor is missing, unexpected or of another shape.
    """
    state = read_weights(path)
    if any(name.startswith(PREFIX) for name in state):
        state = {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)}
    expected = backbone.state_dict()
    if from_images:
        state = {_our_name(name): value for name, value in state.items() if not name.startswith(IMAGE_CLASSIFIERS)}
    if any(name.endswith(".scale") for name in expected):
        state = fold_batch_norms(state)
    if from_images:
        state = {name: _fitted(value, expected.get(name)) for name, value in state.items()}
    for name in [name for name in state if name.startswith(STEM) and name in expected and expected[name].ndim > 1]:
        state[name] = _stem(state[name], expected[name], stem)
    _check(expected, state, path, from_images)
    backbone.load_state_dict(state, strict=not from_images)


def _our_name(name: str) -> str:
    for pattern, replacement in IMAGE_NAMES:
        name = re.sub(pattern, replacement, name)
    return name


def _fitted(value: Tensor, expected: Tensor | None) -> Tensor:
    """Inflate a 2D kernel where a 3D one is expected; drop the idle axis of the public BN-Inception's batch norms."""
    if expected is None:
        return value
    if (value.ndim, expected.ndim) == (4, 5):
        return inflate(value, expected.shape[2])
    return value[0] if expected.ndim == 1 and value.shape == (1, *expected.shape) else value


def _stem(value: Tensor, expected: Tensor, stem: Stem) -> Tensor:
    """Return the kernel of conv1 [O, I, H, W] for another number of input channels."""
    if stem == "averaged":
        return value.mean(dim=1, keepdim=True).repeat_interleave(expected.shape[1], dim=1)
    return expected if stem == "fresh" else value


def _check(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path, from_images: bool) -> None:
    """Raise one readable line if the names or shapes differ."""
    missing = [name for name in expected if name not in found]
    if from_images:
        missing = [name for name in missing if not any(part in name for part in MISSING_IN_IMAGE_WEIGHTS)]
    unexpected = [name for name in found if name not in expected]
    problems = [
        f"{len(names)} {what}, first '{names[0]}'"
        for what, names in (("missing", missing), ("unexpected", unexpected))
        if names
    ]
    wrong = [name for name, value in found.items() if name in expected and value.shape != expected[name].shape]
    if wrong:
        shapes = f"expected {tuple(expected[wrong[0]].shape)}, found {tuple(found[wrong[0]].shape)}"
        problems.append(f"{len(wrong)} of another shape, first '{wrong[0]}': {shapes}")
    if problems:
        raise UserError(f"the tensors in {path} do not fit the architecture: {'; '.join(problems)}")
