"""Scoring every detected box of the test split; labels are no input."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from longvideo.data.ava import read_label_map
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.files.bank import Bank, read_bank
from longvideo.files.boxes import Boxes, make_boxes, read_boxes
from longvideo.files.checkpoint import read_header
from longvideo.files.manifest import read_manifest
from longvideo.files.predictions import Predictions
from longvideo.models.restore import restore_action_model
from longvideo.models.score import score_boxes
from longvideo.specs.actions import ActionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.training.device import describe

Features = NDArray[np.float16]


def predict(spec: ActionSpec, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Return the probability of every action for every box.

    Raises:
        UserError: A file is missing or wrong.
    """
    classes = tuple(label.id for label in read_label_map(files["label_map"]))
    model = restore_action_model(checkpoint, spec.architecture, spec.operator, classes, spec.classifier_dropout)
    windows = None
    if spec.bank is not None:
        seed = int(read_header(checkpoint)["seed"])
        windows = Windows.of(read_bank(files["bank_features"], files["bank_index"]), spec.bank, seed)
    stored = files.get("init_features")
    given = read_bank(stored, files["init_index"]) if stored else None
    clips = Clips(read_manifest(files["manifest"]), spec.clip.frames, spec.clip.stride)
    boxes, features = tested_boxes(spec.boxes.test_min_score, clips, files["detections"], given)
    sizes = (spec.clip.test_short_side, spec.clip.test_crop)
    seen = clips if features is None else None
    scores = score_boxes(model.to(device), seen, boxes, features, windows, sizes, device)
    view = np.zeros(len(boxes), np.int32)
    return Predictions(boxes.video, boxes.time_s, boxes.boxes, boxes.score, scores, classes, view, describe(device))


def tested_boxes(min_score: float, clips: Clips, detections: Path, given: Bank | None) -> tuple[Boxes, Features | None]:
    """Return the detections that are tested, and their features if a frozen backbone has computed them.

    Args:
        min_score: Detection score from which a box is tested.
        clips: Its videos are those that could be decoded.
        detections: Boxes of the split.
        given: Features of the split's boxes, or None.
    """
    found = read_boxes(detections) if given is None else make_boxes(given.video, given.time_s, given.boxes, given.score)
    kept = (found.score >= min_score) & np.array([video in clips for video in found.video], np.bool_)
    if given is None:
        return found.at(kept), None
    kept &= ~given.annotated
    return found.at(kept), given.features[kept]
