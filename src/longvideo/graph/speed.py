"""Measurements of speed: they read no file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvideo.errors import UserError
from longvideo.files.layout import Inputs
from longvideo.specs.speed import SpeedSpec

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace

FILM = "miniworld_film"
"""What is measured on instead of a data set: a take that the measurement films itself."""


@dataclass(frozen=True)
class SpeedFiles:
    """What a measurement of speed reads: nothing."""

    run: "Workspace"
    spec: SpeedSpec
    upstream: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()

    def test_split(self, seed: int) -> str:
        """Return what stands for the split that is scored."""
        return "film"

    def train(self, seed: int) -> Inputs:
        """Nothing is trained."""
        raise UserError(f"expected an experiment that is trained, found {self.spec.id}, which measures speed")

    predict = train

    def evaluate(self, seed: int) -> Inputs:
        """Return no file: what is measured is made on the spot."""
        return {}
