"""Copy a run's tables, figures and metrics to the released results, which are kept in git."""

import argparse
import shutil
from pathlib import Path

from longvideo.commands._runs import add_run_arguments, chosen_run
from longvideo.errors import UserError
from longvideo.files.atomic import write_aside
from longvideo.files.figure_record import read_figure
from longvideo.files.metrics import is_dirty, read_metrics
from longvideo.files.table_record import read_table
from longvideo.graph import RESULTS
from longvideo.tables.store import RELEASED

PATTERNS = {
    "metrics": "*/*/s*.json",
    "tables": "*.json",
    "texts": "*.md",
    "figures": "*.svg",
    "pictures": "*.png",
    "records": "*.json",
}
FOLDERS = {"texts": "tables", "pictures": "figures", "records": "figures"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_run_arguments(parser)
    parser.add_argument("--allow-dirty", action="store_true", help="also numbers of code that is no commit")


def run(args: argparse.Namespace) -> None:
    """Check everything, then copy every file whole or not at all.

    Raises:
        UserError: There is nothing to release, a file is broken, or code that is no commit made it.
    """
    name = chosen_run(args).name
    source, released = RESULTS / name, RESULTS / RELEASED / name
    files = {kind: sorted((source / FOLDERS.get(kind, kind)).glob(pattern)) for kind, pattern in PATTERNS.items()}
    if not files["tables"]:
        raise UserError(
            f"{source / 'tables'}: expected tables to release, found none; make them with `snakemake all_tables`"
        )
    commits = {path: [read_metrics(path).commit] for path in files["metrics"]}
    commits |= {path: [made.commit for made in read_table(path).runs] for path in files["tables"]}
    commits |= {path: [found.commit, *found.commits] for path in files["records"] for found in [read_figure(path)]}
    dirty = [path for path, found in commits.items() if any(map(is_dirty, found))]
    if dirty and not args.allow_dirty:
        raise UserError(
            f"{dirty[0]} and {len(dirty) - 1} more: expected numbers of committed code, found a commit marked dirty; "
            "commit and run again, or pass --allow-dirty"
        )
    paths = [path for found in files.values() for path in found]
    copied = sum(_copy(path, released / path.relative_to(source)) for path in paths)
    print(f"{released}: {copied} files copied, {len(paths) - copied} were the same already")


def _copy(source: Path, destination: Path) -> bool:
    """Copy unless the bytes are the same already; tell whether they were not."""
    if destination.is_file() and destination.read_bytes() == source.read_bytes():
        return False
    with write_aside(destination) as aside:
        shutil.copyfile(source, aside)
    return True
