"""What a task hands over to be trained."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.utils.data import Dataset, Subset

from longvideo.specs.clips import ClipOptimSpec
from longvideo.specs.experiment import OptimSpec
from longvideo.training.loop import Rates
from longvideo.training.processes import Losses
from longvideo.training.schedule import Schedule


@dataclass(frozen=True)
class Ending:
    """What follows the last update: `run` gets the model and `batches`, of which each process has its part."""

    batches: Subset[Any]
    run: Callable[[Any, Iterator[Any]], None]


@dataclass(frozen=True)
class Training:
    """A training that is ready to start.

    Attributes:
        kind: Kind of the checkpoint, in its header.
        build: Builds the model with its initial weights, in training mode; the same for the same seed.
        batches: The batch of every step, by its number.
        losses: Losses of a batch by name; their sum is minimised.
        optim: The recipe's optimizer.
        schedule: Updates and learning rates.
        rate_factor: Maps the name of a parameter to what its learning rate is multiplied by; None leaves all alike.
        epsilon: Of Adam.
        examples: What is trained on; all processes must have found as many.
        classes: Ids of the classes.
        names: Their names.
        unused: Some parameters that are learned take no part in the losses.
        updated: Called with the model after each update, in all processes alike.
        ending: What follows the last one.
    """

    kind: str
    build: Callable[[], nn.Module]
    batches: Dataset[Any]
    losses: Callable[[Any, Any], Losses]
    optim: OptimSpec | ClipOptimSpec
    schedule: Rates
    examples: int
    classes: tuple[int, ...]
    names: tuple[str, ...]
    rate_factor: Callable[[str], float] | None = None
    epsilon: float = 1e-8
    unused: bool = False
    updated: Callable[[nn.Module], None] | None = None
    ending: Ending | None = None


def step_schedule(optim: OptimSpec) -> Schedule:
    """Return the updates and learning rates of a recipe that counts updates."""
    return Schedule(optim.steps, optim.lr, optim.drop_at, optim.drop_factor, optim.warmup_steps, optim.warmup_lr)
