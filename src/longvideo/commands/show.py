"""Show one table: ours, the printed numbers and the claims."""

import argparse
import difflib

from longvideo.commands._runs import add_run_arguments, chosen_run, read_targets, wants_colour, width
from longvideo.errors import UserError
from longvideo.graph import RESULTS
from longvideo.specs.load import load_table, names
from longvideo.tables.store import stored_table
from longvideo.tables.terminal import terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("target", metavar="TARGET", help="such as table_7_2a; 'longvideo tables' lists them")
    add_run_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the whole record, with the value of every seed")


def run(args: argparse.Namespace) -> None:
    """Print the table.

    Raises:
        UserError: There is no such target, it is not built yet, or its table has not been made.
    """
    chosen = chosen_run(args)
    _expect_built(args.target)
    stored = stored_table(RESULTS, chosen.name, args.target)
    if stored is None:
        command = chosen.command(load_table(args.target))
        raise UserError(f"{args.target} has not been made at {chosen.name}: make it with `{command}`")
    if args.json:
        print(stored.path.read_text(encoding="utf-8"), end="")
        return
    print(terminal(stored.table, wants_colour(), width()), end="")
    print(f"\nFrom {stored.path}{' (released with the repository)' if stored.released else ''}")


def _expect_built(target: str) -> None:
    built = names("tables")
    if target in built:
        return
    listed = {found.target: found for found in read_targets()}
    if target in listed:
        raise UserError(f"{target} ({listed[target].where}) is not built yet; built are {', '.join(built)}")
    close = difflib.get_close_matches(target, [*listed, *built], n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise UserError(f"unknown target {target!r}: {hint}'longvideo tables' lists all")
