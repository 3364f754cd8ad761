"""Scoring predictions of whole videos: accuracy where each has one label, mAP and wAP where it has several."""

import numpy as np
from numpy.typing import NDArray

from longvideo.data.recognition import Labels
from longvideo.data.recognition_csv import read_labels
from longvideo.errors import UserError
from longvideo.files.metrics import Metric, measured
from longvideo.files.predictions import Predictions, read_predictions
from longvideo.metrics.accuracy import top_accuracy
from longvideo.metrics.charades_map import video_map
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores


def evaluate(spec: RecognitionSpec | FusionSpec, files: InputFiles) -> Scores:
    """Compare the predictions of a stream, or of several that are fused, with the labels.

    A video's score is the mean of the logits of its frames and crops; streams are summed by their weights
    (thesis sec. 4.2: "average the scores for final prediction", "a simple summing of scores").

    Raises:
        UserError: A file is missing or wrong.
    """
    labels = read_labels(files["labels"], files["label_map"])
    streams = [read_predictions(path) for path in files.several("predictions")]
    weights = spec.weights if isinstance(spec, FusionSpec) else (1.0,)
    scores = sum(weight * video_scores(stream, labels) for weight, stream in zip(weights, streams, strict=True))
    assert isinstance(scores, np.ndarray)
    device = ", ".join(dict.fromkeys(stream.device for stream in streams))
    return _several_labels(scores, labels, device) if spec.labels == "frames" else _one_label(scores, labels, device)


def video_scores(predictions: Predictions, labels: Labels) -> NDArray[np.float64]:
    """Return the mean logits of every video of the split, [V, K]; of a video that could not be decoded, -infinity.

    Raises:
        UserError: The predictions are of other classes.
    """
    classes = len(labels.classes)
    if predictions.scores.shape[1] != classes:
        raise UserError(
            f"expected predictions of {classes} classes, found {predictions.scores.shape[1]}; predict again"
        )
    index = {video: number for number, video in enumerate(labels.videos)}
    rows = np.array([index.get(video, -1) for video in predictions.video.tolist()], np.int64)
    kept = rows >= 0
    counts = np.bincount(rows[kept], minlength=len(index))
    total = np.zeros((len(index), classes))
    np.add.at(total, rows[kept], predictions.scores[kept].astype(np.float64))
    with np.errstate(invalid="ignore"):
        return np.where(counts[:, None] > 0, total / np.maximum(counts, 1)[:, None], -np.inf)


def _one_label(scores: NDArray[np.float64], labels: Labels, device: str) -> Scores:
    """Return the accuracies; a video that could not be decoded is never right."""
    there = _decoded(scores)
    found = top_accuracy(scores[there], labels.label[there])
    share = float(there.mean())
    metrics: dict[str, Metric] = {
        "accuracy": measured(share * found[1], ""),
        "accuracy_top5": measured(share * found[5], ""),
    }
    right = there & (scores.argmax(axis=1) == labels.label)
    for number, name in enumerate(labels.classes):
        members = labels.label == number
        metrics[f"class.{name}"] = measured(float(right[members].mean()) if members.any() else float("nan"), "")
    return Scores(metrics, _counts(there), "accuracy of the highest mean logit", device)


def _decoded(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scores).all(axis=1))


def _counts(there: NDArray[np.bool_]) -> dict[str, int]:
    return {"videos": len(there), "not_decoded": int((~there).sum())}


def _several_labels(scores: NDArray[np.float64], labels: Labels, device: str) -> Scores:
    found = video_map(scores, labels.video_targets())
    metrics = {"map": measured(found.map, ""), "wap": measured(found.wap, "")}
    return Scores(metrics, _counts(_decoded(scores)), "Charades mAP and wAP, official evaluator", device)
