"""The names of tensors in public checkpoints, and what they are called here.

A `Source` knows its files by one name, turns names into those of `ClipClassifier` or `ActionModel`, rule after rule,
and lists what its files lack or hold for no use. A name that no rule knows stays as it is, and is then refused.

- torchvision's 2D ResNets and BN-Inception (as Caffe and TSN name it) have a table of their own, `IMAGE_NAMES`, for
  whoever says that a file holds a network of images.
- PySlowFast's .pyth files ("s2.pathway0_res0.branch2.a.weight"), also those for detection.
- PyTorchVideo's .pyth files ("blocks.1.res_blocks.0.branch2.conv_a.weight"): the only public R(2+1)D-50.
- Caffe2's blobs ("res2_0_branch2a_w"): the release of long-term feature banks, of non-local networks, and PySlowFast's
  .pkl files. Those are pickles, which can run code and are not read; where you trust one, convert it:

      blobs = pickle.load(open("model.pkl", "rb"), encoding="latin1")
      blobs = blobs.get("blobs", blobs)
      save_file({name: value for name, value in blobs.items() if hasattr(value, "shape")}, "model.safetensors")

  with `save_file` of `safetensors.numpy`.
- torchvision's `r3d_18` and `r2plus1d_18`, for `R3D`.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from longvideo.errors import UserError

Rule = tuple[str, str | Callable[[re.Match[str]], str]]
State = dict[str, Tensor]

# From public names to ours: torchvision's ResNets, then BN-Inception.
IMAGE_NAMES: tuple[Rule, ...] = (
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


class Source(NamedTuple):
    """A kind of public checkpoint.

    Attributes:
        known_by: Pattern of a name that its files have and no others.
        rules: Patterns and what replaces them, one after the other.
        unused: Pattern of names, as in the file, that hold nothing for a model.
    """

    known_by: str
    rules: tuple[Rule, ...]
    unused: str = r"^$"


def _letter(before: str, after: str = "") -> Callable[[re.Match[str]], str]:
    """Name the layer whose letter, a, b or c, is the last group: "conv" gives conv1, conv2 or conv3."""
    return lambda match: f".{before}{'abc'.index(match[match.re.groups]) + 1}{after}"


def _joins(offset: int) -> Callable[[re.Match[str]], str]:
    """Name the connection into the stage after the one whose number is the first group."""
    return lambda match: f"backbone.joins.res{int(match[1]) + offset}"


# Pathways are "~0" and "~1" until it is known whether there are two.
PYSLOWFAST = Source(
    r"^s1\.pathway0_stem\.conv\.weight$",
    (
        (r"^head\.projection\.", "classifier."),
        (r"^s(\d)_fuse", _joins(1)),
        (r"\.conv_f2s\.", ".0."),
        (r"(joins\.res\d)\.bn\.", r"\1.1."),
        (r"^s1\.pathway(\d)_stem\.conv\.", r"backbone.~\1.conv1."),
        (r"^s1\.pathway(\d)_stem\.bn\.", r"backbone.~\1.norm1."),
        (r"^s(\d)\.pathway(\d)_res(\d+)\.", r"backbone.~\2.res\1.blocks.\3."),
        (r"^s(\d)\.pathway(\d)_nonlocal(\d+)\.", r"backbone.~\2.res\1.non_local.\3."),
        (r"(\.non_local\.\d+)\.conv_", r"\1."),
        (r"(\.non_local\.\d+)\.bn\.", r"\1.norm."),
        (r"\.branch1\.", ".shortcut.0."),
        (r"\.branch1_bn\.", ".shortcut.1."),
        (r"\.branch2\.([abc])_bn\b", _letter("norm")),
        (r"\.branch2\.([abc])\b", _letter("conv")),
    ),
)

CAFFE2 = Source(
    r"^conv1_w$",
    (
        (r"^pred_", "classifier_"),
        (r"^lfb_1x1_", "operator.reduce_bank_"),
        (r"^\w+_fbonl_reduc_", "operator.reduce_short_"),
        (r"^lfb_nl(\d)_(theta|phi|g|out)_", r"operator.layers.\1.\2_"),
        (r"^t_pool1_subsample", "backbone.joins.res2"),
        (r"^t_res(\d)_\d+_branch2c_bn_subsample", _joins(1)),
        (r"^(backbone\.joins\.res\d)_bn_", r"\1.1_"),
        (r"^(backbone\.joins\.res\d)_", r"\1.0_"),
        (r"^nonlocal_conv(\d)_(\d+)_bn_", r"backbone.~0.res\1.non_local.\2.norm_"),
        (r"^nonlocal_conv(\d)_(\d+)_", r"backbone.~0.res\1.non_local.\2."),
        (r"^t_(?=conv1|res)", "backbone.~1."),
        (r"^(?=conv1|res)", "backbone.~0."),
        (r"\.res_conv1_bn_", ".norm1_"),
        (r"\.res(\d)_(\d+)_", r".res\1.blocks.\2."),
        (r"\.branch1_bn_", ".shortcut.1_"),
        (r"\.branch1_", ".shortcut.0_"),
        (r"\.branch2([abc])_bn_", _letter("norm", "_")),
        (r"\.branch2([abc])_", _letter("conv", "_")),
        (r"_rm$", ".running_mean"),
        (r"_riv$", ".running_var"),  # a variance in spite of its name
        (r"_s$", ".scale"),
        (r"_w$", ".weight"),
        (r"_b$", ".bias"),
    ),
    unused=r"_momentum$|^lr$|^model_iter$|^epoch$",
)

PYTORCHVIDEO = Source(
    r"^blocks\.0\.(multipathway_blocks\.0\.)?conv\.weight$",
    (
        (r"^blocks\.\d\.proj\.", "classifier."),
        (r"^blocks\.(\d)\.multipathway_fusion\.conv_fast_to_slow", lambda m: f"backbone.joins.res{int(m[1]) + 2}.0"),
        (r"^blocks\.(\d)\.multipathway_fusion\.norm", lambda match: f"backbone.joins.res{int(match[1]) + 2}.1"),
        (r"^blocks\.(\d)\.multipathway_blocks\.(\d)\.", r"blocks.\1.~\2."),
        (r"^blocks\.(\d)\.(?!~)", r"blocks.\1.~0."),
        (r"^blocks\.0\.(~\d)\.conv\.", r"backbone.\1.conv1."),
        (r"^blocks\.0\.(~\d)\.norm\.", r"backbone.\1.norm1."),
        (r"^blocks\.(\d)\.(~\d)\.res_blocks\.(\d+)\.", lambda m: f"backbone.{m[2]}.res{int(m[1]) + 1}.blocks.{m[3]}."),
        (r"\.branch1_conv\.", ".shortcut.0."),
        (r"\.branch1_norm\.", ".shortcut.1."),
        (r"\.branch2\.conv_b\.conv_t\.", ".conv2_time."),
        (r"\.branch2\.conv_b\.norm\.", ".norm2_time."),
        (r"\.branch2\.conv_b\.conv_xy\.", ".conv2_space."),
        (r"\.branch2\.conv_([abc])\b", _letter("conv")),
        (r"\.branch2\.norm_([abc])\b", _letter("norm")),
    ),
)

R3D_BLOCKS: tuple[Rule, ...] = (
    (r"^fc\.", "classifier."),
    (r"^layer(\d)\.(\d)\.", lambda match: f"blocks.{2 * int(match[1]) - 2 + int(match[2])}."),
    (r"\.conv(\d)\.1\.", r".norm\1."),
    (r"\.conv(\d)\.0\.", r".conv\1."),
    (r"\.downsample\.", ".shortcut."),
)
TORCHVISION_R3D = Source(r"^stem\.0\.weight$", ((r"^stem\.0\.", "conv1."), (r"^stem\.1\.", "norm1."), *R3D_BLOCKS))
TORCHVISION_R2PLUS1D = Source(
    r"^stem\.3\.weight$", ((r"^stem\.4\.", "norm1."), (r"^stem\.(\d)\.", r"conv1.\1."), *R3D_BLOCKS)
)

SOURCES = (PYSLOWFAST, CAFFE2, PYTORCHVIDEO, TORCHVISION_R2PLUS1D, TORCHVISION_R3D)  # the first that knows a file


def renamed(name: str, rules: tuple[Rule, ...]) -> str:
    """Apply rules to a name, one after the other."""
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def to_our_names(state: State) -> tuple[State, bool]:
    """Give the tensors of a public checkpoint of a 3D network the names that they have here.

    Returns:
        The tensors, and whether the names were those of such a checkpoint; others stay as they are.

    Raises:
        UserError: Two tensors get the same name.
    """
    source = next((source for source in SOURCES if any(re.search(source.known_by, name) for name in state)), None)
    if source is None:
        return state, False
    pairs = [
        (renamed(name, source.rules), value) for name, value in state.items() if not re.search(source.unused, name)
    ]
    rules = _rules_for({name for name, _ in pairs})
    ours: State = {}
    for name, value in pairs:
        name = renamed(name, rules)
        if name in ours:
            raise UserError(f"expected a file with one tensor for '{name}', found two")
        # Caffe2's linear layers are convolutions.
        linear = name.startswith(("classifier.", "operator.")) and value.ndim > 2
        ours[name] = value.flatten(1) if linear else value
    return ours, True


def _rules_for(names: set[str]) -> tuple[Rule, ...]:
    """Return the rules that depend on what else is in the file."""
    rules: list[Rule] = [(r"~0\.", "")]
    if any("~1." in name for name in names):
        rules = [(r"~0\.", "slow."), (r"~1\.", "fast.")]
    if any(".res6." in name for name in names):  # PyTorchVideo's I3D, whose third block is pool2
        rules.append((r"\.res([456])\.", lambda match: f".res{int(match[1]) - 1}."))
    if any(".conv2_space." in name for name in names):
        rules.append((r"\.norm2\.", ".norm2_space."))
    if any(name.endswith(".running_var") for name in names):
        rules.append((r"\.scale$", ".weight"))
    return tuple(rules)
