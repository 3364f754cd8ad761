"""Scoring frames from all over each test video; labels are no input."""

from pathlib import Path

import torch

from longvideo.data.recognition_csv import read_classes
from longvideo.files.predictions import Predictions
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.recognition.score import restored, score_videos
from longvideo.tasks.videos import listed_videos


def predict(spec: RecognitionSpec, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Return the logits of every class for every view of one frame in the middle of each segment.

    Raises:
        UserError: A file is missing or wrong, or no video of the split is there.
    """
    classes = tuple(range(1, len(read_classes(files["label_map"])) + 1))
    model = restored(spec, checkpoint, classes).to(device)
    return score_videos(model, spec, listed_videos(files), classes, device)
