"""The files of experiments on the actions of boxes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvideo.errors import UserError
from longvideo.files.layout import Inputs
from longvideo.specs.actions import ActionSpec
from longvideo.specs.dataset import AvaDataset, BoxDataset, MiniworldDataset
from longvideo.specs.experiment import init_experiment

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace


@dataclass(frozen=True)
class ActionFiles:
    """What one variant reads: clips and boxes, initial weights, and banks."""

    run: "Workspace"
    spec: ActionSpec

    @property
    def upstream(self) -> tuple[str, ...]:
        """The experiments whose checkpoints this one builds on."""
        sources = (init_experiment(self.spec.init), self.spec.bank.experiment if self.spec.bank else None)
        return tuple(source for source in sources if source is not None)

    @property
    def trained(self) -> tuple[str, ...]:
        """The experiments whose models make the predictions."""
        return (self.spec.id,)

    def test_split(self, seed: int) -> str:
        """Return the split that is scored."""
        return self._dataset(seed).test_split

    def clips(self, seed: int, split: str) -> Inputs:
        """Return what clips and boxes of one split are cut from."""
        data, files = self.run.data(self.spec, seed), self.run.files
        raw = files.raw(data, split)
        videos: Inputs = {"manifest": files.manifest(data, split), "detections": files.detections(data, split)}
        # Labels of other splits are for evaluating alone.
        labels: Inputs = {"labels": raw["labels"]} if split == self._dataset(seed).train_split else {}
        return {**videos, **labels, "label_map": raw["label_map"]}

    def train(self, seed: int) -> Inputs:
        """Return what training reads."""
        split = self._dataset(seed).train_split
        source = init_experiment(self.spec.init)
        init: Inputs = {} if source is None else {"init": self.run.files.checkpoint(source, seed)}
        return {**self.clips(seed, split), **init, **self._banks(seed, split)}

    def predict(self, seed: int) -> Inputs:
        """Return what predicting reads besides the checkpoint."""
        split = self.test_split(seed)
        return {**self.clips(seed, split), **self._banks(seed, split)}

    def evaluate(self, seed: int) -> Inputs:
        """Return predictions and what they are scored against."""
        raw = self.run.files.raw(self.run.data(self.spec, seed), self.test_split(seed))
        predictions: Inputs = {"predictions": self.run.files.predictions(self.spec.id, seed)}
        return {**predictions, **{name: raw[name] for name in ("labels", "excluded", "label_map")}}

    def _banks(self, seed: int, split: str) -> Inputs:
        """Return the banks that the model reads: frozen features of its own boxes (init), and the long-term one."""
        frozen = init_experiment(self.spec.init) if self.spec.freeze_backbone else None
        sources = {"init": frozen, "bank": self.spec.bank.experiment if self.spec.bank else None}
        pooling = {"init": "step" if self.spec.operator.kind == "sto" else "clip", "bank": "clip"}
        return {
            f"{role}_{name}": path
            for role, source in sources.items()
            if source is not None
            for name, path in self.run.files.bank(source, seed, split, pooling[role]).items()
        }

    def _dataset(self, seed: int) -> BoxDataset:
        data = self.run.data(self.spec, seed)
        dataset = self.run.dataset(data)
        if not isinstance(dataset, MiniworldDataset | AvaDataset):
            raise UserError(f"{self.spec.id}: expected a data set of labelled boxes, found {data}")
        return dataset
