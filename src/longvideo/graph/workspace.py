"""One run: what its names and wildcards mean, and which files every stage of every experiment reads."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from longvideo.errors import UserError
from longvideo.files.layout import Inputs, Layout, Paths
from longvideo.graph.actions import ActionFiles
from longvideo.graph.arguments import flags
from longvideo.graph.clips import ClipFiles
from longvideo.graph.figures import measured_for
from longvideo.graph.recognition import FusionFiles, StreamFiles
from longvideo.graph.speed import FILM, SpeedFiles
from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.dataset import BoxDataset, Dataset, PoolDataset, RecognitionDataset
from longvideo.specs.decode import AnyDecodeSpec
from longvideo.specs.experiment import init_file
from longvideo.specs.experiments import Experiment
from longvideo.specs.figure import Figure, VideoFigure
from longvideo.specs.load import CONFIG, load_dataset, load_experiment, load_figure, load_table, names
from longvideo.specs.problems import unknown
from longvideo.specs.recognition import FusionSpec
from longvideo.specs.scale import ScaleSpec, Stage
from longvideo.specs.speed import SpeedSpec
from longvideo.specs.table import ResolvedTable, TableSpec

RESULTS = Path("results")
_DATA_ID = re.compile(r"(?P<dataset>[a-z][a-z0-9_]*?)(-s(?P<seed>[0-9]+))?")

ExperimentFiles = ActionFiles | StreamFiles | FusionFiles | SpeedFiles | ClipFiles


@dataclass(frozen=True)
class Workspace:
    """One run: a scale, and the data set that takes the place of the scale's own, if any."""

    scale: ScaleSpec
    override: str | None = None
    config: Path = CONFIG
    _experiments: dict[str, Experiment] = field(default_factory=dict, repr=False, compare=False)

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

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """All figures by target."""
        return {target: load_figure(target, self.config) for target in names("figures", self.config)}

    def experiment(self, experiment: str) -> Experiment:
        """Resolve `experiment/variant` at this run's scale; each is resolved once."""
        if experiment not in self._experiments:
            self._experiments[experiment] = load_experiment(experiment, self.scale, self.config)
        return self._experiments[experiment]

    def check(self) -> None:
        """Resolve every table, figure and what their experiments start from; UserError names the first mistake."""
        for logical, name in self.datasets.items():
            stands_for = load_dataset(name, self.config).stands_for
            if stands_for != logical:
                place = f"{self.config / 'scales' / self.scale.name}.yaml: datasets.{logical}"
                raise UserError(f"{place}: expected a data set that stands for {logical}, found {name} ({stands_for})")
        for target, table in self.tables.items():
            for measured in table.measurements:
                self._check_chain((f"table {target}", measured.experiment))
        for target, figure in self.figures.items():
            for experiment in measured_for(self, figure):
                self._check_chain((f"figure {target}", experiment))

    def _check_chain(self, chain: tuple[str, ...]) -> None:
        """Check the last experiment of a chain of dependencies, and what it depends on."""
        needed_by = " <- ".join(reversed(chain[:-1]))
        if chain[-1] in chain[:-1]:
            raise UserError(f"expected experiments that do not depend on themselves, found {chain[-1]} <- {needed_by}")
        try:
            self.files_of(chain[-1]).test_split(0)
        except UserError as error:
            raise UserError(f"{error} (needed by {needed_by})") from error
        for upstream in self.files_of(chain[-1]).upstream:
            self._check_chain((*chain, upstream))

    @property
    def measured(self) -> list[str]:
        """The experiments that the tables measure."""
        return list(dict.fromkeys(found.experiment for table in self.tables.values() for found in table.measurements))

    def measured_datasets(self) -> list[str]:
        """List the data sets that the tables' experiments use."""
        return list(dict.fromkeys(self.dataset_of(self.experiment(experiment)) for experiment in self.measured))

    def user_weights(self) -> list[str]:
        """List the users' own files of weights that the detector and the tables' experiments start from."""
        trained = [self.experiment(name) for experiment in self.measured for name in self.files_of(experiment).trained]
        inits = [self.scale.detector.init, *(getattr(spec, "init", None) for spec in trained)]
        files = [file for file in map(init_file, inits) if file is not None]
        return list(dict.fromkeys(files))

    # What wildcards mean

    def dataset_of(self, spec: Experiment | VideoFigure) -> str:
        """Return the name of the data set that an experiment or a figure uses in this run."""
        if spec.dataset not in self.datasets:
            place = f"{self.config / 'scales' / self.scale.name}.yaml: datasets"
            raise UserError(f"{place}: {unknown('data set', spec.dataset, self.datasets)}")
        return self.datasets[spec.dataset]

    def data(self, spec: Experiment | VideoFigure, seed: int) -> str:
        """Return the data id that it uses for one seed: `DATASET-sSEED` if generated, else `DATASET`."""
        name = self.dataset_of(spec)
        return f"{name}-s{seed}" if load_dataset(name, self.config).generated else name

    def dataset(self, data: str) -> Dataset:
        """Return the data set of a data id."""
        match = _DATA_ID.fullmatch(data)
        return load_dataset(match["dataset"] if match else data, self.config)

    def data_seed(self, data: str) -> int:
        """Return the seed of a data id; 0 where all seeds share the data."""
        match = _DATA_ID.fullmatch(data)
        return int(match["seed"]) if match and match["seed"] else 0

    def decode_spec(self, data: str) -> AnyDecodeSpec:
        """Return how a data set is decoded: as it says itself, or the scale's sizes and the data set's own trim."""
        dataset = self.dataset(data)
        if isinstance(dataset, PoolDataset | RecognitionDataset):
            return dataset.decode
        return self.scale.decode.model_copy(update={"trim": dataset.trim})

    def threads(self, stage: Stage) -> int:
        """Return how many threads one job of a stage gets."""
        return self.scale.resources[stage].threads

    def resources(self, stage: Stage) -> dict[str, int]:
        """Return what else one job of a stage may use: `mem_mb`, `runtime` in minutes, and `gpus` if it needs any."""
        limits = self.scale.resources[stage].model_dump(exclude={"threads"})
        return {name: value for name, value in limits.items() if name != "gpus" or value > 0}

    # What each stage reads

    def files_of(self, experiment: str) -> ExperimentFiles:
        """Return what knows the files that an experiment reads."""
        spec = self.experiment(experiment)
        if isinstance(spec, ActionSpec):
            return ActionFiles(self, spec)
        if isinstance(spec, SpeedSpec):
            return SpeedFiles(self, spec)
        if isinstance(spec, ClipsSpec):
            return ClipFiles(self, spec)
        return FusionFiles(self, spec) if isinstance(spec, FusionSpec) else StreamFiles(self, spec)

    def detector_inputs(self, data: str) -> Paths:
        """Return what the detector is trained on: videos and labels of the training split."""
        dataset = self.dataset(data)
        if not isinstance(dataset, BoxDataset):
            raise UserError(f"expected a data set of labelled boxes to train a detector on, found {data}")
        split = dataset.train_split
        return {"manifest": self.files.manifest(data, split), "labels": self.files.raw(data, split)["labels"]}

    def train_inputs(self, experiment: str, seed: int) -> Inputs:
        """Return all that training reads and a rule makes."""
        return self.files_of(experiment).train(seed)

    def train_flags(self, experiment: str, seed: int) -> str:
        """Return the flags of training: what rules make, the user's own file of weights, and where its times go."""
        files = self.files_of(experiment)
        init = init_file(getattr(files.spec, "init", None))
        beside = files.trained_beside(seed) if isinstance(files, ClipFiles) else {}
        return flags({**files.train(seed), **({"init": init} if init else {}), **beside})

    def predict_inputs(self, experiment: str, seed: int) -> Inputs:
        """Return what predicting reads besides the checkpoint."""
        return self.files_of(experiment).predict(seed)

    def predict_flags(self, experiment: str, seed: int) -> str:
        """Return the flags of predicting for them."""
        return flags(self.predict_inputs(experiment, seed))

    def bank_inputs(self, experiment: str, seed: int, split: str) -> Inputs:
        """Return what a bank of one split is made from besides the checkpoint."""
        files = self.files_of(experiment)
        if not isinstance(files, ActionFiles):
            raise UserError(f"expected an experiment on the actions of boxes to make a bank with, found {experiment}")
        return files.clips(seed, split)

    def bank_flags(self, experiment: str, seed: int, split: str) -> str:
        """Return the flags of making a bank for them."""
        return flags(self.bank_inputs(experiment, seed, split))

    def evaluate_inputs(self, experiment: str, seed: int) -> Inputs:
        """Return predictions and what they are scored against."""
        return self.files_of(experiment).evaluate(seed)

    def evaluate_flags(self, experiment: str, seed: int) -> str:
        """Return the flags of evaluating: for these files, and what a result has to say of its data."""
        files = self.files_of(experiment)
        data = f"{FILM}-s{seed}" if isinstance(files, SpeedFiles) else self.data(files.spec, seed)
        return flags({**files.evaluate(seed), "scale": self.name, "data": data, "split": files.test_split(seed)})

    def evaluate_threads(self, experiment: str) -> int:
        """Return how many threads evaluating gets: of the stage, or what a measurement of speed asks for."""
        spec = self.experiment(experiment)
        return spec.threads if isinstance(spec, SpeedSpec) else self.threads("evaluate")

    def evaluate_resources(self, experiment: str) -> dict[str, int]:
        """Return what else evaluating may use: of the stage; of `predict`, GPUs and all, where speed is measured."""
        stage: Stage = "predict" if isinstance(self.experiment(experiment), SpeedSpec) else "evaluate"
        return {"gpus": 0, **self.resources(stage)}

    def table_inputs(self, target: str) -> list[str]:
        """Return the metrics files that a table needs, for all seeds of the scale."""
        return [self.files.metrics(experiment, seed) for experiment, seed in self._measured(target)]

    def table_logs(self, target: str) -> list[str]:
        """Return the losses of all trainings that a table's values come from."""
        trained = [(name, seed) for experiment, seed in self._measured(target)
                   for name in self.files_of(experiment).trained]  # fmt: skip
        return [self.files.losses(*training) for training in dict.fromkeys(trained)]

    def _measured(self, target: str) -> list[tuple[str, int]]:
        experiments = dict.fromkeys(found.experiment for found in self.tables[target].measurements)
        return [(experiment, seed) for experiment in experiments for seed in self.scale.seeds]

    def resolved_table(self, target: str) -> ResolvedTable:
        """Return what the tabulate step needs to know of a table and of this run."""
        scale, seeds = self.scale.name, self.scale.seeds
        specs = [self.experiment(experiment) for experiment, _ in self._measured(target)]
        datasets = {spec.dataset: self.dataset_of(spec) for spec in specs}
        return ResolvedTable(table=self.tables[target], run=self.name, scale=scale, seeds=seeds, datasets=datasets)
