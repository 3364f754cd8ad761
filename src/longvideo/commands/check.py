"""Compare what is on disk with what a data set should hold.

Reads every annotation file and opens every annotated video: rows, videos, seconds, boxes, action ids, classes, splits
that share videos, missing, empty and unreadable files. Exit status 1 if anything is missing or wrong.
"""

import argparse
from pathlib import Path

from longvideo.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("dataset", metavar="DATASET", help="a name in config/datasets, such as ava")
    parser.add_argument("--root", type=Path, metavar="DIR", help="where the data set lies, if not where its file says")


def run(args: argparse.Namespace) -> int:
    """Print each problem on a line of its own, then what was looked at."""
    # Imported here: specs bring in pydantic, which the other commands need not wait for.
    from longvideo.data.dataset_check import check_dataset, relocated
    from longvideo.specs.dataset import MiniworldDataset, PoolDataset
    from longvideo.specs.load import load_dataset

    dataset = load_dataset(args.dataset)
    if isinstance(dataset, MiniworldDataset | PoolDataset):
        raise UserError(f"expected a data set with files of its own, found {args.dataset}: it is generated when needed")
    report = check_dataset(relocated(dataset, args.root) if args.root else dataset)
    for line in (*report.problems, *report.summary):
        print(line)
    print(f"{args.dataset}: {f'{len(report.problems)} problems' if report.problems else 'complete'}")
    return 1 if report.problems else 0
