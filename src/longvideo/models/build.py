"""Names to models: the one place where an architecture or an operator gets its name."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from longvideo.errors import UserError
from longvideo.models import bn_inception, i3d, r2plus1d, resnet, slowfast
from longvideo.models.action_model import ActionModel, Operator
from longvideo.models.bn_inception import BNInception
from longvideo.models.clip_classifier import ClipBackbone, ClipClassifier
from longvideo.models.coviar import FrameBackbone, Stream
from longvideo.models.feature_bank import (
    FAN_IN_GAINS,
    RELEASED_GAINS,
    NonLocalOperator,
    NoOperator,
    PoolOperator,
    ShortTermOperator,
)
from longvideo.models.i3d import I3D
from longvideo.models.norms import Norm
from longvideo.models.r2plus1d import R2Plus1D
from longvideo.models.resnet import ResNet
from longvideo.models.roi_head import RoIHead
from longvideo.models.slowfast import SlowFast


class OperatorValues(Protocol):
    """What a spec of an operator holds; `specs.experiment.OperatorSpec` does."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def layers(self) -> int: ...  # noqa: D102
    @property
    def dim(self) -> int: ...  # noqa: D102
    @property
    def dropout(self) -> float: ...  # noqa: D102
    @property
    def mask_padding(self) -> bool: ...  # noqa: D102
    @property
    def init(self) -> str: ...  # noqa: D102


class OperatorChoice(NamedTuple):
    """`OperatorValues` without a spec, with the values of the thesis."""

    kind: str
    layers: int = 2
    dim: int = 512
    dropout: float = 0.2
    mask_padding: bool = False
    init: str = "released"


BACKBONES: dict[str, Callable[..., ClipBackbone]] = {
    **{name: partial(I3D, numbers) for name, numbers in i3d.ARCHITECTURES.items()},
    **{name: partial(SlowFast, numbers) for name, numbers in slowfast.ARCHITECTURES.items()},
    **{name: partial(R2Plus1D, numbers) for name, numbers in r2plus1d.ARCHITECTURES.items()},
}

FRAME_BACKBONES: dict[str, Callable[[int], FrameBackbone]] = {
    **{name: partial(ResNet, numbers) for name, numbers in resnet.ARCHITECTURES.items()},
    **{name: partial(BNInception, numbers) for name, numbers in bn_inception.ARCHITECTURES.items()},
}


def attention(operator: type[NonLocalOperator], channels: int, values: OperatorValues) -> NonLocalOperator:
    """Build an attention operator of the given sizes."""
    gains = FAN_IN_GAINS if values.init == "fan_in" else RELEASED_GAINS
    sizes = (channels, values.dim, values.layers, values.dropout)
    return operator(*sizes, mask_padding=values.mask_padding, gains=gains)


OPERATORS: dict[str, Callable[[int, OperatorValues], Operator]] = {
    "none": lambda channels, values: NoOperator(),
    "nl": lambda channels, values: attention(NonLocalOperator, channels, values),
    "avg": lambda channels, values: PoolOperator(channels, "avg", values.mask_padding),
    "max": lambda channels, values: PoolOperator(channels, "max", values.mask_padding),
    "sto": lambda channels, values: attention(ShortTermOperator, channels, values),
}


def build_backbone(architecture: str, norm: Norm | None = None) -> ClipBackbone:
    """Build a backbone for clips with new weights, drawn from torch's global generator.

    Args:
        architecture: Its name.
        norm: Makes the normalisation of a number of channels; None: what the architecture says.

    Raises:
        UserError: The name is not known.
    """
    if architecture not in BACKBONES:
        raise UserError(f"expected an architecture among {', '.join(BACKBONES)}; found '{architecture}'")
    return BACKBONES[architecture](norm=norm)


def build_clip_classifier(
    architecture: str, classes: int, dropout: float = 0.5, norm: Norm | None = None
) -> ClipClassifier:
    """Build a classifier of clips with new weights, drawn from torch's global generator.

    Args:
        architecture: Name of the backbone.
        classes: Number of actions.
        dropout: Rate before the classifier.
        norm: Makes the normalisation of a number of channels; None: what the architecture says.

    Raises:
        UserError: The name is not known.
    """
    return ClipClassifier(build_backbone(architecture, norm), classes, dropout)


def build_action_model(
    architecture: str, operator: OperatorValues, classes: int, classifier_dropout: float = 0.3
) -> ActionModel:
    """Build an action model with new weights, drawn from torch's global generator.

    Args:
        architecture: Name of the backbone.
        operator: Kind of the feature bank operator and its sizes.
        classes: Number of actions.
        classifier_dropout: Rate before the classifier.

    Raises:
        UserError: A name is not known, or the operator needs the time steps of a backbone that has no single ones.
    """
    if operator.kind not in OPERATORS:
        raise UserError(f"expected an operator among {', '.join(OPERATORS)}; found '{operator.kind}'")
    backbone = build_backbone(architecture)
    built = OPERATORS[operator.kind](backbone.channels, operator)
    if built.reads == "steps" and isinstance(backbone, SlowFast):
        raise UserError(f"expected a backbone of one pathway for operator '{operator.kind}', found '{architecture}'")
    return ActionModel(backbone, RoIHead(backbone.stride), built, classes, classifier_dropout)


def build_stream(
    architecture: str, inputs: int, classes: int, data_bn: bool = False, classifier_dropout: float = 0.0
) -> Stream:
    """Build a stream, a frame classifier, with new weights, drawn from torch's global generator.

    Args:
        architecture: Name of the 2D backbone.
        inputs: Channels of a frame; `coviar.STREAM_CHANNELS` has those of each stream.
        classes: Number of actions.
        data_bn: Batch norm on the input.
        classifier_dropout: Rate before the classifier.

    Raises:
        UserError: The name is not known.
    """
    if architecture not in FRAME_BACKBONES:
        names = ", ".join(FRAME_BACKBONES)
        raise UserError(f"expected an architecture of frames among {names}; found '{architecture}'")
    return Stream(FRAME_BACKBONES[architecture](inputs), inputs, classes, data_bn, classifier_dropout)
