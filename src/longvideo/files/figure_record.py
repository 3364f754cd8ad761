"""The record of a figure: what the picture beside it was drawn from.

JSON, `results/RUN/figures/TARGET.FORM.json`.
"""

from pathlib import Path

from pydantic import Field

from longvideo.files.record import Record, read_record, write_record
from longvideo.files.table_record import ClaimRecord


class PointRecord(Record):
    """A point of a plot; `x`, `y` and `size` are None where there is no number, and `note` says why."""

    panel: str
    label: str
    x: float | None = None
    y: float | None = None
    size: float | None = None
    note: str = ""


class FigureRecord(Record):
    """A figure as it came out in one run.

    Attributes:
        target: Name of the figure.
        document: "thesis" or "cm".
        where: Its number in the document.
        title: What it shows.
        note: What a reader must know.
        scale: Name of the scale.
        run: "mini", "mini-DATASET", ...
        datasets: The documents' data sets, and those that the run uses for them.
        data: Data ids of what was drawn.
        seeds: Seeds that it was drawn from.
        facts: What was chosen and measured for it, in words.
        points: Of a plot; a picture has none.
        units: Of the points' x, y and size.
        claims: What the document says of the points.
        commit: Commit of the code that drew it.
        commits: Commits of the code that measured what is drawn.
        devices: Where that was measured.
    """

    target: str
    document: str
    where: str
    title: str
    note: str
    scale: str
    run: str
    datasets: dict[str, str]
    data: tuple[str, ...]
    seeds: tuple[int, ...]
    facts: dict[str, str] = Field(default_factory=dict)
    points: tuple[PointRecord, ...] = ()
    units: tuple[str, str, str] = ("ms", "%", "bytes")
    claims: tuple[ClaimRecord, ...] = ()
    commit: str
    commits: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def write_figure(path: Path, figure: FigureRecord) -> None:
    """Write a figure's record, whole or not at all."""
    write_record(path, figure)


def read_figure(path: Path) -> FigureRecord:
    """Read and check a figure's record.

    Raises:
        UserError: The file is missing, too large, or not the record of a figure.
    """
    return read_record(path, FigureRecord, "figure")
