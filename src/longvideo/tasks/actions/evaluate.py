"""Scoring predictions of actions: AVA frame mAP, whole, per group of labels and per label."""

import numpy as np

from longvideo.data.ava import AvaDetections, index_names, read_excluded, read_label_map, read_labels
from longvideo.files.metrics import Metric, measured
from longvideo.files.predictions import Predictions, read_predictions
from longvideo.metrics.ava_map import frame_map, group_map
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores

PROTOCOL = "lfb"


def evaluate(files: InputFiles) -> Scores:
    """Compare the predictions with the labels.

    Raises:
        UserError: A file is missing or wrong.
    """
    groups = {label.id: label.group for label in read_label_map(files["label_map"])}
    (path,) = files.several("predictions")
    predictions = read_predictions(path)
    labels, excluded = read_labels(files["labels"]), read_excluded(files["excluded"])
    found = frame_map(labels, as_detections(predictions), groups, excluded, PROTOCOL)
    metrics: dict[str, Metric] = {"map": as_metric(found.map)}
    metrics |= {f"groups.{name}": as_metric(value) for name, value in group_map(found.ap, groups).items() if name}
    metrics |= {f"ap.{action}": as_metric(value) for action, value in found.ap.items()}
    counts = {"boxes": found.ground_truth_boxes, "detections": found.detections, "frames": found.frames}
    return Scores(metrics, counts, f"AVA frame mAP at IoU 0.5, {PROTOCOL} evaluator", predictions.device)


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
