"""Score predictions against official annotations."""

import argparse

from longvideo.commands import _score_ava, _score_charades

KINDS = {
    "ava": (_score_ava, "frame mAP at an overlap of 0.5"),
    "charades": (_score_charades, "mAP and wAP of whole videos"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one sub-command per kind of annotations."""
    kinds = parser.add_subparsers(title="annotations", required=True, metavar="ANNOTATIONS")
    for name, (module, summary) in KINDS.items():
        kind = kinds.add_parser(name, help=summary, description=module.__doc__)
        module.add_arguments(kind)
        kind.set_defaults(score=module.score)


def run(args: argparse.Namespace) -> None:
    """Score what the sub-command names."""
    args.score(args)
