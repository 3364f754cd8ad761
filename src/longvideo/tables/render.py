"""Puts a table's record into words: ours above, the printed number below, then the claims; writes it as Markdown.

`terminal.py` shows the same words, from `header`, `lines`, `notes` and `claim_lines`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from longvideo.files.figure_record import FigureRecord
from longvideo.files.table_record import CellRecord, ClaimRecord, RunRecord, TableRecord
from longvideo.tables.claims import NOT_TESTABLE

DOCUMENTS = {"thesis": "the thesis", "cm": "the collaborative-memory paper"}
SMALL_SCALES = ("smoke", "mini")
WORLD_PREFIX = "miniworld"


@dataclass(frozen=True)
class Line:
    """One line of the grid: ours or the printed numbers of a row, a text for each column.

    `alone` marks printed numbers without a line of ours above them.
    """

    label: str
    ours: bool
    texts: tuple[str, ...]
    alone: bool = False


def clean(text: str) -> str:
    """Drop control characters, which a file from elsewhere could send to the terminal."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def header(table: TableRecord) -> list[str]:
    """Say where ours and the printed numbers come from, and whether they can be compared."""
    printed = f"Printed: {table.where} of {DOCUMENTS.get(table.document, table.document)}"
    if not any(cell.per_seed or cell.missing for cell in table.cells):
        return [
            "Ours: computed on the document's own architectures, without data; the same at every scale.",
            f"{printed}.",
        ]
    seeds = ", ".join(map(str, table.seeds))
    facts = [
        f"scale {table.scale}",
        *([f"run {table.run}"] if table.run != table.scale else []),
        f"data {', '.join(_data(table))}",
        f"seeds {seeds}",
    ]
    facts += [f"{name} {', '.join(found)}" for name, found in _provenance(table.runs) if found]
    unit = f", in {table.unit}" if table.unit else ""
    spread = f"Cells are the mean ± its standard error over seeds{unit}."
    lines = [f"Ours: {'; '.join(facts)}.", f"{printed}, {table.printed_protocol}.", spread]
    return [*filter(None, [not_comparable(table)]), *lines]


def not_comparable(made: TableRecord | FigureRecord) -> str:
    """Say why numbers of a small scale mean nothing beside the printed ones; empty where they can be compared."""
    if made.scale not in SMALL_SCALES:
        return ""
    used = sorted(set(made.datasets.values()))
    if all(name.startswith(WORLD_PREFIX) for name in used):
        return "These numbers are from the procedural world and are not comparable with the printed ones."
    models = f"the small models of scale {made.scale} on {', '.join(used)}"
    return f"These numbers are of {models} and are not comparable with the printed ones."


def _data(table: TableRecord) -> list[str]:
    found = sorted({run.dataset for run in table.runs})
    return found or [f"{used} (for {name})" for name, used in sorted(table.datasets.items())]


def _provenance(runs: Sequence[RunRecord]) -> list[tuple[str, list[str]]]:
    names = {"split": "split", "protocol": "protocol", "commit": "commit", "device": "device"}
    return [(name, sorted({getattr(run, field) for run in runs})) for name, field in names.items()]


def lines(table: TableRecord) -> list[Line]:
    """Lay the rows out as lines: ours, then the printed numbers, each only where the row has any."""
    found = []
    for row in table.rows:
        cells = [table.cell(row.key, column.key) for column in table.columns]
        label = f"{row.label} (ours only)" if row.ours_only else row.label
        has_ours = any(cell is not None and cell.state != "printed" for cell in cells)
        has_printed = any(cell is not None and cell.printed is not None for cell in cells)
        all_quoted = all(cell.quoted for cell in cells if cell is not None)
        if has_ours:
            found.append(Line(label, True, tuple(ours_text(cell, table.format) for cell in cells)))
        if has_printed:
            name = "printed, quoted from others" if all_quoted else "printed"
            texts = tuple(printed_text(cell, table.format, all_quoted) for cell in cells)
            found.append(Line(name if has_ours else f"{label} ({name})", False, texts, alone=not has_ours))
    return found


def ours_text(cell: CellRecord | None, number_format: str) -> str:
    """Write our half of a cell; never the printed number."""
    if cell is None or cell.state == "printed":
        return "–"
    if cell.state == "static":
        text = cell.text if cell.text is not None else format(cell.value, number_format)
        return text if cell.matches is None else f"{text} ({'matches' if cell.matches else 'differs'})"
    if cell.value is None:
        return cell.state
    text = format(cell.value, number_format)
    if cell.error is not None:
        text += f" ± {format(cell.error, number_format)}"
    if cell.missing:
        return f"{text} ({len(cell.per_seed)} of {len(cell.per_seed) + len(cell.missing)} seeds)"
    return text if cell.error is not None else f"{text} (1 seed)"


def printed_text(cell: CellRecord | None, number_format: str, row_says_quoted: bool = False) -> str:
    """Write the document's half of a cell."""
    if cell is None or cell.printed is None:
        return "–"
    text = cell.printed if isinstance(cell.printed, str) else format(cell.printed, number_format)
    return f"{text} (quoted)" if cell.quoted and not row_says_quoted else text


def columns(table: TableRecord) -> list[str]:
    """Return the labels of the columns, those that the document does not have marked."""
    return [f"{column.label} (ours only)" if column.ours_only else column.label for column in table.columns]


def notes(table: TableRecord) -> list[str]:
    """Return the notes on the table and its cells."""
    return [*filter(None, [table.note]), *(f"{cell.row}: {cell.note}." for cell in table.cells if cell.note)]


def claim_lines(claim: ClaimRecord, unit: str, number_format: str) -> list[str]:
    """Say what a claim's verdict rests on, and where the statement comes from.

    Args:
        claim: The claim.
        unit: Of the numbers where the claim has none of its own.
        number_format: Of the numbers that it compares, such as ".1f".
    """
    found = []
    if claim.difference is not None:
        digits = f"+.{int(number_format[1:-1]) + 1}f"
        known = unit if claim.unit is None else claim.unit
        unit = {"%": " points", "": ""}.get(known, f" {known}")
        interval = ", 95 % interval unknown"
        if claim.low is not None and claim.high is not None:
            interval = f" [{format(claim.low, digits)}, {format(claim.high, digits)}]"
        number = f"{format(claim.difference, digits)}{unit}{interval}"
        found.append(f"{claim.measure}: {number}, seeds {', '.join(map(str, claim.seeds))}.")
    if claim.reason:
        found.append(f"{'Because' if claim.verdict == NOT_TESTABLE else 'Note'}: {claim.reason}.")
    return [*found, f"Source: {claim.source}"]


def markdown(table: TableRecord) -> str:
    """Write a table as Markdown."""
    parts = [clean(text) for text in (f"# {table.where}: {table.title}", *header(table))]
    rows = [["", *columns(table)], ["---"] * (len(table.columns) + 1)]
    for line in lines(table):
        mark = "**{}**" if line.ours else "*{}*"
        rows.append([mark.format(line.label), *(text if line.ours else f"*{text}*" for text in line.texts)])
    parts.append("\n".join("| " + " | ".join(clean(text).replace("|", "\\|") for text in row) + " |" for row in rows))
    parts += map(clean, notes(table))
    if table.claims:
        parts.append("## Claims")
        parts.append("Intervals are 95 % t-intervals of the paired difference over seeds.")
        for claim in table.claims:
            told = "\n".join(f"  {clean(line)}" for line in claim_lines(claim, table.unit, table.format))
            parts.append(f"- **{claim.verdict}**: {clean(claim.text)}\n{told}")
    return "\n\n".join(parts) + "\n"
