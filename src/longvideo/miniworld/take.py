"""What one camera take of an action shows, frame by frame: the hand-over between a story and `film`.

Lengths are in units of the frame's height, so that one take can be filmed at any size. Places are those of the world:
the camera's view starts with its centre at x = 0 and its upper edge at y = 0, and moves with `Take.camera`.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Color = tuple[int, int, int]


class Setting(IntEnum):
    """What a place is made of, told by its colours; patterns are drawn per place and tell nothing."""

    MEADOW = 0
    WATER = 1
    SAND = 2
    SNOW = 3
    NIGHT = 4


class Shape(IntEnum):
    """What a figure holds before itself."""

    BALL = 0
    BOX = 1
    TENT = 2
    RING = 3
    CROSS = 4


@dataclass(frozen=True)
class Look:
    """How a figure looks, and what it holds.

    Attributes:
        cloth: Seed of the unevenness of the clothes.
        tall: Height of the body.
        shirt: Colour of torso and sleeves.
        trousers: Colour of the legs.
        arms: Colour of the arms, which may be lighter or darker than what is behind them.
        cap: Colour of the cap at full brightness.
        shape: What is held.
        prop: Colour of what is held, at full brightness.
    """

    cloth: int
    tall: float
    shirt: Color
    trousers: Color
    arms: Color
    cap: Color
    shape: Shape
    prop: Color


@dataclass(frozen=True)
class Figure:
    """One figure over F frames.

    Attributes:
        looks: How the figure looks, at one time or another.
        shown: [F] which of the looks is seen.
        x: [F] centre of the body.
        foot: [F] where the feet are, downwards.
        arms: [F, 2] angles of the left and the right arm in radians, from hanging (0) outwards and up.
        glow: [F, 2] brightness of what is held and of the cap, in [0, 1].
    """

    looks: tuple[Look, ...]
    shown: Ints
    x: Floats
    foot: Floats
    arms: Floats
    glow: Floats


@dataclass(frozen=True)
class Take:
    """A video from one camera that may move.

    Attributes:
        fps: Frames per second.
        frames: F.
        setting: Pattern of the place.
        place: Seed of the place's colours and unevenness.
        camera: [F, 2] how far the view has moved to the right and downwards.
        figure: Who is seen.
    """

    fps: int
    frames: int
    setting: Setting
    place: int
    camera: Floats
    figure: Figure
