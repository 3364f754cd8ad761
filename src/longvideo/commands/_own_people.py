"""People and their actions in a video of the user's own, by a trained detector and a trained action model.

Everything is built as the checkpoints' own headers say, so that a changed configuration cannot misread them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.models.detection import FasterRCNN

from longvideo.commands._own_video import Asked, Found
from longvideo.commands._trained import Trained, read_spec, read_trained
from longvideo.data.ava import read_label_map
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.files.bank import Bank
from longvideo.files.boxes import Boxes
from longvideo.files.checkpoint import load_checkpoint, load_weights
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
from longvideo.specs.scale import DetectorSpec
from longvideo.training.device import describe, precision, prepare
from longvideo.video.annotate import Scene, captions

MIN_SCORE, TOP = 0.5, 3
"""What is shown at a box besides its best action, unless the user says otherwise."""


class Loaded(NamedTuple):
    """An action model on its device, and what the header of its checkpoint says."""

    path: Path
    model: ActionModel
    spec: ActionSpec
    trained: Trained


@dataclass(frozen=True)
class Models:
    """What it takes to find people and their actions; `memory` makes the long-term bank, if the model reads one."""

    detector: FasterRCNN
    detector_spec: DetectorSpec
    actions: Loaded
    memory: Loaded | None
    device: torch.device


def find(asked: Asked, video: Video) -> Found:
    """Find the people of each second of the decoded video and their actions.

    Raises:
        UserError: A checkpoint is damaged or of another kind.
    """
    workspace, seed = asked.workspace, asked.seed
    models = load_models(workspace.files, asked.checkpoints[-1], asked.checkpoints[0], seed)
    split = workspace.files_of(asked.spec.id).test_split(seed)
    label_map = Path(workspace.files.raw(workspace.data(asked.spec, seed), split)["label_map"])
    people = find_actions(models, video, label_map)
    seconds = whole_seconds(video).seconds
    names = people.names or tuple(f"action {action}" for action in people.classes)
    lines = captions(people.scores, names, MIN_SCORE if asked.min_score is None else asked.min_score, asked.top or TOP)
    rows = [(people.time_s == second).nonzero()[0] for second in seconds]
    scenes = [Scene(people.boxes[here], [lines[row] for row in here]) for here in rows]
    notes = [] if lines else [f"no person found in {len(seconds)} s, so no box is drawn"]
    unseen = _out_of_sight(people.boxes, video, models.actions.spec.clip)
    if unseen:
        where = "outside of the middle square, which is all that the model sees of a frame: their scores mean little"
        notes.append(f"{unseen} of {len(lines)} boxes lie {where}")
    return Found(people, seconds, scenes, [], notes)


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
    spec = read_spec(detector, header, "person detector", DetectorSpec)
    settings = Settings((spec.short_side,), spec.min_score, spec.nms_iou, spec.max_boxes)
    model = build_detector(spec.architecture, settings)
    load_weights(model, state, detector)
    return Models(model.to(device).eval(), spec, actions, memory, device)


def find_actions(models: Models, video: Video, label_map: Path) -> Predictions:
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
        windows = Windows.of(bank, use, actions.trained.seed)
    tested = people.at(people.score >= actions.spec.boxes.test_min_score)
    clip = actions.spec.clip
    # Where the backbone was frozen, the checkpoint still holds all of it.
    scores = score_boxes(
        actions.model, _clips(video, clip), tested, None, windows, (clip.test_short_side, clip.test_crop), device
    )
    view, names = np.zeros(len(tested), np.int32), _class_names(actions.trained, label_map)
    classes = actions.trained.classes
    return Predictions(
        tested.video, tested.time_s, tested.boxes, tested.score, scores, classes, view, describe(device), names
    )


def _class_names(trained: Trained, label_map: Path) -> tuple[str, ...]:
    """Return the names of the classes: the checkpoint's, or else those of a label map if it is there, or none."""
    if trained.names or not label_map.is_file():
        return trained.names
    known = {label.id: label.name for label in read_label_map(label_map)}
    return tuple(known[action] for action in trained.classes) if known.keys() >= set(trained.classes) else ()


def _bank(memory: Loaded, video: Video, people: Boxes, device: torch.device) -> Bank:
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


def _load_actions(path: Path, device: torch.device) -> Loaded:
    spec, trained = read_trained(path, "action_model", ActionSpec)
    classes = trained.classes
    model = restore_action_model(path, spec.architecture, spec.operator, classes, spec.classifier_dropout)
    return Loaded(path, model.to(device), spec, trained)
