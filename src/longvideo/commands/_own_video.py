"""A video that belongs to no data set, on its way through a trained experiment: what is asked, and what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longvideo.data.encoded import encoded
from longvideo.files.manifest import Video
from longvideo.files.predictions import Predictions
from longvideo.graph import Workspace
from longvideo.specs.decode import AnyDecodeSpec
from longvideo.specs.experiments import Experiment
from longvideo.video.annotate import Scene
from longvideo.video.resample import Transcoded


@dataclass(frozen=True)
class Asked:
    """What the user asks for.

    Attributes:
        source: The video.
        workspace: The run whose models are used.
        spec: The experiment.
        seed: Which of its trained models.
        checkpoints: All that the experiment needs, in the order in which `predict` lists them.
        min_score: What actions besides the best need to be shown; None for the usual.
        top: At most so many actions are shown at once; None for the usual.
    """

    source: Path
    workspace: Workspace
    spec: Experiment
    seed: int
    checkpoints: Sequence[Path]
    min_score: float | None
    top: int | None


class Found(NamedTuple):
    """What is found in the video.

    Attributes:
        predictions: Scores, for the table.
        seconds: [S] moments, ascending.
        scenes: What is drawn at each of them.
        lines: What is printed.
        notes: What the numbers cannot say.
    """

    predictions: Predictions
    seconds: NDArray[np.float64]
    scenes: Sequence[Scene]
    lines: Sequence[str]
    notes: Sequence[str]


def decoded(source: Path, target: Path, spec: AnyDecodeSpec) -> Video:
    """Re-encode the user's video to the form that the models expect.

    Raises:
        UserError: It is missing, no video, or damaged.
    """
    return as_video(source.stem.encode(errors="replace").decode(), target, encoded(source, target, spec))


def as_video(name: str, path: Path, facts: Transcoded) -> Video:
    """Describe a re-encoded file as manifests do."""
    return Video(name, path, facts.frames, facts.fps, facts.width, facts.height, 0.0, "", facts.shots)
