"""Bring published results from a DVC remote and mark them as up to date: `dvc pull` and `longvideo mark` in one."""

import argparse

from longvideo.commands import mark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("-r", "--remote", metavar="NAME", help="a remote of .dvc/config, if not the default one")


def run(args: argparse.Namespace) -> None:
    """Check the remote if it is a folder, pull, and mark."""
    from longvideo.ledger.dvc import call, stores
    from longvideo.ledger.lock import read_lock
    from longvideo.ledger.mark import check_stores

    check_stores(read_lock(), stores())
    call("dvc", "pull", *(["--remote", args.remote] if args.remote else []))
    mark.run(args)
