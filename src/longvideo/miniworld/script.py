"""What a rendered video shows, frame by frame: the hand-over between a story and the renderer.

A story decides who does what and why; a script holds only what a camera would see. All positions are in units of the
frame's height or width, so that one script can be rendered at any size.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

NO_PROP = -1
CLOSED_BAG = -2


class Arms(IntEnum):
    """Where an actor holds the arms."""

    DOWN = 0
    UP = 1


@dataclass(frozen=True)
class ActorTrack:
    """One actor over F frames.

    Attributes:
        costume: Index of the costume's colour.
        visible: [F] whether the actor is in the shot.
        x: [F] centre of the body, fraction of the frame's width.
        foot: [F] height of the feet, fraction of the frame's height (0 is the top).
        height: [F] height of the body, fraction of the frame's height.
        girth: [F] width of the body relative to its usual width.
        arms: [F] an `Arms` value.
        prop: [F] `NO_PROP`, `CLOSED_BAG` or the index of the item that is shown.
    """

    costume: int
    visible: NDArray[np.bool_]
    x: Floats
    foot: Floats
    height: Floats
    girth: Floats
    arms: Ints
    prop: Ints


@dataclass(frozen=True)
class Shot:
    """A run of frames from one camera position: `start` and `end` are frames, end excluded."""

    start: int
    end: int
    location: int
    shift: tuple[float, float]


@dataclass(frozen=True)
class Label:
    """One row of the annotation: at second `second`, actor `actor` does action `action`."""

    second: int
    actor: int
    action: int


@dataclass(frozen=True)
class Script:
    """Everything that is rendered and annotated of one video.

    Attributes:
        fps: Frames per second.
        frames: F.
        shots: Partition of the F frames.
        light: [F, 3] gain of the red, green and blue channel.
        actors: The cast.
        labels: Annotations at whole seconds.
        excluded: Seconds that the annotation excludes from evaluation.
        scenery: Seed of the locations' backgrounds.
    """

    fps: int
    frames: int
    shots: list[Shot]
    light: Floats
    actors: list[ActorTrack]
    labels: list[Label]
    scenery: int
    excluded: list[int] = field(default_factory=list)
