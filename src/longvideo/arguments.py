"""Arguments that several steps share."""

import argparse
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from longvideo.specs.base import Spec
from longvideo.specs.problems import as_user_error

S = TypeVar("S", bound=Spec)


def add_bank_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the banks that a model reads: features of its own boxes by a frozen backbone, and the long-term bank."""
    parser.add_argument(
        "--init-features", type=Path, help="features of the model's own boxes, if its backbone is frozen"
    )
    parser.add_argument("--init-index", type=Path, help="index of these features")
    parser.add_argument("--bank-features", type=Path, help="the long-term feature bank")
    parser.add_argument("--bank-index", type=Path, help="index of the long-term feature bank")


def read_spec(text: str, kind: type[S]) -> S:
    """Read a resolved spec from the JSON text of `--spec`.

    Raises:
        UserError: It is no such spec.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise as_user_error("--spec", error, kind) from error
