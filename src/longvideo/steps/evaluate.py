"""Compare predictions with the labels: AVA frame mAP, whole, per group of labels and per label."""

import argparse
from importlib.metadata import version
from pathlib import Path

import numpy as np

from longvideo.arguments import read_spec
from longvideo.data.ava import AvaDetections, index_names, read_excluded, read_label_map, read_labels
from longvideo.errors import run_main
from longvideo.files.metrics import Metric, RunMetrics, measured, write_metrics
from longvideo.files.predictions import Predictions, read_predictions
from longvideo.files.provenance import commit, fingerprint
from longvideo.metrics.ava_map import frame_map, group_map
from longvideo.specs.experiment import ExperimentSpec

PROTOCOL = "lfb"
SOFTWARE = ("torch", "torchvision", "av", "numpy")


def as_detections(predictions: Predictions) -> AvaDetections:
    """Return one detection per box and class."""
    count, classes = predictions.scores.shape
    videos, codes = index_names(predictions.video.tolist())
    return AvaDetections(
        videos=videos,
        video=np.repeat(codes, classes),
        second=np.repeat(predictions.time_s, classes),
        box=np.repeat(predictions.boxes.astype(np.float64), classes, axis=0),
        label=np.tile(np.array(predictions.classes, np.int32), count),
        score=predictions.scores.astype(np.float64).reshape(-1),
    )


def as_metric(value: float | None) -> Metric:
    """Return a fraction as a metric; None where there is nothing to find."""
    return Metric(value=None, unit="") if value is None else measured(value, "")


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", required=True)
    for flag in ("--predictions", "--labels", "--excluded", "--label-map", "--out"):
        parser.add_argument(flag, type=Path, required=True)
    args = parser.parse_args()
    spec = read_spec(args.spec, ExperimentSpec)
    groups = {label.id: label.group for label in read_label_map(args.label_map)}
    predictions = read_predictions(args.predictions)
    labels, excluded = read_labels(args.labels), read_excluded(args.excluded)
    found = frame_map(labels, as_detections(predictions), groups, excluded, PROTOCOL)
    metrics: dict[str, Metric] = {"map": as_metric(found.map)}
    metrics |= {f"groups.{name}": as_metric(value) for name, value in group_map(found.ap, groups).items() if name}
    metrics |= {f"ap.{action}": as_metric(value) for action, value in found.ap.items()}
    write_metrics(
        args.out,
        RunMetrics(
            experiment=spec.name,
            variant=spec.variant,
            seed=args.seed,
            scale=args.scale,
            dataset=args.data,
            split=args.split,
            protocol=f"AVA frame mAP at IoU 0.5, {PROTOCOL} evaluator",
            metrics=metrics,
            counts={"boxes": found.ground_truth_boxes, "detections": found.detections, "frames": found.frames},
            commit=commit(),
            device=predictions.device,
            spec_hash=fingerprint(args.spec),
            software={name: version(name) for name in SOFTWARE},
        ),
    )


if __name__ == "__main__":
    run_main(main)
