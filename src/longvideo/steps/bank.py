"""Compute the RoI features of every box at every second with a trained model: a feature bank.

Boxes are the detections, and for the training split the annotated boxes too, which are marked: a frozen model learns
from them, but a long-term window never holds them (thesis sec. 7.2.1; the release keeps them out of the bank as well).
"""

import argparse
from pathlib import Path

import numpy as np

from longvideo.arguments import read_spec
from longvideo.data.actions import Annotation
from longvideo.data.ava import read_label_map, read_labels
from longvideo.data.clips import Clips
from longvideo.errors import run_main
from longvideo.files.bank import Bank, write_bank
from longvideo.files.boxes import join, make_boxes, read_boxes
from longvideo.files.manifest import read_manifest
from longvideo.models.extract import stored_features
from longvideo.models.restore import restore_action_model
from longvideo.specs.actions import ActionSpec
from longvideo.training.device import precision, prepare


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    for flag in ("--checkpoint", "--manifest", "--detections", "--label-map", "--features", "--index"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--labels", type=Path, help="of the training split: annotated boxes get features, too")
    parser.add_argument("--per-step", action="store_true", help="keep the time steps of a clip apart")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    spec = read_spec(args.spec, ActionSpec)
    device = prepare(args.threads)

    classes = tuple(label.id for label in read_label_map(args.label_map))
    model = restore_action_model(args.checkpoint, spec.architecture, spec.operator, classes, spec.classifier_dropout)
    model.to(device)
    clips = Clips(read_manifest(args.manifest), spec.clip.frames, spec.clip.stride)
    detected = read_boxes(args.detections)
    lowest = min(spec.boxes.train_min_score, spec.boxes.test_min_score)
    detected = detected.at(detected.score >= lowest)
    drawn = Annotation(read_labels(args.labels), classes).listed() if args.labels else make_boxes([], [], [], [])
    everything = join([drawn, detected])
    annotated = np.arange(len(everything)) < len(drawn)
    usable = np.array([video in clips for video in everything.video], np.bool_)
    everything, annotated = everything.at(usable), annotated[usable]

    sizes = (spec.clip.test_short_side, spec.clip.test_crop)
    steps = spec.clip.frames // model.backbone.temporal_stride if args.per_step else None
    with precision(device):
        features = stored_features(model, clips, everything, sizes, steps, device)
    index = (everything.video, everything.time_s, everything.boxes, everything.score, annotated)
    write_bank(args.features, args.index, Bank(features, *index, str(args.checkpoint)))


if __name__ == "__main__":
    run_main(main)
