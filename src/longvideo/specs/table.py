"""A table of a document as data: its cells, the printed numbers, and the claims that its cells test.

A cell is one of three things: measured (`experiment` and `metric`), computed without data (`static`), or only printed.
A cell that has not been measured stays empty; a printed number is never copied into it.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Name, Positive, Spec
from longvideo.specs.experiment import EXPERIMENT_ID, ExperimentId

Printed = float | str
CellKey = tuple[str, str]
"""[row key, column key]."""


class Measurement(Spec):
    """A value in the metrics files of an experiment, one per seed; `metric` is a dotted path, such as `groups.CLIP`."""

    experiment: ExperimentId = Field(pattern=EXPERIMENT_ID)
    metric: str = Field(pattern=r"^[A-Za-z0-9_.]+$")


class CellSpec(Spec):
    """One cell: where our value comes from, and what the document prints there."""

    experiment: ExperimentId | None = Field(default=None, pattern=EXPERIMENT_ID)
    metric: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.]+$")
    static: str | None = None
    printed: Printed | None = None
    quoted: bool = False

    @property
    def measurement(self) -> Measurement | None:
        """What is measured for this cell, if anything is."""
        if self.experiment is None or self.metric is None:
            return None
        return Measurement(experiment=self.experiment, metric=self.metric)

    @model_validator(mode="after")
    def _has_one_origin(self) -> "CellSpec":
        if (self.experiment is None) != (self.metric is None):
            raise ValueError("expected experiment and metric together")
        if self.experiment is not None and self.static is not None:
            raise ValueError("expected either an experiment or static, found both")
        if self.experiment is None and self.static is None and self.printed is None:
            raise ValueError("expected an experiment, static or printed, found neither")
        return self


class ColumnSpec(Spec):
    """A column; `ours_only` marks one that the document does not have."""

    key: str
    label: str
    ours_only: bool = False


class RowSpec(Spec):
    """A row; `quoted` marks others' numbers that the document repeats, `ours_only` a row that it does not have."""

    key: str
    label: str
    quoted: bool = False
    ours_only: bool = False
    cells: dict[str, CellSpec]


class GreaterClaim(Spec):
    """`left` is greater than `right`: the paired difference over seeds is above zero."""

    kind: Literal["greater"]
    id: Name
    text: str
    source: str
    left: CellKey | Measurement
    right: CellKey | Measurement


class TrendClaim(Spec):
    """The value rises with log2 of `x`: the slope, fitted per seed, is above zero (`direction: falls`: below)."""

    kind: Literal["trend"]
    id: Name
    text: str
    source: str
    cells: tuple[CellKey | Measurement, ...] = Field(min_length=3)
    x: tuple[Positive, ...]
    direction: Literal["rises", "falls"] = "rises"

    @model_validator(mode="after")
    def _one_x_per_cell(self) -> "TrendClaim":
        if len(self.x) != len(self.cells):
            raise ValueError(f"expected one x per cell, found {len(self.x)} for {len(self.cells)} cells")
        return self


class NoGainClaim(Spec):
    """A control keeps less than `share` of the gain: left - right < share * (gain - right), paired per seed."""

    kind: Literal["no_gain"]
    id: Name
    text: str
    source: str
    left: CellKey | Measurement
    right: CellKey | Measurement
    gain: CellKey | Measurement
    share: float = Field(default=0.25, gt=0, lt=1)


ClaimSpec = Annotated[GreaterClaim | TrendClaim | NoGainClaim, Field(discriminator="kind")]


def claim_cells(claim: GreaterClaim | TrendClaim | NoGainClaim) -> tuple[CellKey | Measurement, ...]:
    """List what a claim compares, in the order of its keys."""
    if isinstance(claim, TrendClaim):
        return claim.cells
    if isinstance(claim, NoGainClaim):
        return (claim.left, claim.right, claim.gain)
    return (claim.left, claim.right)


class TableSpec(Spec):
    """One table of a document."""

    target: Name
    document: Literal["thesis", "cm"]
    where: str
    title: str
    note: str = ""
    protocol: str
    unit: str = ""
    format: str = Field(default=".1f", pattern=r"^\.[0-9]f$")
    higher_is_better: bool = True
    columns: tuple[ColumnSpec, ...] = Field(min_length=1)
    rows: tuple[RowSpec, ...] = Field(min_length=1)
    claims: tuple[ClaimSpec, ...] = ()

    def cell(self, key: CellKey) -> CellSpec:
        """Return the cell of [row key, column key]; KeyError if there is none."""
        return {row.key: row for row in self.rows}[key[0]].cells[key[1]]

    def measurement(self, place: CellKey | Measurement) -> Measurement:
        """Return what is measured at a claim's place, a cell of this table or an experiment named directly."""
        if isinstance(place, Measurement):
            return place
        measured = self.cell(place).measurement
        if measured is None:
            raise KeyError(place)
        return measured

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Everything that the cells and claims need measured, each once, in the order of the table."""
        cells = [cell.measurement for row in self.rows for cell in row.cells.values()]
        claims = [self.measurement(place) for claim in self.claims for place in claim_cells(claim)]
        return tuple(dict.fromkeys(found for found in [*cells, *claims] if found is not None))

    @model_validator(mode="after")
    def _keys_agree(self) -> "TableSpec":
        columns = [column.key for column in self.columns]
        rows = [row.key for row in self.rows]
        for kind, keys in (("columns", columns), ("rows", rows), ("claims", [claim.id for claim in self.claims])):
            if len(set(keys)) != len(keys):
                raise ValueError(f"expected {kind} with keys of their own, found {', '.join(keys)}")
        for row in self.rows:
            for key in row.cells:
                if key not in columns:
                    raise ValueError(f"row {row.key!r}: expected cells of {', '.join(columns)}, found {key!r}")
        for claim in self.claims:
            for place in claim_cells(claim):
                try:
                    self.measurement(place)
                except KeyError:
                    raise ValueError(f"claim {claim.id!r}: expected measured cells, found {place}") from None
        return self


class ResolvedTable(Spec):
    """What the tabulate step gets: the table and the run whose metrics fill it.

    `datasets` maps the document's data sets to those that the run used for them.
    """

    table: TableSpec
    run: str
    scale: Name
    seeds: tuple[int, ...]
    datasets: dict[Name, Name]
