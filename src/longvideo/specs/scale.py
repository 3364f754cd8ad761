"""A scale: the sizes and data that a whole run uses; it changes no code path."""

from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Fraction, Name, Spec
from longvideo.specs.decode import DecodeSpec, FlowSpec
from longvideo.specs.experiment import OptimSpec

Stage = Literal["acquire", "decode", "detect", "bank", "train", "predict", "evaluate"]


class DetectorSpec(Spec):
    """The person detector, trained on the boxes of the labels; sides in pixels."""

    architecture: Name
    short_side: Count
    train_short_side: tuple[Count, Count]
    init: str | None = None
    min_score: Fraction = 0.05
    nms_iou: Fraction = 0.5
    max_boxes: Count = 20
    optim: OptimSpec


class ResourceSpec(Spec):
    """What one job of a stage may use: threads, memory in MB, time in minutes, GPUs."""

    threads: Count = 1
    mem_mb: Count = 1500
    runtime: Count = 60
    gpus: int = Field(default=0, ge=0)


class ScaleSpec(Spec):
    """One scale. `datasets` and `architectures` map the documents' names to what this scale uses for them."""

    name: Name
    seeds: tuple[int, ...] = Field(min_length=1)
    datasets: dict[Name, Name]
    architectures: dict[Name, Name]
    decode: DecodeSpec
    flow: FlowSpec = FlowSpec()
    detector: DetectorSpec
    resources: dict[Stage, ResourceSpec]
    experiments: dict[Name, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_stage_has_resources(self) -> "ScaleSpec":
        for stage in get_args(Stage):
            if stage not in self.resources:
                raise ValueError(f"resources: expected every stage, found no {stage}")
        return self
