"""The files of experiments on what clips show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvideo.files.layout import Inputs, Paths
from longvideo.graph.recognition import VideoModelFiles
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.load import names_of_task

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace


@dataclass(frozen=True)
class ClipFiles(VideoModelFiles):
    """What one variant reads and, since its training is timed, writes besides a checkpoint."""

    spec: ClipsSpec

    def trained_beside(self, seed: int) -> Paths:
        """Return what training writes besides the checkpoint and its losses."""
        return {"out_times": self.run.files.times(self.spec.id, seed)}

    def evaluate(self, seed: int) -> Inputs:
        """Return predictions, what they are scored against, and how long training took."""
        return {"times": self.run.files.times(self.spec.id, seed), **super().evaluate(seed)}


def timed_experiments(run: "Workspace") -> str:
    """Return the pattern of the experiments whose training is timed, for the constraint of a wildcard."""
    return f"({'|'.join(names_of_task('clips', run.config))})/[a-z0-9][a-z0-9_]*"
