"""Show one table: ours, the printed numbers and the claims; of a figure, where its picture lies and what it is of."""

import argparse
import difflib

from longvideo.commands._runs import Run, add_run_arguments, chosen_run, read_targets, wants_colour, width
from longvideo.errors import UserError
from longvideo.graph import RESULTS
from longvideo.specs.figure import Figure
from longvideo.specs.load import load_figure, load_table, names
from longvideo.specs.table import TableSpec
from longvideo.tables.store import stored_figure, stored_table
from longvideo.tables.terminal import figure_text, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("target", metavar="TARGET", help="such as table_7_2a; 'longvideo tables' lists them")
    add_run_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the whole record, with the value of every seed")


def run(args: argparse.Namespace) -> None:
    """Print the table, or what is known of the figure.

    Raises:
        UserError: There is no such target, it is not built yet, or it has not been made.
    """
    chosen = chosen_run(args)
    _expect_built(args.target)
    if args.target in names("figures"):
        _show_figure(args.target, chosen, args.json)
        return
    stored = stored_table(RESULTS, chosen.name, args.target)
    if stored is None:
        raise _not_made(args.target, chosen, load_table(args.target))
    if args.json:
        print(stored.path.read_text(encoding="utf-8"), end="")
        return
    print(terminal(stored.table, wants_colour(), width()), end="")
    print(f"\nFrom {stored.path}{' (released with the repository)' if stored.released else ''}")


def _show_figure(target: str, chosen: Run, as_json: bool) -> None:
    figure = load_figure(target)
    stored = stored_figure(RESULTS, chosen.name, target, figure.form)
    if stored is None:
        raise _not_made(target, chosen, figure)
    if as_json:
        print(stored.figure.model_dump_json(indent=1))
        return
    print(figure_text(stored.figure, wants_colour(), width()), end="")
    print(f"\nPicture: {stored.picture}{' (released with the repository)' if stored.released else ''}")


def _not_made(target: str, chosen: Run, spec: TableSpec | Figure) -> UserError:
    return UserError(f"{target} has not been made at {chosen.name}: make it with `{chosen.command(spec)}`")


def _expect_built(target: str) -> None:
    built = [*names("tables"), *names("figures")]
    if target in built:
        return
    listed = {found.target: found for found in read_targets()}
    if target in listed:
        raise UserError(f"{target} ({listed[target].where}) is not built yet; built are {', '.join(built)}")
    close = difflib.get_close_matches(target, [*listed, *built], n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise UserError(f"unknown target {target!r}: {hint}'longvideo tables' lists all")
