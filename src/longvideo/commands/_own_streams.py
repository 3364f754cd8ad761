"""What a video of the user's own shows, by the trained streams of an experiment.

Streams are built as their checkpoints' own headers say, so that a changed configuration cannot misread them. The table
keeps logits, of a fusion their weighted sum over streams, as the workflow scores them. What is shown of a class is its
probability by the weighted mean, which orders the classes alike and is as sure as the streams are on the average.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import softmax

from longvideo.commands._own_video import Asked, Found, as_video
from longvideo.commands._trained import Trained, read_trained
from longvideo.commands._whole_picture import one_action, over_time
from longvideo.data.encoded import encoded_flow
from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.files.predictions import Predictions
from longvideo.models.coviar import Stream
from longvideo.specs.decode import FlowSpec
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.tasks.recognition.inputs import pictures_of
from longvideo.tasks.recognition.score import fused, restored, score_videos, scored_frames
from longvideo.training.device import prepare
from longvideo.video.flow import stacked_fields


class Loaded(NamedTuple):
    """A stream on its device, and what the header of its checkpoint says."""

    model: Stream
    spec: RecognitionSpec
    trained: Trained


def find(asked: Asked, video: Video) -> Found:
    """Score the decoded video with each stream, and fuse the scores.

    Raises:
        UserError: A checkpoint is damaged or of another kind, or the video is too short.
    """
    spec = asked.spec
    assert isinstance(spec, RecognitionSpec | FusionSpec)
    device = prepare(torch.get_num_threads())
    streams = [_load(path, device) for path in asked.checkpoints]
    _expect_same_classes(asked.checkpoints, streams)
    if video.frames < 2 and any(stream.spec.stream.kind != "iframe" for stream in streams):
        raise UserError(f"{asked.source}: expected a video of at least 2 frames for {spec.id}, found {video.frames}")
    weights = spec.weights if isinstance(spec, FusionSpec) else (1.0,)
    scores = fused([_scored(stream, video, asked.workspace.scale.flow, device) for stream in streams], weights)
    logits = scores.scores.astype(np.float64) / sum(weights)
    mean = logits.mean(axis=0)
    if streams[0].spec.labels == "video":
        return one_action(scores, softmax(mean), asked.min_score, asked.top)
    return over_time(scores, logits, mean, asked.min_score, asked.top)


def _load(path: Path, device: torch.device) -> Loaded:
    spec, trained = read_trained(path, "stream", RecognitionSpec)
    return Loaded(restored(spec, path, trained.classes).to(device), spec, trained)


def _expect_same_classes(paths: Sequence[Path], streams: Sequence[Loaded]) -> None:
    first = streams[0].trained
    for path, stream in zip(paths, streams):
        if (stream.trained.classes, stream.trained.names) != (first.classes, first.names):
            found = f"found one of {len(stream.trained.classes)} others; train both on the same data"
            raise UserError(f"{path}: expected a stream of the {len(first.classes)} classes of {paths[0]}, {found}")


def _scored(stream: Loaded, video: Video, flow: FlowSpec, device: torch.device) -> Predictions:
    seen = _flow(stream.spec, video, flow) if stream.spec.stream.kind == "flow" else video
    scores = score_videos(stream.model, stream.spec, [seen], stream.trained.classes, device)
    return replace(scores, names=stream.trained.names)


def _flow(spec: RecognitionSpec, video: Video, flow: FlowSpec) -> Video:
    """Write the flow at the places that the stream looks at, which in a long video are few, beside the video."""
    path = video.path.with_name(f"flow{video.path.suffix}")
    planned = replace(video, path=path, frames=video.frames - 1)
    frames = scored_frames(spec, pictures_of(spec, [planned]), video.id)
    wanted = {int(n) for frame in frames for n in stacked_fields(frame, spec.stream.length, planned.frames)}
    return as_video(video.id, path, encoded_flow(video.path, path, flow, wanted))
