"""List the claims of the documents with their verdicts.

A claim holds or fails where the 95 % interval of the paired difference over seeds leaves zero out, and is undecided
where it does not.
"""

import argparse

from longvideo.commands._runs import add_run_arguments, chosen_run, wants_colour, width
from longvideo.files.table_record import ClaimRecord
from longvideo.graph import RESULTS
from longvideo.specs.load import load_table, names
from longvideo.tables.render import not_comparable
from longvideo.tables.store import stored_table, verdicts_in_words
from longvideo.tables.terminal import claim_text, paint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run_arguments(parser)
    parser.add_argument("--brief", action="store_true", help="leave out the numbers and the sources")


def run(args: argparse.Namespace) -> None:
    """Print every claim, table by table."""
    chosen = chosen_run(args)
    colour = wants_colour()
    judged: list[ClaimRecord] = []
    for target in names("tables"):
        table = load_table(target)
        if not table.claims:
            continue
        stored = stored_table(RESULTS, chosen.name, target)
        print(paint(f"{table.where}: {table.title}", "bold", colour))
        if stored is None:
            print(f"    not made at {chosen.name}: {len(table.claims)} claims wait for `{chosen.command(table)}`\n")
            continue
        judged += stored.table.claims
        for claim in stored.table.claims:
            print(claim_text(claim, stored.table, colour, width(), args.brief))
        print(f"    ({not_comparable(stored.table) or 'comparable with the printed numbers'})\n")
    print(f"{len(judged)} claims: {verdicts_in_words(judged) or 'none judged'}")
