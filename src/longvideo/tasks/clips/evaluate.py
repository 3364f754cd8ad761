"""Scoring predictions of clips: accuracy or mAP of whole videos, by every test; and how long training took."""

import numpy as np
from numpy.typing import NDArray

from longvideo.data.recognition import Labels
from longvideo.data.recognition_csv import read_labels
from longvideo.errors import UserError
from longvideo.files.metrics import Metric, measured
from longvideo.files.predictions import Predictions, read_predictions
from longvideo.files.times import TrainingTimes, read_times
from longvideo.metrics.view_scores import pool_views
from longvideo.specs.clips import ClipsSpec, ClipTestSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores
from longvideo.tasks.video_metrics import accuracies, counted, mean_precisions

TIMES = "training time: updates, without waiting for data, by the processor; on a GPU all, by the clock"


def evaluate(spec: ClipsSpec, files: InputFiles) -> Scores:
    """Compare the predictions with the labels, by every test of the experiment.

    Raises:
        UserError: A file is missing or wrong.
    """
    labels = read_labels(files["labels"], files["label_map"])
    predictions, times = read_predictions(files["predictions"]), read_times(files["times"])
    metrics: dict[str, Metric] = {}
    first = 0
    for name, test in spec.tests.items():
        views = range(first, first + test.clips * test.crops)
        scores = video_scores(predictions, labels, views, test)
        found = accuracies(scores, labels) if spec.labels == "one" else mean_precisions(scores, labels, "nonempty")
        metrics |= {f"{name}.{metric}" if name else metric: value for metric, value in found.items()}
        first = views.stop
    counts = counted(video_scores(predictions, labels, range(first), spec.test))
    same = times.device.startswith(predictions.device)
    device = times.device if same else f"{times.device}; tested on {predictions.device}"
    return Scores({**metrics, **time_metrics(times)}, counts, protocol(spec), device)


def video_scores(predictions: Predictions, labels: Labels, views: range, test: ClipTestSpec) -> NDArray[np.float64]:
    """Return the pooled scores of every video of the split, [V, K]; of one that could not be decoded, -infinity.

    Args:
        predictions: Of all views of all tests.
        labels: Of the split.
        views: Those that count.
        test: Says how they are pooled.

    Raises:
        UserError: The predictions are of other classes, or a score is NaN.
    """
    classes = len(labels.classes)
    if predictions.scores.shape[1] != classes:
        found = predictions.scores.shape[1]
        raise UserError(f"expected predictions of {classes} classes, found {found}; predict again")
    index = {video: number for number, video in enumerate(labels.videos)}
    rows = np.array([index.get(video, -1) for video in predictions.video.tolist()], np.int64)
    kept = (rows >= 0) & (predictions.view >= views.start) & (predictions.view < views.stop)
    return pool_views(predictions.scores[kept], rows[kept], len(index), test.pooling)


def time_metrics(times: TrainingTimes) -> dict[str, Metric]:
    """Return what training took; `train_s` is what speedups are ratios of.

    The document's data loaders kept pace with its GPUs. A CPU reads data and computes in turn, and shares its time with
    whatever else runs: what counts there are the seconds of this process' processors that went into updates.
    """
    clock = times.data_wall_s + times.update_wall_s
    return {
        "train_s": measured(clock if times.gpu else times.update_cpu_s, "s"),
        "train_wall_s": measured(clock, "s"),
        "train_cpu_s": measured(times.data_cpu_s + times.update_cpu_s, "s"),
        "train_data_wall_s": measured(times.data_wall_s, "s"),
        "train_steps": measured(times.steps, ""),
    }


def protocol(spec: ClipsSpec) -> str:
    """Say in words how videos are scored, and what training time is."""
    test = spec.test
    pooled = {"mean": "mean of logits", "softmax": "mean of probabilities", "max": "maximum"}[test.pooling]
    metric = "accuracy" if spec.labels == "one" else "Charades mAP over videos with actions"
    return f"{metric}, {test.clips} x {test.crops} views (clips x crops) of {test.crop} pixels, {pooled}; {TIMES}"
