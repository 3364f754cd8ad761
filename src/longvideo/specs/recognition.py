"""Experiments on what a whole video, or a frame of it, shows: one stream of a network, or several streams fused.

A stream looks at one kind of input: I-frames, motion vectors, residuals, or optical flow (thesis chapter 4).
"""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Fraction, Name, Positive, Spec
from longvideo.specs.experiment import ExperimentId, NamedSpec, OptimSpec

StreamKind = Literal["iframe", "motion", "residual", "flow"]


class StreamSpec(Spec):
    """What a stream sees: motion and residual `accumulated` since the I-frame or not; `length` fields of flow."""

    kind: StreamKind
    accumulated: bool = True
    length: Count = 5


class SegmentsSpec(Spec):
    """Temporal segments of a video: one place is drawn from each in training; in testing it is the middle of each."""

    train: Count = 3
    test: Count = 25


Jitter = tuple[int, int, int]
"""Largest change of hue (of 180), lightness and saturation (of 255)."""


class ViewsSpec(Spec):
    """How a picture is cut: in training parts of the short side scaled to `crop`; in testing the centre or ten crops.

    `square`, `jitter_in_testing` and `residual_order: bgr` do as the authors' release does, and not the text.
    """

    crop: Count
    short_side: Count
    scales: tuple[Positive, ...] = Field(min_length=1)
    flip: bool = True
    jitter: Jitter | None = None
    test: Literal["centre", "ten"] = "ten"
    square: bool = False
    jitter_in_testing: bool = False
    residual_order: Literal["rgb", "bgr"] = "rgb"


class RecognitionOptimSpec(OptimSpec):
    """As `OptimSpec`; layers that start from given weights, and those next to the input, learn at parts of the rate."""

    optimizer: Literal["adam", "adamw"] = "adam"  # type: ignore[assignment]
    epsilon: Positive = 1e-3
    pretrained_lr_factor: Positive = 0.01
    input_lr_factor: Positive = 0.01


class RecognitionSpec(NamedSpec):
    """One stream; `labels: frames` learns and scores what single frames show, in videos of many actions."""

    task: Literal["recognition"]
    fold: Count | None = None
    labels: Literal["video", "frames"]
    stream: StreamSpec
    architecture: Name
    input_norm: bool = False
    dropout: Fraction = 0.0
    segments: SegmentsSpec = SegmentsSpec()
    views: ViewsSpec
    init: str | None = None
    optim: RecognitionOptimSpec


class FusionSpec(NamedSpec):
    """Streams whose scores are summed by their weights; nothing is trained."""

    task: Literal["fusion"]
    fold: Count | None = None
    labels: Literal["video", "frames"]
    streams: tuple[ExperimentId, ...] = Field(min_length=2)
    weights: tuple[Positive, ...]

    @model_validator(mode="after")
    def _one_weight_per_stream(self) -> "FusionSpec":
        if len(self.weights) != len(self.streams):
            raise ValueError(f"expected one weight per stream, found {len(self.weights)} for {len(self.streams)}")
        return self
