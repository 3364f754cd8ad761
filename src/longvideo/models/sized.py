"""What a catalogue of models is made of."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn


class Sizes(NamedTuple):
    """What the inputs measure: frames and pixels (square) of the clip, boxes in it, bank slots that they share."""

    frames: int = 32
    size: int = 224
    boxes: int = 1
    slots: int = 300


class Sized(NamedTuple):
    """A model and what to call it with."""

    model: nn.Module
    inputs: tuple[Tensor, ...]


class Entry(NamedTuple):
    """One named model."""

    build: Callable[[Sizes], Sized]
    default: Sizes
    summary: str
