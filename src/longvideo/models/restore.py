"""Models from checkpoints: what was saved says what to build."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from torch import nn

from longvideo.errors import UserError
from longvideo.files.checkpoint import load_checkpoint, load_weights
from longvideo.models.action_model import ActionModel
from longvideo.models.build import OperatorValues, build_action_model, build_clip_classifier, build_stream
from longvideo.models.clip_classifier import ClipClassifier
from longvideo.models.coviar import Stream
from longvideo.models.norms import NORMS

M = TypeVar("M", bound=nn.Module)


def restore_action_model(
    path: Path, architecture: str, operator: OperatorValues, classes: tuple[int, ...], dropout: float
) -> ActionModel:
    """Build a model and load a checkpoint into it, in evaluation mode.

    Raises:
        UserError: The checkpoint is missing or damaged, of another architecture or of other classes.
    """
    return _restored(path, classes, lambda: build_action_model(architecture, operator, len(classes), dropout))


def restore_stream(
    path: Path, architecture: str, channels: int, classes: tuple[int, ...], data_bn: bool, dropout: float
) -> Stream:
    """Build a stream and load a checkpoint into it, in evaluation mode.

    Raises:
        UserError: The checkpoint is missing or damaged, of another architecture or of other classes.
    """
    return _restored(path, classes, lambda: build_stream(architecture, channels, len(classes), data_bn, dropout))


def restore_clip_classifier(path: Path, architecture: str, classes: tuple[int, ...], dropout: float) -> ClipClassifier:
    """Build a classifier of clips and load a checkpoint into it, in evaluation mode.

    Raises:
        UserError: The checkpoint is missing or damaged, of another architecture or of other classes.
    """
    build = partial(build_clip_classifier, architecture, len(classes), dropout, NORMS["batch"])
    return _restored(path, classes, build)


def _restored(path: Path, classes: tuple[int, ...], build: Callable[[], M]) -> M:
    state, header = load_checkpoint(path)
    if tuple(header.get("classes", ())) != classes:
        raise UserError(
            f"{path}: expected a checkpoint for the {len(classes)} classes of the label map,"
            f" found one for {len(header.get('classes', ()))} others; train it again"
        )
    model = build()
    load_weights(model, state, path)
    return model.eval()
