"""AVA's frame mAP from the official CSV files, under any of the four protocols of published numbers.

2018 (every row), 2019 (the 50 best rows of each frame), 2020 (also only frames that the ground truth lists, and no
excluded timestamps) and lfb (every row, in file order).
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from longvideo.commands._score_lines import NAME_WIDTH, percent
from longvideo.errors import UserError

if TYPE_CHECKING:
    from longvideo.metrics.ava_map import FrameMap

PROTOCOLS = ("2018", "2019", "2020", "lfb")
DEFAULT_PROTOCOL = "2019"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files, and how they are compared."""
    parser.add_argument("--ground-truth", type=Path, required=True, metavar="CSV", help="official labels")
    parser.add_argument("--detections", type=Path, required=True, metavar="CSV", help="labels with a score at the end")
    parser.add_argument("--label-map", type=Path, required=True, metavar="PBTXT", help="the actions that count")
    parser.add_argument("--excluded", type=Path, metavar="CSV", help="timestamps that do not count")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=DEFAULT_PROTOCOL, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help='print {"map", "ap": {id: value or null}}')


def score(args: argparse.Namespace) -> None:
    """Print the mAP, and the average precision of each action."""
    # Imported here: pyarrow would double the time that every other command takes to start.
    from longvideo.data.ava import read_detections, read_excluded, read_label_map, read_labels
    from longvideo.metrics.ava_map import frame_map, group_map

    labels = read_label_map(args.label_map)
    excluded = read_excluded(args.excluded) if args.excluded else None
    if excluded and args.protocol == "2020":
        print("longvideo: protocol 2020 has no excluded timestamps: --excluded is not looked at", file=sys.stderr)
    try:
        result = frame_map(
            read_labels(args.ground_truth),
            read_detections(args.detections),
            [label.id for label in labels],
            excluded,
            args.protocol,
        )
    except UserError as error:
        raise UserError(f"{args.ground_truth}: {error}") from None
    if args.json:
        print(json.dumps({"map": result.map, "ap": result.ap}))
        return
    groups = group_map(result.ap, {label.id: label.group for label in labels})
    names = {label.id: label.name for label in labels}
    for action, value in result.ap.items():
        print(f"{action:>4}  {names[action][:NAME_WIDTH]:<{NAME_WIDTH}} {percent(value)}")
    for name, value in groups.items():
        print(f"      {name[:NAME_WIDTH]:<{NAME_WIDTH}} {percent(value)}")
    print(f" mAP  {_counted(result):<{NAME_WIDTH}} {percent(result.map)}  ({args.protocol})")


def _counted(result: "FrameMap") -> str:
    return f"{result.ground_truth_boxes} boxes, {result.detections} detections, {result.frames} frames"
