"""After `dvc pull`: mark what DVC proves current as up to date for Snakemake.

Names every file that is not what was published, in the workspace, in DVC's cache and in a remote that is a folder.
What an edited value has made stale is removed, and Snakemake makes it again; DVC still has it.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments."""


def run(args: argparse.Namespace) -> None:
    """Mark, and say what was found."""
    from longvideo.ledger.mark import mark

    found = mark()
    print(f"{found.current} files are current: Snakemake takes them as made here")
    for stage, reason in found.stale.items():
        print(f"stale: {stage} ({reason})")
    if found.removed:
        print(f"{found.removed} stale files removed: Snakemake makes them again; DVC keeps the published ones")
