"""Parameters and multiply-adds of a model.

The multiply-adds are those of convolutions, linear layers and matrix products in one forward pass of one clip.
"""

import argparse
import json

from longvideo.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a name of --list, or several joined by '+'")
    parser.add_argument(
        "--list", action="store_true", help="list the names, with the sizes they are counted at by default"
    )
    parser.add_argument("--frames", type=int, metavar="T", help="frames of the clip")
    parser.add_argument("--size", type=int, metavar="S", help="height and width of the clip in pixels")
    parser.add_argument("--boxes", type=int, metavar="N", help="boxes in the clip (1)")
    parser.add_argument(
        "--slots", type=int, metavar="M", help="feature bank slots, shared by the boxes of a clip (300)"
    )
    parser.add_argument("--json", action="store_true", help='print {"params": ..., "macs": ...}')


def run(args: argparse.Namespace) -> int:
    """Print the counts, or the names."""
    # Here, because importing torch takes seconds that the other commands need not wait for.
    from longvideo.models.catalogue import CATALOGUE, complexity_of

    if args.list:
        longest = max(map(len, CATALOGUE))
        for name, entry in CATALOGUE.items():
            print(f"{name:{longest}}{entry.default.frames:4} frames of {entry.default.size:3} pixels   {entry.summary}")
        return 0
    if args.model is None:
        raise UserError("expected the name of a model, found none: 'longvideo complexity --list' names them")
    counted = complexity_of(args.model, args.frames, args.size, args.boxes, args.slots)
    if args.json:
        print(json.dumps({"params": counted.params, "macs": counted.macs}))
    else:
        print(f"parameters      {counted.params:>18,}")
        print(f"multiply-adds   {counted.macs:>18,}")
    return 0
