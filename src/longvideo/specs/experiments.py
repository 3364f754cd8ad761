"""All kinds of experiments, as one type: which one a file holds, its `task` says; without one, actions of boxes."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter

from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.specs.speed import SpeedSpec

Experiment = ActionSpec | RecognitionSpec | FusionSpec | SpeedSpec | ClipsSpec


def _task(value: Any) -> str:
    return str(value.get("task", "actions")) if isinstance(value, dict) else str(getattr(value, "task", "actions"))


ExperimentSpec = Annotated[
    Annotated[ActionSpec, Tag("actions")]
    | Annotated[RecognitionSpec, Tag("recognition")]
    | Annotated[FusionSpec, Tag("fusion")]
    | Annotated[SpeedSpec, Tag("speed")]
    | Annotated[ClipsSpec, Tag("clips")],
    Discriminator(_task),
]
EXPERIMENT: TypeAdapter[Experiment] = TypeAdapter(ExperimentSpec)
"""Reads an experiment of any kind: `EXPERIMENT.validate_json(text)`."""
