"""What the specs of all experiments share: names, where weights come from, and the recipe of gradient descent.

An experiment is one file with one variant per row of a table. What a step receives is the resolved spec, in which
nothing is left to look up: see `longvideo.specs.load`.
"""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Name, Positive, Spec

FILE_PREFIX = "file:"
ExperimentId = str
"""`experiment/variant`, such as `ava_lfb/nl`."""
EXPERIMENT_ID = r"^[a-z][a-z0-9_]*/[a-z0-9][a-z0-9_]*$"


class OptimSpec(Spec):
    """Gradient descent with a step schedule; `steps` and `drop_at` count updates, `momentum` is of "sgd" alone."""

    optimizer: Literal["sgd", "adamw"] = "sgd"
    steps: Count
    batch: Count
    lr: Positive
    drop_at: tuple[Count, ...] = ()
    drop_factor: Positive = 0.1
    warmup_steps: int = Field(default=0, ge=0)
    warmup_lr: float = Field(default=0.0, ge=0)
    weight_decay: float = Field(ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)

    @model_validator(mode="after")
    def _drops_are_reached(self) -> "OptimSpec":
        if list(self.drop_at) != sorted(set(self.drop_at)) or any(drop >= self.steps for drop in self.drop_at):
            raise ValueError(f"expected drop_at to rise and to stay below steps ({self.steps}), found {self.drop_at}")
        return self


class NamedSpec(Spec):
    """One variant of an experiment at one scale, with nothing left open."""

    name: Name
    variant: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)
    dataset: Name

    @property
    def id(self) -> ExperimentId:
        """`experiment/variant`, the folder of everything that this experiment makes."""
        return f"{self.name}/{self.variant}"


def init_experiment(init: str | None) -> ExperimentId | None:
    """Return the experiment whose checkpoint of the same seed training starts from, if it starts from one."""
    return None if init is None or init.startswith(FILE_PREFIX) else init


def init_file(init: str | None) -> str | None:
    """Return the user's own file of weights that training starts from, if it starts from one."""
    return init.removeprefix(FILE_PREFIX) if init is not None and init.startswith(FILE_PREFIX) else None
