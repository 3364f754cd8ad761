"""Measured cells: the value of a metric for every seed, from the metrics files of a run.

A seed without a file, or whose metric is undefined, has no value and a reason; nothing else is ever put in its place.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Final

from longvideo.errors import UserError
from longvideo.files.metrics import Metric, RunMetrics, metrics_path, read_metrics
from longvideo.files.table_record import State

NOT_RUN: Final = "not run"
UNDEFINED: Final = "undefined"
OTHER_DEVICE: Final = "measured on different devices"
FACTORS = {("", "%"): 100.0}
"""What a number of one unit is multiplied by to get another."""


@dataclass(frozen=True)
class Measured:
    """One metric of one experiment.

    Attributes:
        experiment_id: `experiment/variant`, or several in words.
        metric: Flat name of the metric.
        per_seed: Value by seed.
        missing: Reason by seed that has no value: "not run", "undefined" or "measured on different devices".
    """

    experiment_id: str
    metric: str
    per_seed: dict[int, float]
    missing: dict[int, str]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds that have a value."""
        return fmean(self.per_seed.values()) if self.per_seed else None

    @property
    def deviation(self) -> float | None:
        """Standard deviation over seeds (of n - 1); None below two seeds."""
        return stdev(self.per_seed.values()) if len(self.per_seed) > 1 else None

    @property
    def error(self) -> float | None:
        """Standard error of the mean over seeds; None below two seeds."""
        return None if self.deviation is None else self.deviation / math.sqrt(len(self.per_seed))

    @property
    def state(self) -> State:
        """Whether all seeds are "measured", some ("partial"), or none: "undefined" if any ran, else "not run"."""
        if self.per_seed:
            return "partial" if self.missing else "measured"
        return UNDEFINED if {UNDEFINED, OTHER_DEVICE} & set(self.missing.values()) else NOT_RUN

    @property
    def name(self) -> str:
        """What was measured, in words: "ava_lfb/nl map"."""
        return f"{self.experiment_id} {self.metric}"


class MetricsFolder:
    """The metrics files of a run; each is read once.

    Args:
        root: Folder that holds `EXPERIMENT/VARIANT/sSEED.json`.
        seeds: The seeds that the run is made of.
    """

    def __init__(self, root: Path, seeds: Iterable[int]) -> None:
        self.root = root
        self.seeds = tuple(seeds)
        self._runs: dict[tuple[str, int], RunMetrics | None] = {}

    @property
    def runs(self) -> list[RunMetrics]:
        """The metrics files that were read so far, by experiment and seed."""
        return [run for _, run in sorted(self._runs.items()) if run is not None]

    def run(self, experiment_id: str, seed: int) -> RunMetrics | None:
        """Return the metrics of one run, None if it has not run.

        Raises:
            UserError: The file is broken, or belongs to another experiment or seed than its path says.
        """
        key = (experiment_id, seed)
        if key not in self._runs:
            path = metrics_path(self.root, experiment_id, seed)
            run = read_metrics(path) if path.exists() else None
            if run is not None and (f"{run.experiment}/{run.variant}", run.seed) != key:
                found = f"{run.experiment}/{run.variant} seed {run.seed}"
                raise UserError(
                    f"{path}: expected metrics of {experiment_id} seed {seed}, found {found}; make it again"
                )
            self._runs[key] = run
        return self._runs[key]

    def measure(self, experiment_id: str, metric: str, unit: str = "") -> Measured:
        """Collect one metric of one experiment over the seeds of the run.

        Args:
            experiment_id: `experiment/variant`.
            metric: Flat name of the metric.
            unit: Unit that the values are wanted in; empty takes them as they are.

        Raises:
            UserError: A metrics file is broken or not the one that it should be, or has another unit.
        """
        per_seed: dict[int, float] = {}
        missing: dict[int, str] = {}
        for seed in self.seeds:
            run = self.run(experiment_id, seed)
            found = None if run is None else run.metrics.get(metric)
            if found is not None and found.value is not None:
                per_seed[seed] = found.value * self._factor(found, unit, experiment_id, metric)
            else:
                missing[seed] = NOT_RUN if run is None else UNDEFINED
        return Measured(experiment_id, metric, per_seed, missing)

    def combine(self, terms: Sequence[tuple[float, str, str]], unit: str = "") -> Measured:
        """Sum metrics by their factors, seed by seed: a mean or a difference of several experiments.

        Args:
            terms: Factor, experiment and metric of each; a single one is that metric itself.
            unit: Unit that the values are wanted in.
        """
        parts = [(factor, self.measure(experiment, metric, unit)) for factor, experiment, metric in terms]
        if len(parts) == 1:
            return parts[0][1]
        missing = {seed: reason for _, part in reversed(parts) for seed, reason in part.missing.items()}
        per_seed = {
            seed: sum(factor * part.per_seed[seed] for factor, part in parts)
            for seed in self.seeds
            if seed not in missing
        }
        names = [part.experiment_id for _, part in parts]
        joined = " - ".join(names) if any(factor < 0 for factor, _ in parts) else f"mean of {', '.join(names)}"
        return Measured(joined, parts[0][1].metric, per_seed, missing)

    def ratio(self, over: Sequence[tuple[float, str, str]], under: Sequence[tuple[float, str, str]]) -> Measured:
        """Divide two sums of metrics, see `combine`, seed by seed; what other devices measured is not compared."""
        top, bottom = self.combine(over), self.combine(under)
        missing = {**bottom.missing, **top.missing}
        per_seed: dict[int, float] = {}
        for seed in self.seeds:
            if seed in missing:
                continue
            runs = [self.run(experiment, seed) for _, experiment, _ in (*over, *under)]
            if len({run.device for run in runs if run is not None}) > 1:
                missing[seed] = OTHER_DEVICE
            elif not bottom.per_seed[seed]:
                missing[seed] = UNDEFINED
            else:
                per_seed[seed] = top.per_seed[seed] / bottom.per_seed[seed]
        return Measured(f"{top.experiment_id} / {bottom.experiment_id}", top.metric, per_seed, missing)

    def _factor(self, found: Metric, unit: str, experiment_id: str, metric: str) -> float:
        if not unit or found.unit == unit:
            return 1.0
        if (found.unit, unit) not in FACTORS:
            place = f"{self.root / experiment_id}: {metric}"
            raise UserError(f"{place}: expected the table's unit {unit!r}, found {found.unit!r}; correct the table")
        return FACTORS[found.unit, unit]


def gaps_in_words(cells: Iterable[Measured]) -> list[str]:
    """Say which metrics lack which seeds; those that lack the same seeds for the same reason share a phrase."""
    gaps: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        for reason in (NOT_RUN, UNDEFINED, OTHER_DEVICE):
            seeds = [seed for seed, why in cell.missing.items() if why == reason]
            if seeds:
                gaps.setdefault((reason, seeds_in_words(seeds)), []).append(cell.name)
    return [f"{reason} for {seeds}: {', '.join(dict.fromkeys(names))}" for (reason, seeds), names in gaps.items()]


def seeds_in_words(seeds: Iterable[int]) -> str:
    """Write "seed 3" or "seeds 0, 1, 2"."""
    numbers = [str(seed) for seed in seeds]
    return f"seed{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
