"""Shows the record of a table or a figure in a terminal, in the words of `render.py`."""

import textwrap
from collections.abc import Sequence

from longvideo.files.figure_record import FigureRecord, PointRecord
from longvideo.files.table_record import ClaimRecord, TableRecord
from longvideo.tables.claims import FAILS, HOLDS, NOT_TESTABLE, UNDECIDED
from longvideo.tables.render import claim_lines, clean, columns, header, lines, notes

STYLES = {HOLDS: "32", FAILS: "31", UNDECIDED: "33", NOT_TESTABLE: "2", "dim": "2", "bold": "1"}
INDENT = " " * 4


def paint(text: str, style: str, colour: bool) -> str:
    """Colour a text, if there is to be colour, in a style: a verdict, "dim" or "bold"."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colour and style in STYLES else text


def terminal(table: TableRecord, colour: bool, width: int) -> str:
    """Write a table for a terminal of `width` characters; the grid itself is never wrapped."""
    found = lines(table)
    # A printed line belongs to the line of ours above it; one that stands alone carries the row's own label.
    labels = [line.label if line.ours or line.alone else f"  {line.label}" for line in found]
    grid = _align([["", *columns(table)], *([label, *line.texts] for label, line in zip(labels, found))])
    parts = [paint(clean(f"{table.where}: {table.title}"), "bold", colour)]
    parts += [_wrapped(text, width) for text in header(table)]
    parts += ["", paint(grid[0], "bold", colour)]
    parts += [text if line.ours else paint(text, "dim", colour) for text, line in zip(grid[1:], found)]
    if notes(table):
        parts += ["", *(_wrapped(note, width) for note in notes(table))]
    if table.claims:
        parts += ["", paint("Claims", "bold", colour)]
        parts += claim_texts(table, colour, width)
    return "\n".join(parts) + "\n"


def figure_text(figure: FigureRecord, colour: bool, width: int) -> str:
    """Write what a figure shows and what it was drawn from, for a terminal of `width` characters."""
    seeds = f"seeds {', '.join(map(str, figure.seeds))}"
    used = ", ".join(figure.data) or ", ".join(sorted(set(figure.datasets.values())))
    facts = [f"scale {figure.scale}", f"run {figure.run}", f"data {used}", seeds, f"drawn by commit {figure.commit}"]
    facts += [
        f"{name} {', '.join(found)}"
        for name, found in (("commit", figure.commits), ("device", figure.devices))
        if found
    ]
    parts = [
        paint(clean(f"{figure.where}: {figure.title}"), "bold", colour),
        _wrapped(f"Ours: {'; '.join(facts)}.", width),
    ]
    parts += [_wrapped(f"{name}: {text}", width, INDENT) for name, text in figure.facts.items()]
    parts += [_wrapped(_point_text(point, figure.units), width, INDENT) for point in figure.points]
    parts += ["", _wrapped(figure.note, width)]
    if figure.claims:
        parts += ["", paint("Claims", "bold", colour), *claim_texts(figure, colour, width)]
    else:
        parts.append("Claims: none of its own.")
    return "\n".join(parts) + "\n"


def _point_text(point: PointRecord, units: Sequence[str]) -> str:
    values = zip((point.x, point.y, point.size), units)
    numbers = [f"{value:.4g} {unit}" for value, unit in values if value is not None]
    return f"{point.panel}: {point.label}: {', '.join([*numbers, *filter(None, [point.note])])}"


def claim_texts(made: TableRecord | FigureRecord, colour: bool, width: int, brief: bool = False) -> list[str]:
    """Write each claim with its verdict; unless `brief`, also what the verdict rests on."""
    whose = (made.unit, made.format) if isinstance(made, TableRecord) else (made.units[1], ".1f")
    return [_claim_text(claim, [] if brief else claim_lines(claim, *whose), colour, width) for claim in made.claims]


def _claim_text(claim: ClaimRecord, rest: Sequence[str], colour: bool, width: int) -> str:
    statement = _wrapped(f"{claim.verdict}: {claim.text}", width, INDENT)
    first = statement.replace(claim.verdict, paint(claim.verdict, claim.verdict, colour), 1)
    return "\n".join([first, *(paint(_wrapped(line, width, INDENT, INDENT), "dim", colour) for line in rest)])


def _wrapped(text: str, width: int, later: str = "", first: str = "") -> str:
    return textwrap.fill(clean(text), width, initial_indent=first, subsequent_indent=later)


def _align(grid: Sequence[Sequence[str]]) -> list[str]:
    # Not `clean`, which would take the indent of a label away.
    rows = [["".join(filter(str.isprintable, text)) for text in row] for row in grid]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
