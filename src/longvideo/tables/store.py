"""Where records of tables and figures are found: in the run's own results, else among the released ones."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from longvideo.files.figure_record import FigureRecord, read_figure
from longvideo.files.layout import Layout
from longvideo.files.table_record import CellRecord, ClaimRecord, State, TableRecord, read_table
from longvideo.tables.claims import FAILS, HOLDS, NOT_TESTABLE, UNDECIDED

RELEASED = "released"
STATE_ORDER: tuple[State, ...] = ("measured", "static", "partial", "undefined", "not run")
VERDICT_WORDS = {HOLDS: "hold", FAILS: "fail", UNDECIDED: "undecided", NOT_TESTABLE: "not testable"}


class Stored(NamedTuple):
    """A table's record and the file it was read from; `released` if it is one of the numbers kept in git."""

    table: TableRecord
    path: Path
    released: bool


def stored_table(results: Path, run: str, target: str) -> Stored | None:
    """Read a table's record of a run, from its own results or the released ones; None if there is neither.

    Args:
        results: Folder that holds the runs and the released results.
        run: Name of the run, such as "mini".
        target: Name of the table.

    Raises:
        UserError: The record is broken.
    """
    for root, released in ((results / run, False), (results / RELEASED / run, True)):
        path = Path(Layout(root).table(target)["json"])
        if path.exists():
            return Stored(read_table(path), path, released)
    return None


class StoredFigure(NamedTuple):
    """A figure's record and the picture that it is of; `released` if it is one of those kept in git."""

    figure: FigureRecord
    picture: Path
    released: bool


def stored_figure(results: Path, run: str, target: str, form: str) -> StoredFigure | None:
    """Find a figure of a run, in its own results or the released ones; None if there is neither.

    Args:
        results: Folder that holds the runs and the released results.
        run: Name of the run, such as "mini".
        target: Name of the figure.
        form: "svg" or "png".

    Raises:
        UserError: The record is broken.
    """
    for root, released in ((results / run, False), (results / RELEASED / run, True)):
        paths = Layout(root).figure(target, form)
        if Path(paths["record"]).exists() and Path(paths["picture"]).exists():
            return StoredFigure(read_figure(Path(paths["record"])), Path(paths["picture"]), released)
    return None


def cells_in_words(cells: Iterable[CellRecord], released: bool) -> str:
    """Count our cells by what became of them: "24 measured, 2 not run"; for released numbers "24 released, ..."."""
    names: dict[State, str] = {"measured": RELEASED} if released else {}
    states = [(cell.state, cell.matches) for cell in cells]
    counts = Counter(state for state, _ in states)
    found = [f"{counts[state]} {names.get(state, state)}" for state in STATE_ORDER if counts[state]]
    matching, differing = states.count(("static", True)), states.count(("static", False))
    found += [f"{matching} match" if matching else "", f"{differing} differ" if differing else ""]
    return ", ".join(filter(None, found)) or "none"


def verdicts_in_words(claims: Iterable[ClaimRecord]) -> str:
    """Count claims by verdict: "5 hold, 1 undecided"; empty without claims."""
    counts = Counter(claim.verdict for claim in claims)
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in VERDICT_WORDS.items() if counts[verdict])
