"""What the commands that show tables share: which run is meant, and how a table of it is made."""

import argparse
import csv
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from longvideo.errors import UserError
from longvideo.specs.figure import Figure
from longvideo.specs.load import CONFIG, DEFAULT_SCALE, names
from longvideo.specs.problems import unknown
from longvideo.specs.table import TableSpec

PLAIN_WIDTH = 120


class Run(NamedTuple):
    """A run: its scale, and the data set that takes the place of the scale's own, if any."""

    scale: str
    dataset: str | None

    @property
    def name(self) -> str:
        """The run's folder below `results/`."""
        return self.scale if self.dataset is None else f"{self.scale}-{self.dataset}"

    def command(self, table: TableSpec | Figure) -> str:
        """Return the command that makes a table or a figure of this run."""
        static = isinstance(table, TableSpec) and not table.measurements
        changed = [] if self.scale == DEFAULT_SCALE else [f"scale={self.scale}"]
        changed += [] if self.dataset is None else [f"dataset={self.dataset}"]
        options = f" --config {' '.join(changed)}" if changed else ""
        return f"snakemake -c{1 if static else 2} {table.target}{options}"


class Target(NamedTuple):
    """A table or figure of the documents, as listed in `config/targets.csv`."""

    target: str
    document: str
    where: str
    kind: str
    what: str


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a run; they are named as Snakemake's `--config` keys."""
    parser.add_argument("--scale", default=DEFAULT_SCALE, metavar="S", help="smoke, mini or paper (%(default)s)")
    parser.add_argument("--dataset", metavar="NAME", help="a run whose data set was replaced by --config dataset=NAME")


def chosen_run(args: argparse.Namespace) -> Run:
    """Return the run that the arguments name.

    Raises:
        UserError: There is no such scale or data set.
    """
    for kind, name in (("scales", args.scale), ("datasets", args.dataset)):
        if name is not None and name not in names(kind):
            raise UserError(f"--{kind[:-1]}: {unknown(kind[:-1], name, names(kind))}")
    return Run(args.scale, args.dataset)


def read_targets(config: Path = CONFIG) -> list[Target]:
    """Read every table and figure of the two documents, built or not.

    Raises:
        UserError: The list is missing or has other columns.
    """
    path = config / "targets.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: run this from the root of the repository") from error
    if rows[:1] != [list(Target._fields)] or any(len(row) != len(Target._fields) for row in rows):
        raise UserError(f"{path}: expected rows of {','.join(Target._fields)}; restore the file from git")
    return [Target(*row) for row in rows[1:]]


def wants_colour() -> bool:
    """Tell whether the output goes to a terminal."""
    return sys.stdout.isatty()


def width() -> int:
    """Return the terminal's width; a fixed one where the output goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
