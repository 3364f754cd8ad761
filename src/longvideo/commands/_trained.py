"""What the headers of checkpoints say, so that a changed configuration cannot misread a trained model."""

import json
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from longvideo.errors import UserError
from longvideo.files.checkpoint import read_header
from longvideo.specs.base import Spec
from longvideo.specs.problems import as_user_error

S = TypeVar("S", bound=Spec)


class Trained(NamedTuple):
    """What a model was trained on; `names` of the classes is empty if the header says none."""

    seed: int
    classes: tuple[int, ...]
    names: tuple[str, ...]


def read_trained(path: Path, kind: str, spec: type[S]) -> tuple[S, Trained]:
    """Read the header of a checkpoint whose model tells classes.

    Raises:
        UserError: It is missing, damaged or of another kind.
    """
    header = read_header(path)
    found = read_spec(path, header, kind, spec)
    classes: Any = header.get("classes")
    names: Any = header.get("labels", [])  # earlier checkpoints have none
    seed = header.get("seed")
    if not (_all(classes, int) and _all(names, str) and len(names) in (0, len(classes)) and isinstance(seed, int)):
        raise UserError(f"{path}: expected ids and names of classes and a seed in its header; train it again")
    return found, Trained(seed, tuple(classes), tuple(names))


def read_spec(path: Path, header: dict[str, Any], kind: str, spec: type[S]) -> S:
    """Return the spec in a checkpoint's header.

    Raises:
        UserError: The checkpoint is of another kind, or its spec is none of this version.
    """
    if header.get("kind") != kind:
        raise UserError(f"{path}: expected a checkpoint of kind {kind!r}, found kind {header.get('kind')!r}")
    try:
        return spec.model_validate_json(json.dumps(header.get("spec")))
    except ValidationError as error:
        raise as_user_error(f"{path}: the spec in its header", error, spec) from error


def _all(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)
