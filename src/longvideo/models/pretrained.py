"""A user's pre-trained weights into a model: of 3D networks, or of images, for I3D through inflation.

Files are safetensors, or torch files read with `weights_only`. They hold tensors by the names that they have here
("res2.blocks.0.conv1.weight", with or without the prefix "backbone."), those of public 3D networks, which are
recognised, or those of networks of images; `public_names.py` lists them. Where the model has frozen affine maps, batch
norms of the file are folded into them. Nothing is loaded unless everything fits.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.public_names import IMAGE_NAMES, renamed, to_our_names

BATCH_NORM_EPS = 1e-5
TORCH_FILES = (".pt", ".pth", ".pyth")
STATES = ("state_dict", "model_state")  # what public files call their tensors among other things
PREFIX = "backbone."
HEADS = ("classifier.", "operator.", "data_bn.")
# A counter of batch norms that files of old versions of torch, and of Caffe2, lack.
MISSING_IN_PUBLIC_WEIGHTS = (".num_batches_tracked",)
MISSING_IN_IMAGE_WEIGHTS = (".non_local.", ".num_batches_tracked")
STEM = "conv1."
IMAGE_CLASSIFIERS = ("fc.", "last_linear.")
Stem = Literal["same", "fresh", "averaged"]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors, .pt, .pth or .pyth file without running any code in it.

    Raises:
        UserError: The file is missing, of another kind, unreadable or holds something else.
    """
    if not path.is_file():
        raise UserError(f"expected a file of weights at {path}, found none: name an existing file")
    try:
        if path.suffix == ".safetensors":
            state: Any = load_file(path)
        elif path.suffix in TORCH_FILES:
            state = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise UserError(
                f"expected weights in a .safetensors, .pt, .pth or .pyth file, found {path.name}: save its tensors as"
                " .safetensors where you trust it (for Caffe2's .pkl, models/public_names.py says how)"
            )
    except UserError:
        raise
    except Exception as error:  # whatever a damaged file makes the readers raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"cannot read the weights in {path}: {reason}") from error
    for name in STATES:
        if isinstance(state, dict) and isinstance(state.get(name), dict):
            state = state[name]
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
    """Load weights into a backbone; it is unchanged if they do not fit. Classifiers in the file are dropped.

    Torchvision's ResNets fit the architectures `resnet18`, `resnet50` and `resnet152`. They have the shapes of
    `resnet50_v1` and `resnet152_v1` too, which need weights trained with their strides; no check can tell.

    Args:
        backbone: An `I3D`, `SlowFast`, `R2Plus1D`, `ResNet` or `BNInception`.
        path: The file of weights.
        from_images: The file is a network of images with public names: its kernels are inflated for an I3D, and
            non-local blocks, which it lacks, stay new.
        stem: What becomes of the kernel of conv1 where the input is not a colour image: "fresh" leaves it new, as the
            release of CoViAR does for motion vectors; "averaged" repeats the mean over the colours, as TSN does for
            optical flow.

    Raises:
        UserError: The file cannot be read, or a tensor is missing, unexpected or of another shape.
    """
    state, public = to_our_names(read_weights(path))
    if any(name.startswith(PREFIX) for name in state):
        state = {name.removeprefix(PREFIX): value for name, value in state.items() if not name.startswith(HEADS)}
    expected = backbone.state_dict()
    lacking: tuple[str, ...] = MISSING_IN_PUBLIC_WEIGHTS if public else ()
    if from_images:
        lacking = MISSING_IN_IMAGE_WEIGHTS
        state = {name: value for name, value in state.items() if not name.startswith(IMAGE_CLASSIFIERS)}
        state = {renamed(name, IMAGE_NAMES): value for name, value in state.items()}
    if any(name.endswith(".scale") for name in expected):
        state = fold_batch_norms(state)
    if from_images:
        state = {name: _fitted(value, expected.get(name)) for name, value in state.items()}
    for name in [name for name in state if name.startswith(STEM) and name in expected and expected[name].ndim > 1]:
        state[name] = _stem(state[name], expected[name], stem)
    _check(expected, state, path, lacking)
    backbone.load_state_dict(state, strict=not lacking)


def load_model(model: nn.Module, path: Path) -> None:
    """Load a public checkpoint, its classifier included, into a whole model; it is unchanged if they do not fit.

    Args:
        model: A `ClipClassifier`, `ActionModel` or `R3D`, with as many classes as the file.
        path: The file of weights.

    Raises:
        UserError: The file cannot be read, or a tensor is missing, unexpected or of another shape.
    """
    state, public = to_our_names(read_weights(path))
    expected = model.state_dict()
    if any(name.endswith(".scale") for name in expected):
        state = fold_batch_norms(state)
    lacking = MISSING_IN_PUBLIC_WEIGHTS if public else ()
    _check(expected, state, path, lacking)
    model.load_state_dict(state, strict=not lacking)


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


def _check(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path, lacking: tuple[str, ...]) -> None:
    """Raise one readable line if the shapes differ, or the names but for those that contain one of `lacking`."""
    missing = [name for name in expected if name not in found and not any(part in name for part in lacking)]
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
