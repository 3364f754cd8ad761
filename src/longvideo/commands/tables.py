"""List every table and figure of the two documents, and what has been made of it."""

import argparse
from itertools import groupby

from longvideo.commands._runs import (
    Run,
    Target,
    add_run_arguments,
    chosen_run,
    read_targets,
    wants_colour,
    width,
)
from longvideo.graph import RESULTS
from longvideo.specs.figure import MeasuredFigure, TradeOffFigure
from longvideo.specs.load import load_figure, load_table, names
from longvideo.tables.render import DOCUMENTS
from longvideo.tables.store import RELEASED, cells_in_words, stored_figure, stored_table, verdicts_in_words

HEADS = ("target", "printed", "ours", "claims", "what")
NOT_BUILT = "not built yet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Print one line for each target."""
    chosen = chosen_run(args)
    targets = read_targets()
    makers = dict.fromkeys(names("tables"), _row) | dict.fromkeys(names("figures"), _figure_row)
    built = makers.keys()
    rows = {found.target: makers.get(found.target, _unbuilt)(found, chosen) for found in targets}
    widths = [max(map(len, column)) for column in zip(HEADS, *rows.values())]
    limit = width() if wants_colour() else None
    print(f"Run {chosen.name}: from results/{chosen.name}; 'released' where only the numbers in git are there.")
    for document, group in groupby(targets, lambda found: found.document):
        print(f"\n{DOCUMENTS.get(document, document).capitalize()}")
        for row in [HEADS, *(rows[found.target] for found in group)]:
            line = "  ".join(text.ljust(size) for text, size in zip(row, widths)).rstrip()
            print(line[:limit])
    print(f"\n{len(built & rows.keys())} of {len(targets)} are built; show one with `longvideo show TARGET`.")


def _row(found: Target, chosen: Run) -> tuple[str, ...]:
    table = load_table(found.target)
    cells = [cell for row in table.rows for cell in row.cells.values()]
    printed = str(sum(cell.printed is not None for cell in cells))
    stored = stored_table(RESULTS, chosen.name, found.target)
    if stored is None:
        ours = sum(cell.ours for cell in cells)
        claims = f"{len(table.claims)} not run" if table.claims else ""
        return (found.target, printed, f"{ours} not run", claims, found.what)
    ours_in_words = cells_in_words(stored.table.cells, stored.released)
    return (found.target, printed, ours_in_words, verdicts_in_words(stored.table.claims), found.what)


def _figure_row(found: Target, chosen: Run) -> tuple[str, ...]:
    figure = load_figure(found.target)
    printed = str(len(figure.printed)) if isinstance(figure, MeasuredFigure) else ""
    stored = stored_figure(RESULTS, chosen.name, found.target, figure.form)
    ours = "not drawn" if stored is None else RELEASED if stored.released else "drawn"
    claims = "" if stored is None else verdicts_in_words(stored.figure.claims)
    if stored is None and isinstance(figure, TradeOffFigure) and figure.claims:
        claims = f"{len(figure.claims)} not run"
    return (found.target, printed, ours, claims, found.what)


def _unbuilt(found: Target, chosen: Run) -> tuple[str, ...]:
    return (found.target, "", NOT_BUILT, "", found.what)
