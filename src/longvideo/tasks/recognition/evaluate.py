"""Scoring predictions of whole videos: accuracy where each has one label, mAP and wAP where it has several."""

import numpy as np

from longvideo.data.recognition_csv import read_labels
from longvideo.files.predictions import read_predictions
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores
from longvideo.tasks.video_metrics import accuracies, counted, mean_precisions, video_scores


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
