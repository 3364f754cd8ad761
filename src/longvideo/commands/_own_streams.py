"""What a video of the user's own shows, by the trained streams of an experiment.

Streams are built as their checkpoints' own headers say, so that a changed configuration cannot misread them. The table
keeps logits, of a fusion their weighted sum over streams, as the workflow scores them. What is shown of a class is its
probability by the weighted mean, which orders the classes alike and is as sure as the streams are on the average.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from longvideo.commands._own_video import Asked, Found, as_video
from longvideo.commands._trained import Trained, read_trained
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
from longvideo.video.annotate import Scene, captions
from longvideo.video.flow import stacked_fields

MIN_SCORE, TOP = 0.5, 5
"""What is shown of a moment besides its best action, unless the user says otherwise."""
WHOLE = np.array([[0.0, 0.0, 1.0, 1.0]])


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
    return shown(scores, sum(weights), streams[0].spec.labels, asked.min_score, asked.top or TOP)


def shown(
    scores: Predictions, weight: float, labels: Literal["video", "frames"], min_score: float | None, top: int
) -> Found:
    """Say what logits mean: of the whole video, and where its frames have labels of their own, over time.

    Args:
        scores: Of one video.
        weight: Sum of the weights of the streams.
        labels: Whether a video has one label, or each of its frames any number.
        min_score: What the classes of a moment after the best one need; None for the usual.
        top: At most so many classes.
    """
    names = scores.names or tuple(f"action {action}" for action in scores.classes)
    logits = scores.scores.astype(np.float64) / weight
    mean = logits.mean(axis=0, keepdims=True)
    if labels == "video":
        (whole,) = captions(_softmax(mean), names, min_score or 0.0, top)
        return Found(scores, np.zeros(1), [Scene(WHOLE, [whole])], whole, [])
    seconds = np.unique(scores.time_s)  # in a short video, one frame is in the middle of several segments
    moments = np.stack([logits[scores.time_s == second].mean(axis=0) for second in seconds])
    lines = captions(_sigmoid(moments), names, MIN_SCORE if min_score is None else min_score, top)
    (whole,) = captions(_sigmoid(mean), names, 0.0, top)
    over_time = [f"{second:.1f} s: {', '.join(line)}" for second, line in zip(seconds, lines)]
    return Found(scores, seconds, [Scene(WHOLE, [line]) for line in lines], [*whole, *over_time], [])


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


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return torch.from_numpy(logits).softmax(dim=-1).numpy()


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return torch.from_numpy(logits).sigmoid().numpy()
