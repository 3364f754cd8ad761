"""Stage `detect`: train the person detector, run it over the frames of every whole second, score it.

train   manifest, labels -> detector.safetensors
run     detector.safetensors, manifest -> boxes (Parquet)
score   boxes, labels -> JSON, for information: no later stage reads it
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from torchvision.models.detection import FasterRCNN
from tqdm import tqdm

from longvideo.data.ava import AvaDetections, index_names, read_labels
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_json
from longvideo.files.boxes import join, read_boxes, write_boxes
from longvideo.files.checkpoint import load_checkpoint, load_weights, save_checkpoint
from longvideo.files.manifest import read_manifest
from longvideo.files.provenance import commit
from longvideo.metrics.box_ap import box_score
from longvideo.models.person_detector import Settings, build_detector, load_pretrained
from longvideo.people.detect import detect_people
from longvideo.people.keyframes import digest, draw_batch, find_keyframes
from longvideo.people.train_detector import train_detector
from longvideo.specs.experiment import FILE_PREFIX
from longvideo.specs.problems import as_user_error
from longvideo.specs.scale import DetectorSpec
from longvideo.training.device import derived_seed, describe, prepare
from longvideo.training.distributed import find_place
from longvideo.training.optimizer import build_optimizer
from longvideo.training.resume import Progress, ignore_notice
from longvideo.training.schedule import Schedule
from longvideo.video.reader import ReaderPool

KIND = "person detector"
OPEN_VIDEOS = 256
"""Training reads single frames of random videos: opening one costs more than the frame."""
SAVE_EVERY_S = 20.0
REPORTS = 20
OVERLAPS = (50, 75, 90)
"""Percent; detections get labels for training only at high overlaps."""


def train(args: argparse.Namespace) -> None:
    """Train the detector on the annotated boxes of the training split, by one process however many there are."""
    ignore_notice()
    place = find_place(os.environ)
    if place is not None and place.rank > 0:
        return
    spec, device = _read_spec(args), _prepare(args.threads)
    labels = read_labels(args.labels)
    videos = read_manifest(args.manifest)
    keyframes = find_keyframes(videos, np.array(labels.videos)[labels.video], labels.second, labels.box)
    torch.manual_seed(derived_seed(args.seed))
    low, high = spec.train_short_side
    model = _build(spec, tuple(range(low, high + 1)))
    if spec.init is not None:
        load_pretrained(model, Path(spec.init.removeprefix(FILE_PREFIX)))
    model.to(device)
    print(f"detect: {len(keyframes)} annotated frames of {len(videos)} videos, on {describe(device)}")
    readers = ReaderPool(OPEN_VIDEOS)
    use = spec.optim
    optimizer = build_optimizer(model, use.optimizer, use.lr, use.weight_decay, use.momentum)
    schedule = Schedule(use.steps, use.lr, use.drop_at, use.drop_factor, use.warmup_steps, use.warmup_lr)
    progress = Progress(
        args.resume_dir, json.dumps([spec.model_dump(mode="json"), args.seed, digest(keyframes), torch.__version__])
    )
    with progress.alone():
        records = train_detector(
            model,
            lambda step: draw_batch(keyframes, use.batch, args.seed, step, readers),
            optimizer,
            schedule,
            args.seed,
            progress,
            SAVE_EVERY_S,
        )
        for record in records[:: max(1, len(records) // REPORTS)]:
            print("detect:", ", ".join(f"{name} {value:.4g}" for name, value in record.items()))
        header = {"kind": KIND, "spec": spec.model_dump(mode="json"), "seed": args.seed, "step": use.steps}
        save_checkpoint(args.out, model.state_dict(), header | {"commit": commit()})
        progress.clear()


def run(args: argparse.Namespace) -> None:
    """Detect people in every video of a manifest."""
    spec, device = _read_spec(args), _prepare(args.threads)
    model = _build(spec, (spec.short_side,))
    state, header = load_checkpoint(args.detector)
    if header.get("kind") != KIND:
        raise UserError(f"{args.detector}: expected a {KIND}, found a checkpoint of kind {header.get('kind')!r}")
    load_weights(model, state, args.detector)
    model.to(device).eval()
    videos = tqdm(read_manifest(args.manifest), "detect", unit="video", disable=not sys.stderr.isatty())
    boxes = join([detect_people(model, video, spec.optim.batch, device) for video in videos])
    write_boxes(args.out, boxes)
    print(f"detect: {len(boxes)} boxes in {len(videos)} videos")


def score(args: argparse.Namespace) -> None:
    """Write the detector's average precision."""
    found, labels = read_boxes(args.detections), read_labels(args.labels)
    names, video = index_names(found.video)
    person = np.ones(len(found), np.int32)
    detections = AvaDetections(names, video, found.time_s, found.boxes, person, found.score)
    scores = {overlap: box_score(labels, detections, overlap / 100) for overlap in OVERLAPS}
    metrics = {f"box_ap{overlap}": {"value": 100 * result.ap, "unit": "%"} for overlap, result in scores.items()}
    first = scores[OVERLAPS[0]]
    metrics["box_recall50"] = {"value": 100 * first.recall, "unit": "%"}
    counts = {"people": first.people, "detections": first.detections, "frames": first.frames}
    protocol = "average precision over all points, one class, annotated frames only"
    write_json(args.out, {"protocol": protocol, "metrics": metrics, "counts": counts})
    print(f"detect: box AP@50 {100 * first.ap:.1f} % over {first.people} people")


def _read_spec(args: argparse.Namespace) -> DetectorSpec:
    try:
        return DetectorSpec.model_validate_json(args.spec)
    except ValidationError as error:
        raise as_user_error("--spec", error, DetectorSpec) from error


def _build(spec: DetectorSpec, short_sides: tuple[int, ...]) -> FasterRCNN:
    return build_detector(spec.architecture, Settings(short_sides, spec.min_score, spec.nms_iou, spec.max_boxes))


def _prepare(threads: int) -> torch.device:
    if threads < 1:
        raise UserError(f"--threads: expected at least 1, found {threads}")
    return prepare(threads)


def main() -> None:
    """Run a sub-command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="train | run | score")
    for command in (train, run, score):
        sub = commands.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        sub.set_defaults(command=command)
        sub.add_argument("--out", type=Path, required=True, help="the file to write")
        if command is score:
            sub.add_argument("--detections", type=Path, required=True)
        else:
            sub.add_argument("--spec", required=True, help="DetectorSpec as JSON")
            sub.add_argument("--manifest", type=Path, required=True)
            sub.add_argument("--threads", type=int, default=1)
        if command is run:
            sub.add_argument("--detector", type=Path, required=True)
        else:
            sub.add_argument("--labels", type=Path, required=True, help="AVA labels (CSV)")
        if command is train:
            sub.add_argument("--seed", type=int, required=True)
            sub.add_argument("--resume-dir", type=Path, required=True)
    args = parser.parse_args()
    args.command(args)


if __name__ == "__main__":
    run_main(main)
