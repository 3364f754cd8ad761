"""The files that a step is given, by the names of their flags."""

import argparse
from pathlib import Path

from longvideo.errors import UserError

FILES = {
    "manifest": "list of the decoded videos, or of their optical flow",
    "videos": "list of the videos of the split",
    "labels": "labels of the split",
    "excluded": "timestamps that do not count",
    "label_map": "names of the classes",
    "detections": "detected boxes",
    "predictions": "scores to compare with the labels; of a fusion, one file per stream",
    "times": "how long training took",
    "init": "weights to start from",
    "init_features": "features of the model's own boxes, if its backbone is frozen",
    "init_index": "index of these features",
    "bank_features": "the long-term feature bank",
    "bank_index": "index of the long-term feature bank",
}


SEVERAL = ("predictions",)


class InputFiles:
    """Paths by name; which ones an experiment needs, its spec decides."""

    def __init__(self, paths: dict[str, tuple[Path, ...]]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> Path:
        """Return a path that is needed.

        Raises:
            UserError: It was not given.
        """
        return self.several(name)[0]

    def several(self, name: str) -> tuple[Path, ...]:
        """Return paths of which at least one is needed.

        Raises:
            UserError: None was given.
        """
        if not self._paths[name]:
            raise UserError(f"expected --{name.replace('_', '-')} for this experiment, found none")
        return self._paths[name]

    def get(self, name: str) -> Path | None:
        """Return a path, None if it was not given."""
        return self._paths[name][0] if self._paths[name] else None

    def all(self) -> list[Path]:
        """Return all paths that were given, in a fixed order."""
        return [path for paths in self._paths.values() for path in paths]


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add a flag per file."""
    for name, what in FILES.items():
        several = "+" if name in SEVERAL else 1
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, nargs=several, default=(), help=what)


def read_inputs(args: argparse.Namespace) -> InputFiles:
    """Return the files that were given."""
    return InputFiles({name: tuple(getattr(args, name)) for name in FILES})
