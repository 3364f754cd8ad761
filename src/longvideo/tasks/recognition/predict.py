"""Scoring frames from all over each test video; labels are no input."""

from pathlib import Path

import torch

from longvideo.data.recognition_csv import read_classes
from longvideo.errors import UserError
from longvideo.files.manifest import read_manifest
from longvideo.files.predictions import Predictions
from longvideo.files.video_list import read_video_list
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.recognition.score import restored, score_videos


def predict(spec: RecognitionSpec, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Return the logits of every class for every view of one frame in the middle of each segment.

    Raises:
        UserError: A file is missing or wrong, or no video of the split is there.
    """
    classes = tuple(range(1, len(read_classes(files["label_map"])) + 1))
    model = restored(spec, checkpoint, classes).to(device)
    listed = {name for name, _ in read_video_list(files["videos"])}
    videos = [video for video in read_manifest(files["manifest"]) if video.id in listed]
    if not videos:
        raise UserError(f"{files['manifest']}: expected videos of {files['videos']}, found none of them")
    return score_videos(model, spec, videos, classes, device)
