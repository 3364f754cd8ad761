"""Scoring predictions of whole videos: accuracy where each has one label, mAP and wAP where it has several."""

import numpy as np
from numpy.typing import NDArray

from longvideo.data.recognition import Labels
from longvideo.data.recognition_csv import read_labels
from longvideo.errors import UserError
from longvideo.files.predictions import Predictions, read_predictions
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores
from longvideo.tasks.video_metrics import accuracies, counted, mean_precisions


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
    if spec.labels == "frames":
        metrics, protocol = mean_precisions(scores, labels), "Charades mAP and wAP, official evaluator"
    else:
        metrics, protocol = accuracies(scores, labels), "accuracy of the highest mean logit"
    return Scores(metrics, counted(scores), protocol, device)


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
