"""The record of a table: what every cell and claim came out as, and the runs behind them.

JSON, `results/RUN/tables/TARGET.json`. It holds everything that is shown, so that showing a table needs neither the
configuration nor the metrics files.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from longvideo.files.record import Record, read_record, write_record

State = Literal["measured", "partial", "undefined", "not run", "static", "printed"]
"""Of a cell: all seeds ran; some did; they ran, but the metric has no value; none ran; computed without data; the
document's number alone, with nothing of ours to set beside it."""


class CellRecord(Record):
    """One cell.

    Attributes:
        row: Key of its row.
        column: Key of its column.
        state: See `State`.
        value: Mean over seeds, or the static number.
        error: Standard error of the mean over seeds; None below two seeds.
        deviation: Standard deviation over seeds; None below two seeds.
        per_seed: Value by seed.
        missing: Reason by seed that has no value.
        text: A static cell in words.
        origin: Where ours comes from: "experiment/variant metric", or the name of what is computed.
        printed: What the document prints, None where it prints nothing.
        quoted: Whether the document itself repeats the number from others' work.
        matches: Whether a static cell equals the printed one; None if there is nothing to compare.
        note: What else has to be known about the cell.
    """

    row: str
    column: str
    state: State
    value: float | None = None
    error: float | None = None
    deviation: float | None = None
    per_seed: dict[int, float] = Field(default_factory=dict)
    missing: dict[int, str] = Field(default_factory=dict)
    text: str | None = None
    origin: str = ""
    printed: float | str | None = None
    quoted: bool = False
    matches: bool | None = None
    note: str = ""


class HeadRecord(Record):
    """A row or a column: its key, what it is called, and whether it is quoted or ours alone."""

    key: str
    label: str
    quoted: bool = False
    ours_only: bool = False


class ClaimRecord(Record):
    """A claim and its verdict; `measure` says what `difference` and its 95 % interval from `low` to `high` are.

    `unit` is theirs; None, of records that know none, stands for the table's.
    """

    id: str
    kind: str
    text: str
    source: str
    verdict: str
    measure: str
    difference: float | None
    low: float | None
    high: float | None
    seeds: tuple[int, ...]
    reason: str
    unit: str | None = None


class RunRecord(Record):
    """A metrics file that a cell or claim was read from."""

    experiment: str
    variant: str
    seed: int
    dataset: str
    split: str
    protocol: str
    commit: str
    device: str
    spec_hash: str


class TableRecord(Record):
    """A table as it came out in one run.

    `run` is "mini", "mini-DATASET", ...; `datasets` maps the documents' data sets to those that the run uses for them.
    """

    target: str
    document: str
    where: str
    title: str
    note: str
    printed_protocol: str
    unit: str
    format: str
    scale: str
    run: str
    datasets: dict[str, str]
    seeds: tuple[int, ...]
    columns: tuple[HeadRecord, ...]
    rows: tuple[HeadRecord, ...]
    cells: tuple[CellRecord, ...]
    claims: tuple[ClaimRecord, ...]
    runs: tuple[RunRecord, ...]

    def cell(self, row: str, column: str) -> CellRecord | None:
        """Return the cell at two keys, None where the table has none."""
        return next((cell for cell in self.cells if (cell.row, cell.column) == (row, column)), None)


def write_table(path: Path, table: TableRecord) -> None:
    """Write a table's record, whole or not at all."""
    write_record(path, table)


def read_table(path: Path) -> TableRecord:
    """Read and check a table's record.

    Raises:
        UserError: The file is missing, too large, or not the record of a table.
    """
    return read_record(path, TableRecord, "table")
