"""The scores of whole videos, and what they are worth: accuracy where each has one label, mAP and wAP where several."""

import numpy as np
from numpy.typing import NDArray

from longvideo.data.recognition import Labels
from longvideo.errors import UserError
from longvideo.files.metrics import Metric, measured
from longvideo.files.predictions import Predictions
from longvideo.metrics.accuracy import top_accuracy
from longvideo.metrics.charades_map import video_map
from longvideo.metrics.view_scores import Pooling, pool_views


def video_scores(
    predictions: Predictions, labels: Labels, how: Pooling = "mean", views: range | None = None
) -> NDArray[np.float64]:
    """Return the pooled scores of every video of the split, [V, K]; of one that could not be decoded, -infinity.

    Args:
        predictions: Of any videos; those of other splits do not count.
        labels: Of the split.
        how: How the scores of a video's views are pooled, see `pool_views`.
        views: Those that count; None for all.

    Raises:
        UserError: The predictions are of other classes, or a score is NaN.
    """
    classes = len(labels.classes)
    if predictions.scores.shape[1] != classes:
        found = predictions.scores.shape[1]
        raise UserError(f"expected predictions of {classes} classes, found {found}; predict again")
    index = {video: number for number, video in enumerate(labels.videos)}
    rows = np.array([index.get(video, -1) for video in predictions.video.tolist()], np.int64)
    kept = rows >= 0
    if views is not None:
        kept &= (predictions.view >= views.start) & (predictions.view < views.stop)
    return pool_views(predictions.scores[kept], rows[kept], len(index), how)


def accuracies(scores: NDArray[np.float64], labels: Labels) -> dict[str, Metric]:
    """Return the accuracies of scores [V, K], top 1, top 5 and of each class; minus infinity is never right."""
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
    return metrics


def mean_precisions(scores: NDArray[np.float64], labels: Labels, policy: str = "official") -> dict[str, Metric]:
    """Return Charades' mAP and wAP of scores [V, K], by one of the policies of `video_map`."""
    found = video_map(scores, labels.video_targets(), policy)
    return {"map": measured(found.map, ""), "wap": measured(found.wap, "")}


def counted(scores: NDArray[np.float64]) -> dict[str, int]:
    """Count the videos, and those among them that could not be decoded, whose scores are minus infinity."""
    return {"videos": len(scores), "not_decoded": int((~_decoded(scores)).sum())}


def _decoded(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scores).all(axis=1))
