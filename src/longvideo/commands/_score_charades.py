"""Charades' video-level mAP and wAP from the official annotation file and a submission.

The policy says what becomes of videos without any action: `official` gives them minus infinity for every class, as the
data set's own evaluator does; `nonempty` leaves them out, and equal scores share a threshold, as LFB and SlowFast do.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from longvideo.commands._score_lines import NAME_WIDTH, percent
from longvideo.errors import UserError

if TYPE_CHECKING:
    from longvideo.data.charades_submission import Submission

POLICIES = ("official", "nonempty")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files, and how they are compared."""
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="CSV", help="Charades_v1_test.csv")
    parser.add_argument(
        "--submission", type=Path, required=True, metavar="TXT", help="lines of a video id and its scores"
    )
    parser.add_argument(
        "--classes", type=Path, metavar="TXT", help="Charades_v1_classes.txt; default: 157 without names"
    )
    parser.add_argument("--policy", choices=POLICIES, default=POLICIES[0], help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help='print {"map", "wap"}')


def score(args: argparse.Namespace) -> None:
    """Print mAP and wAP, and the average precision of each class."""
    # Imported here: numpy is the larger part of the time that other commands take to start.
    from longvideo.data.charades import class_names, read_annotations, read_classes
    from longvideo.data.charades_submission import read_submission
    from longvideo.metrics.charades_map import video_map

    classes = read_classes(args.classes) if args.classes else class_names()
    labels = read_annotations(args.ground_truth, classes)
    submission = read_submission(args.submission, len(classes))
    _warn(submission, labels.videos, args.submission)
    try:
        result = video_map(submission.of(labels.videos), labels.video_targets(), args.policy)
    except UserError as error:
        raise UserError(f"{args.ground_truth}: {error}") from None
    if args.json:
        print(json.dumps({"map": result.map, "wap": result.wap}))
        return
    for code, name, value, count in zip(class_names(len(classes)), classes, result.ap, result.positives):
        shown = "" if name == code else name
        print(f"{code}  {shown[:NAME_WIDTH]:<{NAME_WIDTH}} {percent(value)}  {count:>5} videos")
    counted = f"{len(labels.videos)} videos, {result.videos} of them with actions"
    print(f" mAP  {counted:<{NAME_WIDTH}} {percent(result.map)}  ({args.policy})")
    print(f" wAP  {'':<{NAME_WIDTH}} {percent(result.wap)}")


def _warn(submission: "Submission", videos: tuple[str, ...], path: Path) -> None:
    """Say which videos the evaluator silently makes up for."""
    missing = sorted(set(videos) - set(submission.videos))
    others = sorted(set(submission.videos) - set(videos))
    if len(missing) == len(videos):
        raise UserError(f"{path}: expected videos of the ground truth, such as {missing[0]}, found none of them")
    for names, fate in (
        (missing, "are missing and score minus infinity"),
        (others, "are not in the ground truth and do not count"),
        (submission.repeated, "come several times: the last line counts"),
    ):
        if names:
            print(f"longvideo: {path}: {len(names)} videos {fate}; the first: {names[0]}", file=sys.stderr)
