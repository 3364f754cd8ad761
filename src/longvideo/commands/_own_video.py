"""A trained detector and a trained action model on one video that belongs to no data set.

Everything is built as the checkpoints' own headers say, so that a changed configuration cannot misread them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torchvision.models.detection import FasterRCNN

from longvideo.data.ava import read_label_map
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.errors import UserError
from longvideo.files.bank import Bank
from longvideo.files.boxes import Boxes
from longvideo.files.checkpoint import load_checkpoint, load_weights, read_header
from longvideo.files.layout import Layout
from longvideo.files.manifest import Video
from longvideo.files.predictions import Predictions
from longvideo.models.action_model import ActionModel
from longvideo.models.extract import stored_features
from longvideo.models.person_detector import Settings, build_detector
from longvideo.models.restore import restore_action_model
from longvideo.models.score import score_boxes
from longvideo.people.detect import detect_people, whole_seconds
from longvideo.specs.actions import ActionSpec, ClipSpec
from longvideo.specs.base import Spec
from longvideo.specs.problems import as_user_error
from longvideo.specs.scale import DetectorSpec
from longvideo.training.device import describe, precision, prepare

S = TypeVar("S", bound=Spec)


class Trained(NamedTuple):
    """An action model on its device, and what the header of its checkpoint says; `names` is empty if it says none."""

    path: Path
    model: ActionModel
    spec: ActionSpec
    seed: int
    classes: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Models:
    """What it takes to find people and their actions; `memory` makes the long-term bank, if the model reads one."""

    detector: FasterRCNN
    detector_spec: DetectorSpec
    actions: Trained
    memory: Trained | None
    device: torch.device


class Found(NamedTuple):
    """The people of a video: their actions, the seconds that were looked at, and how many boxes are out of sight."""

    predictions: Predictions
    seconds: NDArray[np.float64]
    out_of_sight: int


def load_models(files: Layout, detector: Path, checkpoint: Path, seed: int) -> Models:
    """Load the detector and the action model of a run, and the model of its bank.

    Raises:
        UserError: A checkpoint is missing, damaged or of another kind.
    """
    device = prepare(torch.get_num_threads())
    actions = _load_actions(checkpoint, device)
    memory = None
    if actions.spec.bank is not None:
        memory = _load_actions(Path(files.checkpoint(actions.spec.bank.experiment, seed)), device)
    state, header = load_checkpoint(detector)
    spec = _spec(detector, header, "person detector", DetectorSpec)
    settings = Settings((spec.short_side,), spec.min_score, spec.nms_iou, spec.max_boxes)
    model = build_detector(spec.architecture, settings)
    load_weights(model, state, detector)
    return Models(model.to(device).eval(), spec, actions, memory, device)


def find_actions(models: Models, video: Video, label_map: Path) -> Found:
    """Find the people of each second of a decoded video, and score their actions.

    Args:
        models: Of one run.
        video: A decoded video.
        label_map: Where the classes' names are sought if the checkpoint has none; it need not exist.
    """
    actions, device = models.actions, models.device
    people = detect_people(models.detector, video, models.detector_spec.optim.batch, device)
    windows = None
    if models.memory is not None and actions.spec.bank is not None:
        use = actions.spec.bank
        bank = _bank(models.memory, video, people, device)
        windows = Windows.of(bank, use, actions.seed)
    tested = people.at(people.score >= actions.spec.boxes.test_min_score)
    clip = actions.spec.clip
    # Where the backbone was frozen, the checkpoint still holds all of it.
    scores = score_boxes(
        actions.model, _clips(video, clip), tested, None, windows, (clip.test_short_side, clip.test_crop), device
    )
    view, names = np.zeros(len(tested), np.int32), _class_names(actions, label_map)
    predictions = Predictions(
        tested.video, tested.time_s, tested.boxes, tested.score, scores, actions.classes, view, describe(device), names
    )
    return Found(predictions, whole_seconds(video).seconds, _out_of_sight(tested.boxes, video, clip))


def _class_names(actions: Trained, label_map: Path) -> tuple[str, ...]:
    """Return the names of the classes: the checkpoint's, or else those of a label map if it is there, or none."""
    if actions.names or not label_map.is_file():
        return actions.names
    known = {label.id: label.name for label in read_label_map(label_map)}
    return tuple(known[action] for action in actions.classes) if known.keys() >= set(actions.classes) else ()


def _bank(memory: Trained, video: Video, people: Boxes, device: torch.device) -> Bank:
    """Compute the bank of one video as the step `bank` does."""
    spec = memory.spec
    kept = people.at(people.score >= min(spec.boxes.train_min_score, spec.boxes.test_min_score))
    sizes = (spec.clip.test_short_side, spec.clip.test_crop)
    with precision(device):
        features = stored_features(memory.model, _clips(video, spec.clip), kept, sizes, None, device)
    annotated = np.zeros(len(kept), np.bool_)
    return Bank(features, kept.video, kept.time_s, kept.boxes, kept.score, annotated, str(memory.path))


def _clips(video: Video, clip: ClipSpec) -> Clips:
    return Clips([video], clip.frames, clip.stride)


def _out_of_sight(boxes: NDArray[np.float32], video: Video, clip: ClipSpec) -> int:
    """Count the boxes whose centre lies outside of the square in the middle that a model is tested on."""
    seen = min(video.width, video.height) * clip.test_crop / clip.test_short_side
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    return int((np.abs(centre - 0.5) * [video.width, video.height] > seen / 2).any(axis=1).sum())


def _load_actions(path: Path, device: torch.device) -> Trained:
    header = read_header(path)
    spec = _spec(path, header, "action_model", ActionSpec)
    classes: Any = header.get("classes")
    names: Any = header.get("labels", [])  # earlier checkpoints have none
    seed = header.get("seed")
    if not (_all(classes, int) and _all(names, str) and len(names) in (0, len(classes)) and isinstance(seed, int)):
        raise UserError(f"{path}: expected ids and names of classes and a seed in its header; train it again")
    model = restore_action_model(path, spec.architecture, spec.operator, tuple(classes), spec.classifier_dropout)
    return Trained(path, model.to(device), spec, seed, tuple(classes), tuple(names))


def _spec(path: Path, header: dict[str, Any], kind: str, spec: type[S]) -> S:
    """Return the spec in a checkpoint's header."""
    if header.get("kind") != kind:
        raise UserError(f"{path}: expected a checkpoint of kind {kind!r}, found kind {header.get('kind')!r}")
    try:
        return spec.model_validate_json(json.dumps(header.get("spec")))
    except ValidationError as error:
        raise as_user_error(f"{path}: the spec in its header", error, spec) from error


def _all(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)
