"""The graph: which files every stage reads, as pure functions of the specs; the only Python that rules call.

    raw -> decoded -> detections -> banks -> checkpoints -> predictions -> metrics -> tables

Banks and initial weights come from the checkpoints of other experiments; which ones, the specs say.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from longvideo.errors import UserError
from longvideo.files.layout import Layout, Paths
from longvideo.specs.base import Spec
from longvideo.specs.dataset import AvaDataset, MiniworldDataset
from longvideo.specs.experiment import FILE_PREFIX, ExperimentSpec
from longvideo.specs.load import CONFIG, load_dataset, load_experiment, load_table, names
from longvideo.specs.problems import unknown
from longvideo.specs.scale import DecodeSpec, ScaleSpec, Stage
from longvideo.specs.table import ResolvedTable, TableSpec

RESULTS = Path("results")
_DATA_ID = re.compile(r"(?P<dataset>[a-z][a-z0-9_]*?)(-s(?P<seed>[0-9]+))?")


def as_argument(spec: Spec) -> str:
    """Write a spec as one line of ASCII JSON, for a step's command line."""
    return json.dumps(spec.model_dump(mode="json"), separators=(",", ":"))


def flags(paths: Mapping[str, str]) -> str:
    """Write paths as quoted flags: {"init_index": "a b"} becomes "--init-index 'a b'"."""
    return " ".join(f"--{name.replace('_', '-')} {shlex.quote(path)}" for name, path in paths.items())


@dataclass(frozen=True)
class Workspace:
    """One run: a scale, and the data set that takes the place of the scale's own, if any."""

    scale: ScaleSpec
    override: str | None = None
    config: Path = CONFIG
    _experiments: dict[str, ExperimentSpec] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The run's folder below `results/`: `mini`, or `mini-DATASET`."""
        return self.scale.name if self.override is None else f"{self.scale.name}-{self.override}"

    @cached_property
    def files(self) -> Layout:
        """Where the files of this run lie."""
        return Layout(RESULTS / self.name)

    @cached_property
    def datasets(self) -> dict[str, str]:
        """The documents' names of data sets, and the data sets that this run uses for them."""
        if self.override is None:
            return dict(self.scale.datasets)
        return {**self.scale.datasets, load_dataset(self.override, self.config).stands_for: self.override}

    @cached_property
    def tables(self) -> dict[str, TableSpec]:
        """All tables by target."""
        return {target: load_table(target, self.config) for target in names("tables", self.config)}

    def experiment(self, experiment: str) -> ExperimentSpec:
        """Resolve `experiment/variant` at this run's scale; each is resolved once."""
        if experiment not in self._experiments:
            self._experiments[experiment] = load_experiment(experiment, self.scale, self.config)
        return self._experiments[experiment]

    def check(self) -> None:
        """Resolve every table and whatever its experiments start from; UserError names the first mistake."""
        for logical, name in self.datasets.items():
            stands_for = load_dataset(name, self.config).stands_for
            if stands_for != logical:
                place = f"{self.config / 'scales' / self.scale.name}.yaml: datasets.{logical}"
                raise UserError(f"{place}: expected a data set that stands for {logical}, found {name} ({stands_for})")
        for target, table in self.tables.items():
            for measured in table.measurements:
                self._check_chain((f"table {target}", measured.experiment))

    def _check_chain(self, chain: tuple[str, ...]) -> None:
        """Check the last experiment of a chain of dependencies, and what it depends on."""
        needed_by = " <- ".join(reversed(chain[:-1]))
        if chain[-1] in chain[:-1]:
            raise UserError(f"expected experiments that do not depend on themselves, found {chain[-1]} <- {needed_by}")
        try:
            spec = self.experiment(chain[-1])
            self.data(spec, 0)
        except UserError as error:
            raise UserError(f"{error} (needed by {needed_by})") from error
        for upstream in (spec.init_experiment, spec.bank.experiment if spec.bank else None):
            if upstream is not None:
                self._check_chain((*chain, upstream))

    def user_weights(self) -> list[str]:
        """List the users' own files of weights that the detector and the tables' experiments start from."""
        measured = [found.experiment for table in self.tables.values() for found in table.measurements]
        inits = [self.scale.detector.init, *(self.experiment(experiment).init for experiment in measured)]
        files = (init for init in inits if init is not None and init.startswith(FILE_PREFIX))
        return list(dict.fromkeys(file.removeprefix(FILE_PREFIX) for file in files))

    # What wildcards mean

    def data(self, spec: ExperimentSpec, seed: int) -> str:
        """Return the data id that an experiment uses for one seed: `DATASET-sSEED` if generated, else `DATASET`."""
        if spec.dataset not in self.datasets:
            place = f"{self.config / 'scales' / self.scale.name}.yaml: datasets"
            raise UserError(f"{place}: {unknown('data set', spec.dataset, self.datasets)}")
        name = self.datasets[spec.dataset]
        return f"{name}-s{seed}" if load_dataset(name, self.config).generated else name

    def dataset(self, data: str) -> MiniworldDataset | AvaDataset:
        """Return the data set of a data id."""
        match = _DATA_ID.fullmatch(data)
        return load_dataset(match["dataset"] if match else data, self.config)

    def data_seed(self, data: str) -> int:
        """Return the seed of a data id; 0 where all seeds share the data."""
        match = _DATA_ID.fullmatch(data)
        return int(match["seed"]) if match and match["seed"] else 0

    def decode_spec(self, data: str) -> DecodeSpec:
        """Return how a data set is decoded: the scale's sizes and the data set's own trim."""
        return self.scale.decode.model_copy(update={"trim": self.dataset(data).trim})

    def threads(self, stage: Stage) -> int:
        """Return how many threads one job of a stage gets."""
        return self.scale.resources[stage].threads

    def resources(self, stage: Stage) -> dict[str, int]:
        """Return what else one job of a stage may use: `mem_mb`, `runtime` in minutes, and `gpus` if it needs any."""
        limits = self.scale.resources[stage].model_dump(exclude={"threads"})
        return {name: value for name, value in limits.items() if name != "gpus" or value > 0}

    # What each stage reads

    def detector_inputs(self, data: str) -> Paths:
        """Return what the detector is trained on: videos and labels of the training split."""
        split = self.dataset(data).train_split
        return {"manifest": self.files.manifest(data, split), "labels": self.files.raw(data, split)["labels"]}

    def clip_inputs(self, experiment: str, seed: int, split: str) -> Paths:
        """Return what clips and boxes of one split are cut from."""
        data = self.data(self.experiment(experiment), seed)
        raw = self.files.raw(data, split)
        videos = {"manifest": self.files.manifest(data, split), "detections": self.files.detections(data, split)}
        # Labels of other splits are for evaluating alone.
        labels = {"labels": raw["labels"]} if split == self.dataset(data).train_split else {}
        return {**videos, **labels, "label_map": raw["label_map"]}

    def bank_inputs(self, experiment: str, seed: int, split: str) -> Paths:
        """Return the banks that a model reads: frozen features of its own boxes (init), and the long-term one."""
        spec = self.experiment(experiment)
        frozen = spec.init_experiment if spec.freeze_backbone else None
        sources = {"init": frozen, "bank": spec.bank.experiment if spec.bank else None}
        pooling = {"init": "step" if spec.operator.kind == "sto" else "clip", "bank": "clip"}
        return {
            f"{role}_{name}": path
            for role, source in sources.items()
            if source is not None
            for name, path in self.files.bank(source, seed, split, pooling[role]).items()
        }

    def init_inputs(self, experiment: str, seed: int) -> Paths:
        """Return the checkpoint that training starts from, if another experiment makes it."""
        source = self.experiment(experiment).init_experiment
        return {} if source is None else {"init": self.files.checkpoint(source, seed)}

    def train_inputs(self, experiment: str, seed: int) -> Paths:
        """Return all that training reads and a rule makes."""
        split = self._dataset_of(experiment, seed).train_split
        clips = self.clip_inputs(experiment, seed, split)
        return {**clips, **self.init_inputs(experiment, seed), **self.bank_inputs(experiment, seed, split)}

    def train_flags(self, experiment: str, seed: int) -> str:
        """Return the flags of training that not every experiment has: initial weights and banks."""
        file = self.experiment(experiment).init_file
        init = {"init": file} if file is not None else self.init_inputs(experiment, seed)
        split = self._dataset_of(experiment, seed).train_split
        return flags({**init, **self.bank_inputs(experiment, seed, split)})

    def predict_inputs(self, experiment: str, seed: int) -> Paths:
        """Return what predicting reads besides the checkpoint."""
        split = self._dataset_of(experiment, seed).test_split
        return {**self.clip_inputs(experiment, seed, split), **self.bank_inputs(experiment, seed, split)}

    def predict_flags(self, experiment: str, seed: int) -> str:
        """Return the flags of predicting that not every experiment has: banks."""
        return flags(self.bank_inputs(experiment, seed, self._dataset_of(experiment, seed).test_split))

    def bank_flags(self, experiment: str, seed: int, split: str, pooling: str) -> str:
        """Return the flags of making a bank that not every bank has: labels, and keeping time steps apart."""
        labels = {n: path for n, path in self.clip_inputs(experiment, seed, split).items() if n == "labels"}
        return " ".join([flags(labels), *(["--per-step"] if pooling == "step" else [])]).strip()

    def evaluate_flags(self, experiment: str, seed: int) -> str:
        """Return what a result has to say of its data: the run, the data and the split."""
        data = self.data(self.experiment(experiment), seed)
        return flags({"scale": self.name, "data": data, "split": self.dataset(data).test_split})

    def evaluate_inputs(self, experiment: str, seed: int) -> Paths:
        """Return what predictions are scored against."""
        data = self.data(self.experiment(experiment), seed)
        raw = self.files.raw(data, self.dataset(data).test_split)
        return {name: raw[name] for name in ("labels", "excluded", "label_map")}

    def table_inputs(self, target: str) -> list[str]:
        """Return the metrics files that a table needs, for all seeds of the scale."""
        return [self.files.metrics(*trained) for trained in self._trained_for(target)]

    def table_logs(self, target: str) -> list[str]:
        """Return the losses of all trainings that a table's values come from."""
        return [self.files.losses(*trained) for trained in self._trained_for(target)]

    def _trained_for(self, target: str) -> list[tuple[str, int]]:
        experiments = dict.fromkeys(found.experiment for found in self.tables[target].measurements)
        return [(experiment, seed) for experiment in experiments for seed in self.scale.seeds]

    def resolved_table(self, target: str) -> ResolvedTable:
        """Return what the tabulate step needs to know of a table and of this run."""
        scale, seeds = self.scale.name, self.scale.seeds
        return ResolvedTable(table=self.tables[target], run=self.name, scale=scale, seeds=seeds, datasets=self.datasets)

    def _dataset_of(self, experiment: str, seed: int) -> MiniworldDataset | AvaDataset:
        return self.dataset(self.data(self.experiment(experiment), seed))
