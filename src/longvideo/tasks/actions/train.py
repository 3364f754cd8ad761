"""Training an action model: which boxes, from which clips or stored features, with which losses."""

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from longvideo.data.actions import Annotation, Keyframe, keyframes
from longvideo.data.ava import read_label_map, read_labels
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.errors import UserError
from longvideo.files.bank import Bank, read_bank
from longvideo.files.boxes import join, read_boxes
from longvideo.files.checkpoint import load_checkpoint, load_weights
from longvideo.files.manifest import read_manifest
from longvideo.models.action_model import ActionModel
from longvideo.models.build import build_action_model
from longvideo.models.pretrained import load_backbone
from longvideo.specs.actions import ActionSpec
from longvideo.specs.experiment import init_file
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.training import Training, step_schedule
from longvideo.training.batches import ActionBatch, ActionBatches
from longvideo.training.processes import Losses, Processes

BACKBONE = "backbone."


def prepare_training(spec: ActionSpec, files: InputFiles, seed: int, processes: Processes) -> Training:
    """Read what is trained on.

    Raises:
        UserError: A file is missing or wrong, or there is nothing to train on.
    """
    labels = read_label_map(files["label_map"])
    classes = tuple(label.id for label in labels)
    stored = files.get("init_features")
    features = read_bank(stored, files["init_index"]) if stored else None
    windows = None
    if spec.bank is not None:
        windows = Windows.of(read_bank(files["bank_features"], files["bank_index"]), spec.bank, seed)
    clips = Clips(read_manifest(files["manifest"]), spec.clip.frames, spec.clip.stride)
    annotation = Annotation(read_labels(files["labels"]), classes)
    examples = candidates(spec, annotation, files["detections"], features)
    examples = [keyframe for keyframe in examples if keyframe.video in clips]
    if not examples:
        where = files["manifest"]
        raise UserError(f"{files['labels']}: expected annotated boxes of videos in {where}, found none to train on")
    sizes = (spec.clip.train_short_side, spec.clip.train_crop)
    share = (processes.rank, processes.world)

    def build() -> ActionModel:
        model = start_model(spec, classes, seed, files.get("init"))
        model.train()
        if spec.freeze_backbone:
            model.backbone.requires_grad_(False).eval()
        return model

    return Training(
        kind="action_model",
        build=build,
        batches=ActionBatches(examples, spec.optim.batch, seed, clips, *sizes, features, windows, *share),
        losses=losses,
        optim=spec.optim,
        schedule=step_schedule(spec.optim),
        examples=len(examples),
        classes=classes,
        names=tuple(label.name for label in labels),
        # Stored features leave out the backbone, which nothing but `freeze_backbone` says not to learn.
        unused=features is not None and not spec.freeze_backbone,
    )


def candidates(spec: ActionSpec, annotation: Annotation, detections: Path, features: Bank | None) -> list[Keyframe]:
    """Return the boxes that are trained on: the annotated ones, and detections of a sufficient score."""
    min_score, min_iou = spec.boxes.train_min_score, spec.boxes.train_label_iou
    if features is not None:
        rows = np.flatnonzero(features.annotated | (features.score >= min_score))
        found = keyframes(annotation, features.video[rows], features.time_s[rows], features.boxes[rows], min_iou)
        return [Keyframe(k.video, k.second, k.boxes, k.targets, rows[k.rows]) for k in found]
    detected = read_boxes(detections)
    detected = detected.at(detected.score >= min_score)
    everything = join([annotation.listed(), detected])
    return keyframes(annotation, everything.video, everything.time_s, everything.boxes, min_iou)


def start_model(spec: ActionSpec, classes: tuple[int, ...], seed: int, init: Path | None) -> ActionModel:
    """Build the model; its backbone starts from `init`, if given, everything else from the seed."""
    torch.manual_seed(seed)
    model = build_action_model(spec.architecture, spec.operator, len(classes), spec.classifier_dropout)
    if init is not None and init_file(spec.init) is not None:
        load_backbone(model.backbone, init)
    elif init is not None:
        state, _ = load_checkpoint(init)
        weights = {name.removeprefix(BACKBONE): value for name, value in state.items() if name.startswith(BACKBONE)}
        load_weights(model.backbone, weights, init)
    return model


def losses(model: ActionModel, batch: ActionBatch) -> Losses:
    """Return the binary cross-entropy, mean over boxes and classes, by the weight of the batch among its processes."""
    if batch.features is None:
        assert batch.clips is not None and batch.boxes is not None
        logits = model(batch.clips, batch.boxes, batch.clip_of_box, batch.bank, batch.valid)
    elif batch.features.ndim == 3:
        logits = model.head(batch.features.mean(dim=1), batch.features)
    else:
        logits = model.head(batch.features, batch.bank, batch.valid, batch.clip_of_box)
    return {"loss": batch.weight * binary_cross_entropy_with_logits(logits.float(), batch.targets)}
