"""Arguments that several steps share."""

from typing import TypeVar

from pydantic import ValidationError

from longvideo.specs.base import Spec
from longvideo.specs.experiments import EXPERIMENT, Experiment, ExperimentSpec
from longvideo.specs.problems import as_user_error

S = TypeVar("S", bound=Spec)


def read_spec(text: str, kind: type[S]) -> S:
    """Read a resolved spec from the JSON text of `--spec`.

    Raises:
        UserError: It is no such spec.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise as_user_error("--spec", error, kind) from error


def read_experiment(text: str) -> Experiment:
    """Read a resolved experiment of any kind from the JSON text of `--spec`.

    Raises:
        UserError: It is none.
    """
    try:
        return EXPERIMENT.validate_json(text)
    except ValidationError as error:
        raise as_user_error("--spec", error, ExperimentSpec) from error
