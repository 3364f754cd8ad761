"""The files of experiments on what whole videos show: what all share, streams, and streams fused."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvideo.errors import UserError
from longvideo.files.layout import Inputs
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.dataset import ALL_VIDEOS, PoolDataset, RecognitionDataset
from longvideo.specs.experiment import init_experiment
from longvideo.specs.recognition import FusionSpec, RecognitionSpec

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace

VideoSpec = RecognitionSpec | FusionSpec | ClipsSpec


@dataclass(frozen=True)
class VideoModelFiles:
    """What a model of whole videos reads: all videos of the data set, and the labels of one fold's split."""

    run: "Workspace"
    spec: RecognitionSpec | ClipsSpec

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
        return _splits(self.run, self.spec, seed)[1]

    def train(self, seed: int) -> Inputs:
        """Return what training reads."""
        source = init_experiment(self.spec.init)
        init: Inputs = {} if source is None else {"init": self.run.files.checkpoint(source, seed)}
        return {**self._videos(seed, _splits(self.run, self.spec, seed)[0], "labels"), **init}

    def predict(self, seed: int) -> Inputs:
        """Return what predicting reads besides the checkpoint; of the labels' file the names of the videos alone."""
        return self._videos(seed, self.test_split(seed), "videos")

    def evaluate(self, seed: int) -> Inputs:
        """Return predictions and what they are scored against."""
        return _scored(self.run, self.spec, seed, [self.run.files.predictions(self.spec.id, seed)])

    def _manifest(self, data: str) -> str:
        """Return the list of the videos that the model sees."""
        return self.run.files.manifest(data, ALL_VIDEOS)

    def _videos(self, seed: int, split: str, which: str) -> Inputs:
        data = self.run.data(self.spec, seed)
        raw = self.run.files.raw(data, split)
        return {"manifest": self._manifest(data), which: raw[which], "label_map": raw["label_map"]}


@dataclass(frozen=True)
class StreamFiles(VideoModelFiles):
    """What one stream reads; for optical flow, the videos of the flow."""

    spec: RecognitionSpec

    def _manifest(self, data: str) -> str:
        return self.run.files.flow(data, ALL_VIDEOS) if self.spec.stream.kind == "flow" else super()._manifest(data)


@dataclass(frozen=True)
class FusionFiles:
    """What a fusion reads: the predictions of its streams."""

    run: "Workspace"
    spec: FusionSpec

    @property
    def upstream(self) -> tuple[str, ...]:
        """The experiments that are fused."""
        return self.spec.streams

    @property
    def trained(self) -> tuple[str, ...]:
        """The experiments whose models make the predictions."""
        return self.spec.streams

    def test_split(self, seed: int) -> str:
        """Return the split that is scored."""
        return _splits(self.run, self.spec, seed)[1]

    def train(self, seed: int) -> Inputs:
        """Nothing is trained."""
        raise UserError(f"expected an experiment that is trained, found {self.spec.id}, which fuses others")

    predict = train

    def evaluate(self, seed: int) -> Inputs:
        """Return predictions and what they are scored against."""
        streams = [self.run.files.predictions(name, seed) for name in self.spec.streams]
        return _scored(self.run, self.spec, seed, streams)


def _splits(run: "Workspace", spec: VideoSpec, seed: int) -> tuple[str, str]:
    return fold_splits(run, spec.id, run.data(spec, seed), spec.fold)


def fold_splits(run: "Workspace", name: str, data: str, fold: int | None) -> tuple[str, str]:
    """Return the training and the test split of a fold; UserError, in the name of who asks, if there is none."""
    dataset = run.dataset(data)
    if not isinstance(dataset, PoolDataset | RecognitionDataset):
        raise UserError(f"{name}: expected a data set of labelled videos, found {data}")
    try:
        return dataset.fold(fold)
    except ValueError as error:
        raise UserError(f"{name}: fold: {error}") from None


def _scored(run: "Workspace", spec: VideoSpec, seed: int, predictions: list[str]) -> Inputs:
    raw = run.files.raw(run.data(spec, seed), _splits(run, spec, seed)[1])
    return {"predictions": predictions, "labels": raw["labels"], "label_map": raw["label_map"]}
