"""Scoring frames from all over each test video; labels are no input."""

from pathlib import Path

import numpy as np
import torch

from longvideo.data.recognition_csv import read_classes
from longvideo.errors import UserError
from longvideo.files.manifest import read_manifest
from longvideo.files.predictions import Predictions
from longvideo.files.video_list import read_video_list
from longvideo.models.coviar import STREAM_CHANNELS
from longvideo.models.restore import restore_stream
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.recognition.inputs import TestViews, pictures_of
from longvideo.training.device import describe, precision
from longvideo.video.sampling import middle_segment_frames

BATCH = 250


@torch.inference_mode()
def predict(spec: RecognitionSpec, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Return the logits of every class for every view of one frame in the middle of each segment.

    Source: thesis sec. 4.2: "we uniformly sample 25 frames, each with flips plus 5 crops".

    Raises:
        UserError: A file is missing or wrong, or no video of the split is there.
    """
    classes = read_classes(files["label_map"])
    ids = tuple(range(1, len(classes) + 1))
    channels = STREAM_CHANNELS[spec.stream.kind]
    model = restore_stream(checkpoint, spec.architecture, channels, ids, spec.input_norm, spec.dropout).to(device)
    listed = {name for name, _ in read_video_list(files["videos"])}
    videos = [video for video in read_manifest(files["manifest"]) if video.id in listed]
    if not videos:
        raise UserError(f"{files['manifest']}: expected videos of {files['videos']}, found none of them")
    pictures = pictures_of(spec, videos)
    views = TestViews(spec)
    names: list[str] = []
    times, order, scores = [], [], []
    for video in videos:
        frames = middle_segment_frames(pictures.places(video.id), spec.segments.test, pictures.inter)
        seen = views(pictures.read(video.id, frames))  # [S, V, C, H, W]
        with precision(device):
            logits = [model.frame_logits(part[None].to(device))[0].float() for part in seen.flatten(0, 1).split(BATCH)]
        scores.append(torch.cat(logits).cpu().numpy())
        names += [video.id] * len(scores[-1])
        times.append(np.repeat(video.start_s + np.array(frames) / video.fps, seen.shape[1]))
        order.append(np.tile(np.arange(seen.shape[1], dtype=np.int32), len(frames)))
    count = len(names)
    whole = np.tile(np.array([0, 0, 1, 1], np.float32), (count, 1))
    return Predictions(
        video=np.array(names),
        time_s=np.concatenate(times),
        boxes=whole,
        box_score=np.ones(count, np.float32),
        scores=np.concatenate(scores),
        classes=ids,
        view=np.concatenate(order),
        device=describe(device),
    )
