"""Models from checkpoints: what was saved says what to build."""

from pathlib import Path

from longvideo.errors import UserError
from longvideo.files.checkpoint import load_checkpoint, load_weights
from longvideo.models.action_model import ActionModel
from longvideo.models.build import OperatorValues, build_action_model


def restore_action_model(
    path: Path, architecture: str, operator: OperatorValues, classes: tuple[int, ...], dropout: float
) -> ActionModel:
    """Build a model and load a checkpoint into it, in evaluation mode.

    Raises:
        UserError: The checkpoint is missing or damaged, of another architecture or of other classes.
    """
    state, header = load_checkpoint(path)
    if tuple(header.get("classes", ())) != classes:
        raise UserError(
            f"{path}: expected a checkpoint for the {len(classes)} classes of the label map,"
            f" found one for {len(header.get('classes', ()))} others; train it again"
        )
    model = build_action_model(architecture, operator, len(classes), dropout)
    load_weights(model, state, path)
    return model.eval()
