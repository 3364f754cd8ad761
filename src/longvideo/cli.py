"""The `longvideo` command: parses the call and hands it to one module of `commands`."""

import argparse
from importlib import import_module
from typing import NoReturn

from longvideo.errors import UserError, run_main

COMMANDS = (
    "tables",
    "show",
    "claims",
    "complexity",
    "multigrid",
    "score",
    "check",
    "predict",
    "motion",
    "reencode",
    "release",
    "publish",
    "pull",
    "mark",
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with its usage text."""
        raise UserError(f"{message} (see '{self.prog} --help')")


def build_parser() -> Parser:
    """Build the parser; each command's module adds its own arguments and says what to run."""
    parser = Parser(prog="longvideo", description=__doc__)
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"longvideo.commands.{name}")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        command = subparsers.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def call() -> int:
    """Parse the command line and run the command."""
    args = build_parser().parse_args()
    return int(args.run(args) or 0)


def main() -> None:
    """Entry point of the console script."""
    run_main(call)
