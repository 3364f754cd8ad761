"""A table of a document as data: its cells, the printed numbers, and the claims that its cells test.

A cell is one of four things: measured (`experiment` and `metric`), derived from measured cells (`mean_of`,
`difference`: the first minus the second, `ratio`: the first over the second), computed without data (`static`), or only
printed. A cell that has not been
measured stays empty; a printed number is never copied into it.
"""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Name, Spec
from longvideo.specs.claim import CellKey, ClaimSpec, Measurement, claim_cells
from longvideo.specs.experiment import EXPERIMENT_ID, ExperimentId

Printed = float | str
MAX_DEPTH = 3
"""Of cells derived from derived cells."""
Terms = tuple[tuple[float, Measurement], ...]
"""A sum of measurements, each with its factor; of a plain measurement the one term."""


class CellSpec(Spec):
    """One cell: where our value comes from, what the document prints there, and what a reader must know of the two."""

    experiment: ExperimentId | None = Field(default=None, pattern=EXPERIMENT_ID)
    metric: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.]+$")
    mean_of: tuple[CellKey | Measurement, ...] = ()
    difference: tuple[CellKey | Measurement, CellKey | Measurement] | None = None
    ratio: tuple[CellKey | Measurement, CellKey | Measurement] | None = None
    static: str | None = None
    printed: Printed | None = None
    quoted: bool = False
    note: str = ""

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
        origins = {name: getattr(self, name) for name in ("experiment", "mean_of", "difference", "ratio", "static")}
        found = [name for name, value in origins.items() if value]
        if len(found) > 1:
            raise ValueError(f"expected one of {', '.join(origins)}, found {' and '.join(found)}")
        if not found and self.printed is None:
            raise ValueError(f"expected one of {', '.join(origins)} or printed, found none of them")
        return self

    @property
    def parts(self) -> tuple[tuple[float, CellKey | Measurement], ...]:
        """What this one is the sum of: cells and measurements, each with its factor."""
        if self.difference is not None:
            return ((1.0, self.difference[0]), (-1.0, self.difference[1]))
        return tuple((1 / len(self.mean_of), place) for place in self.mean_of)

    @property
    def ours(self) -> bool:
        """Whether we have a number of our own for it."""
        return self.measured or self.static is not None

    @property
    def measured(self) -> bool:
        """Whether that is measured, or derived from what is."""
        return self.measurement is not None or bool(self.parts) or self.ratio is not None


class ColumnSpec(Spec):
    """A column; `ours_only` marks one that the document does not have; `unit` of its numbers, if not the table's."""

    key: str
    label: str
    unit: str = ""
    ours_only: bool = False


class RowSpec(Spec):
    """A row; `quoted` marks others' numbers that the document repeats, `ours_only` a row that it does not have."""

    key: str
    label: str
    quoted: bool = False
    ours_only: bool = False
    cells: dict[str, CellSpec]


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

    def unit_at(self, place: CellKey | Measurement) -> str:
        """Return the unit of a place: that of its column, if it has one, else the table's."""
        own = "" if isinstance(place, Measurement) else {column.key: column.unit for column in self.columns}[place[1]]
        return own or self.unit

    def terms(self, place: CellKey | Measurement, depth: int = 0) -> Terms:
        """Return the sum that is measured at a place, a cell of this table or an experiment named directly.

        Raises:
            KeyError: There is no such cell, or it is neither measured nor a sum of measured cells.
        """
        if depth > MAX_DEPTH:
            raise KeyError(place)
        if isinstance(place, Measurement):
            return ((1.0, place),)
        cell = self.cell(place)
        if cell.measurement is not None:
            return ((1.0, cell.measurement),)
        if not cell.parts:
            raise KeyError(place)
        return tuple(
            (factor * inner, found) for factor, part in cell.parts for inner, found in self.terms(part, depth + 1)
        )

    def ratio(self, place: CellKey | Measurement) -> tuple[Terms, Terms] | None:
        """Return the sums that a cell is the ratio of, None if it is none.

        Raises:
            KeyError: There is no such cell, or one that it is derived from is not measured.
        """
        found = None if isinstance(place, Measurement) else self.cell(place).ratio
        return None if found is None else (self.terms(found[0]), self.terms(found[1]))

    def needs(self, place: CellKey | Measurement) -> tuple[Measurement, ...]:
        """Return all that a place needs measured.

        Raises:
            KeyError: As `terms` and `ratio`.
        """
        ratio = self.ratio(place)
        terms = self.terms(place) if ratio is None else ratio[0] + ratio[1]
        return tuple(found for _, found in terms)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Everything that the cells and claims need measured, each once, in the order of the table."""
        cells: list[CellKey | Measurement] = [
            (row.key, column) for row in self.rows for column, cell in row.cells.items() if cell.measured
        ]
        places = [*cells, *(place for claim in self.claims for place in claim_cells(claim))]
        return tuple(dict.fromkeys(found for place in places for found in self.needs(place)))

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
        for row in self.rows:
            for column, cell in row.cells.items():
                try:
                    _ = self.needs((row.key, column)) if cell.measured else ()
                except KeyError:
                    raise ValueError(f"row {row.key!r}: {column}: expected measured cells to derive it from") from None
        for claim in self.claims:
            for place in claim_cells(claim):
                try:
                    self.needs(place)
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
