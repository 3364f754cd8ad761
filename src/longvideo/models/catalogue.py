"""Models whose size and cost can be asked for by name, each with inputs of the wanted size, all on the meta device.

`complexity_of` counts them. A name can be a sum: the rows of thesis table 7.2f that count a bank's extractor with the
model are "cnn_r50+lfb_r50_nl_2l" and "cnn_r50+lfb_r50_nl_3l". The two columns of that table are printed in exchanged
order: 1.12 for STO and 2.12 for LFB are the ratios of parameters, 1.00 and 2.00 those of multiply-adds.

The rows of thesis table 4.3 are per frame for 2D networks and CoViAR, whose default here is a group of pictures of 12
frames, and per clip of 16 and 8 frames for C3D and Res3D.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.metrics.complexity import Complexity, measure
from longvideo.models.action_model import ActionModel
from longvideo.models.build import (
    FRAME_BACKBONES,
    OperatorChoice,
    build_action_model,
    build_backbone,
    build_stream,
)
from longvideo.models.c3d import C3D, CLIP
from longvideo.models.clip_catalogue import AVA, KINETICS, clip_models
from longvideo.models.clip_classifier import ClipBackbone
from longvideo.models.coviar import STREAM_CHANNELS, CoViAR
from longvideo.models.feature_bank import NonLocalOperator
from longvideo.models.r3d import R3D
from longvideo.models.sized import Entry, Sized, Sizes

IMAGENET_CLASSES = 1000
UCF_CLASSES = 101
R50_CHANNELS = 2048
LIMITS = {"frames": 4096, "size": 4096, "boxes": 10_000, "slots": 100_000}


class OneClip(nn.Module):
    """An action model called on one clip, whose boxes share one bank: the same logits, also on the meta device.

    `ActionModel.head` brings the boxes of each clip together by the values of `clip_of_box`, and tensors on the meta
    device have none.
    """

    def __init__(self, model: ActionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, clip: Tensor, boxes: Tensor, clip_of_box: Tensor, bank: Tensor | None = None) -> Tensor:
        """Score clip [1, 3, T, H, W] with boxes [N, 4], clip_of_box zeros [N] and bank [1, M, C]: [N, classes]."""
        if self.model.operator.reads == "steps":
            bank = self.model.features(clip, boxes, clip_of_box, per_step=True)
            short = bank.mean(dim=1, keepdim=True)
        else:
            short = self.model.features(clip, boxes, clip_of_box)[None]
        valid = None if bank is None else torch.ones(bank.shape[:2], dtype=torch.bool, device=bank.device)
        read = torch.cat([short, self.model.operator(short, bank, valid)], dim=2)
        return self.model.classifier(self.model.dropout(read.flatten(0, 1)))


def _check(backbone: ClipBackbone, sizes: Sizes) -> None:
    """Raise where a clip of this size does not fit the backbone."""
    for name, value, multiple in (
        ("frames", sizes.frames, backbone.frame_multiple),
        ("size", sizes.size, backbone.stride),
    ):
        if value % multiple:
            raise UserError(f"expected {name} to be a multiple of {multiple} for this model, found {value}")


def _backbone(architecture: str, sizes: Sizes) -> Sized:
    model = build_backbone(architecture)
    _check(model, sizes)
    return Sized(model, (torch.empty(1, 3, sizes.frames, sizes.size, sizes.size),))


def _whole(architecture: str, operator: OperatorChoice, sizes: Sizes) -> Sized:
    model = build_action_model(architecture, operator, AVA)
    _check(model.backbone, sizes)
    clip = torch.empty(1, 3, sizes.frames, sizes.size, sizes.size)
    inputs: tuple[Tensor, ...] = (clip, torch.empty(sizes.boxes, 4), torch.empty(sizes.boxes, dtype=torch.int64))
    if model.operator.reads == "bank":
        inputs += (torch.empty(1, sizes.slots, model.backbone.channels),)
    return Sized(OneClip(model), inputs)


def _operator(layers: int, sizes: Sizes) -> Sized:
    short = torch.empty(1, sizes.boxes, R50_CHANNELS)
    bank = torch.empty(1, sizes.slots, R50_CHANNELS)
    valid = torch.empty(1, sizes.slots, dtype=torch.bool)
    return Sized(NonLocalOperator(R50_CHANNELS, layers=layers), (short, bank, valid))


def _frame_classifier(architecture: str, inputs: int, sizes: Sizes) -> Sized:
    model = build_stream(architecture, inputs, IMAGENET_CLASSES)
    return Sized(model, (torch.empty(1, sizes.frames, inputs, sizes.size, sizes.size),))


def _coviar(streams: dict[str, str], data_bn: bool, sizes: Sizes) -> Sized:
    """Build the streams {name: architecture} for one group of pictures of an I-frame and P-frames."""
    if sizes.frames < 2:
        raise UserError(f"expected frames of at least 2, an I-frame and a P-frame; found {sizes.frames}")
    built, inputs = {}, []
    for stream, architecture in streams.items():
        channels = STREAM_CHANNELS[stream]
        built[stream] = build_stream(architecture, channels, UCF_CLASSES, data_bn and stream != "iframe")
        frames = 1 if stream == "iframe" else sizes.frames - 1
        inputs.append(torch.empty(1, frames, channels, sizes.size, sizes.size))
    return Sized(CoViAR(**built), tuple(inputs))


def _clip_classifier(network: Callable[[], nn.Module], sizes: Sizes) -> Sized:
    return Sized(network(), (torch.empty(1, 3, sizes.frames, sizes.size, sizes.size),))


def _frame_models() -> dict[str, Entry]:
    """List the networks of chapter 4."""
    entries = {}
    for name in FRAME_BACKBONES:
        if name.endswith("smoke"):
            continue
        inputs = STREAM_CHANNELS["flow" if name.startswith("bn_inception") else "iframe"]
        default = Sizes(1, 64 if "mini" in name else 224)
        summary = f"2D network and 1000-way classifier on frames of {inputs} channels"
        entries[name] = Entry(partial(_frame_classifier, name, inputs), default, summary)
    for name, suffix, data_bn in (("coviar", "_v2", False), ("coviar_released", "", True)):
        streams = {"iframe": "resnet152", "motion": "resnet18", "residual": "resnet18"}
        streams = {stream: architecture + suffix for stream, architecture in streams.items()}
        summary = "ResNet-152 on the I-frame, ResNet-18 on motion vectors and residuals of the other frames"
        entries[name] = Entry(partial(_coviar, streams, data_bn), Sizes(12), summary)
    entries["c3d"] = Entry(partial(_clip_classifier, C3D), Sizes(CLIP[1], CLIP[2]), "3D CNN and 487-way classifier")
    entries["res3d"] = Entry(partial(_clip_classifier, R3D), Sizes(8, 112), "3D ResNet-18 and 487-way classifier")
    for name, split, summary in (("r3d_18", False, "3D ResNet-18"), ("r2plus1d_18", True, "R(2+1)D-18")):
        network = partial(R3D, KINETICS, split)
        summary = f"{summary} and {KINETICS}-way classifier"
        entries[name] = Entry(partial(_clip_classifier, network), Sizes(16, 112), summary)
    return entries


def _catalogue() -> dict[str, Entry]:
    entries = {}
    for name, default in (("r50_i3d_nl", Sizes()), ("r101_i3d_nl", Sizes()), ("i3d_nl_mini", Sizes(8, 64))):
        entries[name] = Entry(partial(_backbone, name), default, "backbone")
    for layers in (1, 2, 3):
        entries[f"fbo_nl_{layers}l"] = Entry(
            partial(_operator, layers), Sizes(), f"{layers}-layer NL feature bank operator alone, which sees no clip"
        )
    for depth in ("r50", "r101"):
        whole = {f"cnn_{depth}": OperatorChoice("none"), f"sto_{depth}": OperatorChoice("sto")}
        whole |= {f"lfb_{depth}_nl_{layers}l": OperatorChoice("nl", layers) for layers in (1, 2, 3)}
        whole |= {f"lfb_{depth}_{kind}": OperatorChoice(kind) for kind in ("avg", "max")}
        for name, operator in whole.items():
            entries[name] = Entry(
                partial(_whole, f"{depth}_i3d_nl", operator),
                Sizes(),
                "backbone, RoI head, operator and 80-way classifier; a bank's extractor is not counted",
            )
    return entries | clip_models() | _frame_models()


CATALOGUE = _catalogue()


def find(name: str) -> Entry:
    """Return the entry of a name; case and the choice of '-' or '_' do not matter.

    Raises:
        UserError: The name is not known.
    """
    entry = CATALOGUE.get(name.strip().lower().replace("-", "_"))
    if entry is None:
        raise UserError(f"expected a model among {', '.join(CATALOGUE)}; found '{name}'")
    return entry


def default_frames(name: str) -> int:
    """Return the frames of the clip at which `complexity_of` counts the model, or sum of models, of a name.

    Raises:
        UserError: A name is not known, or the summed models are counted at different numbers of frames.
    """
    found = {find(part).default.frames for part in name.split("+")}
    if len(found) > 1:
        raise UserError(f"expected models of one number of frames, found {sorted(found)} in '{name}'")
    return found.pop()


def complexity_of(
    name: str,
    frames: int | None = None,
    size: int | None = None,
    boxes: int | None = None,
    slots: int | None = None,
) -> Complexity:
    """Count the model of a name, or the sum of several: "sto_r50", "cnn_r50+lfb_r50_nl_2l".

    Args:
        name: Names of `CATALOGUE`, joined by '+'.
        frames: Frames of the clip; None is the model's default, here and below.
        size: Height and width of the clip in pixels.
        boxes: Boxes in the clip.
        slots: Bank slots, which the boxes share.

    Raises:
        UserError: A name is not known, or a size does not fit the model.
    """
    given = {"frames": frames, "size": size, "boxes": boxes, "slots": slots}
    chosen = {key: value for key, value in given.items() if value is not None}
    for key, value in chosen.items():
        if not 1 <= value <= LIMITS[key]:
            raise UserError(f"expected {key} between 1 and {LIMITS[key]}, found {value}")
    total = Complexity(0, 0)
    for part in name.split("+"):
        entry = find(part)
        with torch.device("meta"):
            total = total.plus(measure(*entry.build(entry.default._replace(**chosen))))
    return total
