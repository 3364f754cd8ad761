"""Scoring clips from all over each test video; labels are no input."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from longvideo.data.fixed_clips import ClipViews, FixedClips
from longvideo.data.recognition_csv import read_classes
from longvideo.files.manifest import Video
from longvideo.files.predictions import Predictions, of_whole_videos
from longvideo.models.clip_classifier import ClipClassifier
from longvideo.models.restore import restore_clip_classifier
from longvideo.specs.clips import ClipsSpec
from longvideo.tasks.clips.inputs import test_clips
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.videos import listed_videos
from longvideo.training.device import describe, precision

CLIPS = 8
"""Clips of one forward pass."""


def predict(spec: ClipsSpec, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Return the logits of every class for every view of all tests.

    Raises:
        UserError: A file is missing or wrong, or no video of the split is there.
    """
    classes = tuple(range(1, len(read_classes(files["label_map"])) + 1))
    model = restore_clip_classifier(checkpoint, spec.architecture, classes, spec.dropout).to(device)
    return score_clips(model, spec, listed_videos(files), classes, device)


@torch.inference_mode()
def score_clips(
    model: ClipClassifier, spec: ClipsSpec, videos: Sequence[Video], classes: tuple[int, ...], device: torch.device
) -> Predictions:
    """Return the logits of every class for every view of all tests of an experiment.

    Views are numbered through all tests: those of the first clip, from left to right, then those of the second, and so
    on, then those of the next test.

    Args:
        model: In evaluation mode, on `device`.
        spec: What the model was trained as.
        videos: At least one.
        classes: Ids of the classes.
        device: Where to compute.

    Raises:
        UserError: A video's file is damaged.
    """
    names: list[str] = []
    times: list[float] = []
    order: list[int] = []
    scores = []
    first = 0
    for test in spec.tests.values():
        for part in _parts(test_clips(spec, test, videos), device):
            seen = torch.cat([clip.views for clip in part]).to(device)  # [clips x places, 3, T, H, W]
            with precision(device):
                scores.append(model(seen).float().cpu().numpy())
            for clip in part:
                names += [clip.video] * test.crops
                times += [clip.time_s] * test.crops
                order += range(first + clip.clip * test.crops, first + (clip.clip + 1) * test.crops)
        first += test.clips * test.crops
    views = np.array(order, np.int32)
    return of_whole_videos(names, np.array(times), views, np.concatenate(scores), classes, describe(device))


def _parts(clips: FixedClips, device: torch.device) -> Iterable[list[ClipViews]]:
    """Read clips, a few at a time; ahead of a GPU in processes of their own."""
    workers = torch.get_num_threads() - 1 if device.type == "cuda" else 0
    context = "spawn" if workers else None
    return DataLoader(clips, CLIPS, num_workers=workers, collate_fn=list, multiprocessing_context=context)
