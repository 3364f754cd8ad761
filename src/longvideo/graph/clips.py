"""The files of experiments on what clips show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvideo.files.layout import Inputs, Paths
from longvideo.graph.recognition import fold_splits
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.dataset import ALL_VIDEOS
from longvideo.specs.experiment import init_experiment
from longvideo.specs.load import names_of_task

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace


@dataclass(frozen=True)
class ClipFiles:
    """What one variant reads: all videos of the data set, the labels of a split, and initial weights."""

    run: "Workspace"
    spec: ClipsSpec

    @property
    def upstream(self) -> tuple[str, ...]:
        """The experiments whose checkpoints this one builds on."""
        source = init_experiment(self.spec.init)
        return () if source is None else (source,)

    @property
    def trained(self) -> tuple[str, ...]:
        """The experiments whose models make the predictions."""
        return (self.spec.id,)

    def test_split(self, seed: int) -> str:
        """Return the split that is scored."""
        return self._splits(seed)[1]

    def train(self, seed: int) -> Inputs:
        """Return what training reads."""
        source = init_experiment(self.spec.init)
        init: Inputs = {} if source is None else {"init": self.run.files.checkpoint(source, seed)}
        return {**self._videos(seed, self._splits(seed)[0], "labels"), **init}

    def trained_beside(self, seed: int) -> Paths:
        """Return what training writes besides the checkpoint and its losses."""
        return {"out_times": self.run.files.times(self.spec.id, seed)}

    def predict(self, seed: int) -> Inputs:
        """Return what predicting reads besides the checkpoint; of the labels' file the names of the videos alone."""
        return self._videos(seed, self.test_split(seed), "videos")

    def evaluate(self, seed: int) -> Inputs:
        """Return predictions, what they are scored against, and how long training took."""
        files, raw = self.run.files, self.run.files.raw(self.run.data(self.spec, seed), self.test_split(seed))
        own: Inputs = {"predictions": files.predictions(self.spec.id, seed), "times": files.times(self.spec.id, seed)}
        return {**own, "labels": raw["labels"], "label_map": raw["label_map"]}

    def _videos(self, seed: int, split: str, which: str) -> Inputs:
        data, files = self.run.data(self.spec, seed), self.run.files
        raw = files.raw(data, split)
        return {"manifest": files.manifest(data, ALL_VIDEOS), which: raw[which], "label_map": raw["label_map"]}

    def _splits(self, seed: int) -> tuple[str, str]:
        return fold_splits(self.run, self.spec.id, self.run.data(self.spec, seed), self.spec.fold)


def timed_experiments(run: "Workspace") -> str:
    """Return the pattern of the experiments whose training is timed, for the constraint of a wildcard."""
    return f"({'|'.join(names_of_task('clips', run.config))})/[a-z0-9][a-z0-9_]*"
