"""The metrics file: what one run of one variant scored, and everything needed to say what the numbers mean.

JSON, one file per experiment, variant and seed. Names are flat ("map", "groups.CLIP", "ap.12"). A metric that is
undefined (a class without ground truth) is null; a file never holds NaN or infinity.
"""

import math
from pathlib import Path

from pydantic import Field

from longvideo.files.record import Record, read_record, write_record

DIRTY = "dirty"


class Metric(Record):
    """One number and its unit ("%" for percent, "" for a plain ratio); None where it is undefined."""

    value: float | None
    unit: str


class RunMetrics(Record):
    """All metrics of one run.

    Attributes:
        experiment: Experiment name, such as "ava_lfb".
        variant: Variant of the experiment, such as "nl".
        seed: Seed of world, initialisation and sampling.
        scale: Name of the run: "smoke", "mini", "paper" or "mini-DATASET".
        dataset: Data set that was really used, with its seed where it is generated.
        split: Split that was scored.
        protocol: The evaluation protocol, in words.
        metrics: Flat name to value.
        counts: What the metrics were counted over, such as boxes or videos.
        commit: Commit of the code; ends in "dirty" where the working tree was changed.
        device: Where the model ran, in words.
        spec_hash: Hash of the resolved spec of the variant.
        software: Library to version.
    """

    experiment: str = Field(min_length=1)
    variant: str = Field(min_length=1)
    seed: int = Field(ge=0)
    scale: str = Field(min_length=1)
    dataset: str = Field(min_length=1)
    split: str = Field(min_length=1)
    protocol: str = Field(min_length=1)
    metrics: dict[str, Metric]
    counts: dict[str, int]
    commit: str
    device: str
    spec_hash: str
    software: dict[str, str]


def is_dirty(commit: str) -> bool:
    """Tell whether the code was not exactly the commit that it names."""
    return commit.endswith(DIRTY)


def measured(value: float, unit: str) -> Metric:
    """Make a metric of a computed number; NaN, a number's way to say undefined, becomes None.

    Raises:
        ValueError: `value` is infinite, which no metric of this project can be.
    """
    if math.isinf(value):
        raise ValueError(f"expected a finite metric, found {value}")
    return Metric(value=None if math.isnan(value) else float(value), unit=unit)


def metrics_path(root: Path, experiment_id: str, seed: int) -> Path:
    """Return where the metrics of `experiment/variant` and one seed lie below `root`."""
    return root / experiment_id / f"s{seed}.json"


def write_metrics(path: Path, run: RunMetrics) -> None:
    """Write the metrics of one run, whole or not at all."""
    write_record(path, run)


def read_metrics(path: Path) -> RunMetrics:
    """Read and check a metrics file.

    Raises:
        UserError: The file is missing, too large, or not a metrics file; the message names the first wrong key.
    """
    return read_record(path, RunMetrics, "metrics")
