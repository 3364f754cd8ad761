"""List the claims of the documents with their verdicts.

A claim holds or fails where the 95 % interval of the paired difference over seeds leaves zero out, and is undecided
where it does not.
"""

import argparse

from longvideo.commands._runs import Run, add_run_arguments, chosen_run, wants_colour, width
from longvideo.files.figure_record import FigureRecord
from longvideo.files.table_record import ClaimRecord, TableRecord
from longvideo.graph import RESULTS
from longvideo.specs.figure import TradeOffFigure
from longvideo.specs.load import load_figure, load_table, names
from longvideo.specs.table import TableSpec
from longvideo.tables.render import not_comparable
from longvideo.tables.store import stored_figure, stored_table, verdicts_in_words
from longvideo.tables.terminal import claim_texts, paint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run_arguments(parser)
    parser.add_argument("--brief", action="store_true", help="leave out the numbers and the sources")


def run(args: argparse.Namespace) -> None:
    """Print every claim, table by table and figure by figure."""
    chosen = chosen_run(args)
    colour = wants_colour()
    judged: list[ClaimRecord] = []
    tables = [load_table(target) for target in names("tables")]
    figures = [figure for target in names("figures") if isinstance(figure := load_figure(target), TradeOffFigure)]
    specs: list[TableSpec | TradeOffFigure] = [*tables, *figures]
    for spec in specs:
        if not spec.claims:
            continue
        print(paint(f"{spec.where}: {spec.title}", "bold", colour))
        made = _made(spec, chosen)
        if made is None:
            print(f"    not made at {chosen.name}: {len(spec.claims)} claims wait for `{chosen.command(spec)}`\n")
            continue
        judged += made.claims
        for text in claim_texts(made, colour, width(), args.brief):
            print(text)
        print(f"    ({not_comparable(made) or 'comparable with the printed numbers'})\n")
    print(f"{len(judged)} claims: {verdicts_in_words(judged) or 'none judged'}")


def _made(spec: TableSpec | TradeOffFigure, chosen: Run) -> TableRecord | FigureRecord | None:
    if isinstance(spec, TableSpec):
        table = stored_table(RESULTS, chosen.name, spec.target)
        return None if table is None else table.table
    figure = stored_figure(RESULTS, chosen.name, spec.target, spec.form)
    return None if figure is None else figure.figure
