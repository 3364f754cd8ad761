"""Scores of frames from all over videos by trained streams, and their sum."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from longvideo.data.stream_pictures import StreamPictures
from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.files.predictions import Predictions, of_whole_videos
from longvideo.models.coviar import STREAM_CHANNELS, Stream
from longvideo.models.restore import restore_stream
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.recognition.inputs import TestViews, pictures_of
from longvideo.training.device import describe, precision
from longvideo.video.sampling import middle_segment_frames

BATCH = 250


def restored(spec: RecognitionSpec, checkpoint: Path, classes: tuple[int, ...]) -> Stream:
    """Build the spec's stream and load a checkpoint into it, in evaluation mode.

    Raises:
        UserError: The checkpoint is missing or damaged, of another architecture or of other classes.
    """
    channels = STREAM_CHANNELS[spec.stream.kind]
    return restore_stream(checkpoint, spec.architecture, channels, classes, spec.input_norm, spec.dropout)


def scored_frames(spec: RecognitionSpec, pictures: StreamPictures, video: str) -> list[int]:
    """Return the frames of a video that are scored: one in the middle of each segment.

    Source: thesis sec. 4.2: "we uniformly sample 25 frames, each with flips plus 5 crops".

    Raises:
        UserError: The video is too short for the stream.
    """
    return middle_segment_frames(pictures.places(video), spec.segments.test, pictures.inter)


@torch.inference_mode()
def score_videos(
    model: Stream, spec: RecognitionSpec, videos: Sequence[Video], classes: tuple[int, ...], device: torch.device
) -> Predictions:
    """Return the logits of every class for every view of the scored frames of each video.

    Args:
        model: In evaluation mode, on `device`.
        spec: What the model was trained as.
        videos: At least one; for flow, those of the flow.
        classes: Ids of the classes.
        device: Where to compute.

    Raises:
        UserError: A video is too short, or its file is damaged.
    """
    pictures, views = pictures_of(spec, videos), TestViews(spec)
    names: list[str] = []
    times, order, scores = [], [], []
    for video in videos:
        frames = scored_frames(spec, pictures, video.id)
        seen = views(pictures.read(video.id, frames))  # [S, V, C, H, W]
        with precision(device):
            logits = [model.frame_logits(part[None].to(device))[0].float() for part in seen.flatten(0, 1).split(BATCH)]
        scores.append(torch.cat(logits).cpu().numpy())
        names += [video.id] * len(scores[-1])
        times.append(np.repeat(video.start_s + np.array(frames) / video.fps, seen.shape[1]))
        order.append(np.tile(np.arange(seen.shape[1], dtype=np.int32), len(frames)))
    seconds, order_of = np.concatenate(times), np.concatenate(order)
    return of_whole_videos(names, seconds, order_of, np.concatenate(scores), classes, describe(device))


def fused(streams: Sequence[Predictions], weights: Sequence[float]) -> Predictions:
    """Sum the logits of streams row by row, each with its weight; times are those of the first stream.

    Row i is the same segment and view in all, at frames that differ by a few. The means over the rows of a video
    are what `evaluate` compares with its label.

    Raises:
        UserError: The streams have other classes, or are scored at other segments and views.
    """
    first = streams[0]
    for other in streams[1:]:
        same = np.array_equal(other.video, first.video) and np.array_equal(other.view, first.view)
        if not same or (other.classes, other.names) != (first.classes, first.names):
            found = " and ".join(f"{one.scores.shape[1]} at {len(one.scores)} views" for one in (first, other))
            expected = "streams that score the same classes at the same segments and views"
            raise UserError(f"expected {expected}, found {found}; train them to be tested alike")
    total = sum(weight * stream.scores.astype(np.float64) for weight, stream in zip(weights, streams, strict=True))
    return replace(first, scores=np.asarray(total, np.float32))
