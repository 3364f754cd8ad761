"""Train an action model; killed and started again, it goes on and ends in the same bytes.

With `freeze_backbone` only operator and classifier learn, from the features that the initial model's bank holds.
Several processes, started alike by torchrun or SLURM, share each batch: losses and weights are those of one process.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from longvideo.arguments import add_bank_arguments, read_spec
from longvideo.data.actions import Annotation, Keyframe, keyframes
from longvideo.data.ava import read_label_map, read_labels
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_text
from longvideo.files.bank import Bank, read_bank
from longvideo.files.boxes import join, read_boxes
from longvideo.files.checkpoint import load_checkpoint, load_weights, save_checkpoint
from longvideo.files.manifest import read_manifest
from longvideo.files.provenance import commit
from longvideo.models.action_model import ActionModel
from longvideo.models.build import build_action_model
from longvideo.models.pretrained import load_backbone
from longvideo.specs.experiment import ExperimentSpec
from longvideo.training.batches import ActionBatch, ActionBatches, batches_from
from longvideo.training.device import prepare
from longvideo.training.distributed import TIMEOUT_S, joined
from longvideo.training.loop import fit
from longvideo.training.optimizer import build_optimizer
from longvideo.training.processes import Processes
from longvideo.training.resume import Progress, file_facts, ignore_notice
from longvideo.training.schedule import Schedule

BACKBONE = "backbone."
SAVE_EVERY_S = 20.0


def candidates(spec: ExperimentSpec, annotation: Annotation, detections: Path, features: Bank | None) -> list[Keyframe]:
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


def start_model(spec: ExperimentSpec, classes: tuple[int, ...], seed: int, init: Path | None) -> ActionModel:
    """Build the model; its backbone starts from `init`, if given, everything else from the seed."""
    torch.manual_seed(seed)
    model = build_action_model(spec.architecture, spec.operator, len(classes), spec.classifier_dropout)
    if init is not None and spec.init_file is not None:
        load_backbone(model.backbone, init)
    elif init is not None:
        state, _ = load_checkpoint(init)
        weights = {name.removeprefix(BACKBONE): value for name, value in state.items() if name.startswith(BACKBONE)}
        load_weights(model.backbone, weights, init)
    return model


def losses(model: ActionModel, batch: ActionBatch) -> dict[str, Tensor]:
    """Return the binary cross-entropy, mean over boxes and classes, by the weight of the batch among its processes."""
    if batch.features is None:
        assert batch.clips is not None and batch.boxes is not None
        logits = model(batch.clips, batch.boxes, batch.clip_of_box, batch.bank, batch.valid)
    elif batch.features.ndim == 3:
        logits = model.head(batch.features.mean(dim=1), batch.features)
    else:
        logits = model.head(batch.features, batch.bank, batch.valid, batch.clip_of_box)
    return {"loss": batch.weight * binary_cross_entropy_with_logits(logits.float(), batch.targets)}


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--seed", type=int, required=True)
    for flag in ("--manifest", "--labels", "--label-map", "--detections", "--out", "--log", "--resume-dir"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--init", type=Path)
    add_bank_arguments(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every-s", type=float, default=SAVE_EVERY_S, help="seconds between two resume states")
    parser.add_argument(
        "--peer-timeout-s", type=float, default=TIMEOUT_S, help="seconds that several processes wait for each other"
    )
    args = parser.parse_args()
    ignore_notice()
    with joined(prepare(args.threads), args.peer_timeout_s) as processes:
        train(args, read_spec(args.spec, ExperimentSpec), processes)


def train(args: argparse.Namespace, spec: ExperimentSpec, processes: Processes) -> None:
    """Train, alone or as one of several processes, of which the first writes everything."""
    device = processes.device
    labels = read_label_map(args.label_map)
    classes = tuple(label.id for label in labels)
    features = read_bank(args.init_features, args.init_index) if args.init_features else None
    windows = None
    if spec.bank is not None:
        bank = read_bank(args.bank_features, args.bank_index)
        windows = Windows.of(bank, spec.bank, args.seed)
    clips = Clips(read_manifest(args.manifest), spec.clip.frames, spec.clip.stride)
    examples = candidates(spec, Annotation(read_labels(args.labels), classes), args.detections, features)
    examples = [keyframe for keyframe in examples if keyframe.video in clips]
    if not examples:
        raise UserError(f"{args.labels}: expected annotated boxes of videos in {args.manifest}, found none to train on")
    optim = spec.optim
    sizes = (spec.clip.train_short_side, spec.clip.train_crop)
    share = (processes.rank, processes.world)
    dataset = ActionBatches(examples, optim.batch, args.seed, clips, *sizes, features, windows, *share)
    processes.agree([args.spec, args.seed, torch.__version__, len(examples)], "spec, seed, torch and keyframes")

    inputs = (args.manifest, args.labels, args.label_map, args.detections, args.init)
    banks = (args.init_features, args.init_index, args.bank_features, args.bank_index)
    identity = json.dumps([args.spec, args.seed, file_facts((*inputs, *banks)), torch.__version__])
    progress = Progress(args.resume_dir, identity)
    with progress.alone() if processes.first else nullcontext():
        model = start_model(spec, classes, args.seed, args.init).to(device)
        model.train()
        if spec.freeze_backbone:
            model.backbone.requires_grad_(False).eval()
        schedule = Schedule(
            optim.steps, optim.lr, optim.drop_at, optim.drop_factor, optim.warmup_steps, optim.warmup_lr
        )
        workers = args.threads - 1 if device.type == "cuda" else 0

        def batches(start: int) -> Iterator[ActionBatch]:
            return batches_from(dataset, start, optim.steps, workers, device)

        # Stored features leave out the backbone, which nothing but `freeze_backbone` says not to learn.
        unused = features is not None and not spec.freeze_backbone
        losses_of = processes.spread(model, losses, unused)
        optimizer = build_optimizer(model, optim.optimizer, optim.lr, optim.weight_decay, optim.momentum)
        records = fit(model, batches, losses_of, optimizer, schedule, args.seed, progress, args.save_every_s, processes)
        if not processes.first:
            return
        header = {"kind": "action_model", "spec": json.loads(args.spec), "seed": args.seed, "step": optim.steps,
                  "classes": list(classes), "labels": [label.name for label in labels], "commit": commit()}  # fmt: skip
        write_text(args.log, "".join(json.dumps(record) + "\n" for record in records))
        save_checkpoint(args.out, model.state_dict(), header)
        progress.clear()


if __name__ == "__main__":
    run_main(main)
