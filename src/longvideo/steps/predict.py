"""Score every detected box of the test split; labels are no input."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longvideo.arguments import add_bank_arguments, read_spec
from longvideo.data.ava import read_label_map
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.errors import run_main
from longvideo.files.bank import Bank, read_bank
from longvideo.files.boxes import Boxes, make_boxes, read_boxes
from longvideo.files.checkpoint import read_header
from longvideo.files.manifest import read_manifest
from longvideo.files.predictions import Predictions, write_predictions
from longvideo.models.restore import restore_action_model
from longvideo.models.score import score_boxes
from longvideo.specs.experiment import ExperimentSpec
from longvideo.training.device import describe, prepare

Features = NDArray[np.float16]


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


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    for flag in ("--checkpoint", "--manifest", "--detections", "--label-map", "--out"):
        parser.add_argument(flag, type=Path, required=True)
    add_bank_arguments(parser)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    spec = read_spec(args.spec, ExperimentSpec)
    device = prepare(args.threads)

    classes = tuple(label.id for label in read_label_map(args.label_map))
    model = restore_action_model(args.checkpoint, spec.architecture, spec.operator, classes, spec.classifier_dropout)
    windows = None
    if spec.bank is not None:
        seed = int(read_header(args.checkpoint)["seed"])
        bank = read_bank(args.bank_features, args.bank_index)
        windows = Windows.of(bank, spec.bank, seed)
    given = read_bank(args.init_features, args.init_index) if args.init_features else None
    clips = Clips(read_manifest(args.manifest), spec.clip.frames, spec.clip.stride)
    boxes, features = tested_boxes(spec.boxes.test_min_score, clips, args.detections, given)
    scores = score_boxes(
        model.to(device),
        clips if features is None else None,
        boxes,
        features,
        windows,
        (spec.clip.test_short_side, spec.clip.test_crop),
        device,
    )
    view = np.zeros(len(boxes), np.int32)
    write_predictions(args.out, Predictions(boxes.video, boxes.time_s, boxes.boxes, boxes.score, scores, classes, view,
                                            describe(device)))  # fmt: skip


if __name__ == "__main__":
    run_main(main)
