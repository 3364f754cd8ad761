"""The stand-in for Something-Something: what is seen in a picture tells nothing, how it moves tells all.

Most actions go one way or the other, or first one way and then another: the order in time tells them apart, and, as in
the real data set, a mirror would change the label. What is held, by whom and in what kind of place is drawn anew for
every group, and is the same for all actions of the group.
"""

from dataclasses import dataclass

import numpy as np

from longvideo.miniworld.acts import STEADY, Limbs, Motion, Rng, dress, shoot
from longvideo.miniworld.take import Setting, Shape, Take

TURN = (0.4, 0.6)
"""When a second motion takes over, in parts of the video."""


@dataclass(frozen=True)
class Deed:
    """One action: motions that follow each other, and what the arms do."""

    name: str
    motions: tuple[Motion, ...] = (Motion.STAY,)
    limbs: Limbs = Limbs.HOLD


DEEDS = (
    Deed("Moving something up", (Motion.RISE,)),
    Deed("Moving something down", (Motion.SINK,)),
    Deed("Pushing something from left to right", (Motion.RIGHT,)),
    Deed("Pushing something from right to left", (Motion.LEFT,)),
    Deed("Lifting something up, then letting it down", (Motion.RISE, Motion.SINK)),
    Deed("Letting something down, then lifting it up", (Motion.SINK, Motion.RISE)),
    Deed("Pushing something to the right, then back", (Motion.RIGHT, Motion.LEFT)),
    Deed("Pushing something to the left, then back", (Motion.LEFT, Motion.RIGHT)),
    Deed("Lifting something up, then pushing it to the right", (Motion.RISE, Motion.RIGHT)),
    Deed("Pushing something to the right, then lifting it up", (Motion.RIGHT, Motion.RISE)),
    Deed("Letting something down, then pushing it to the left", (Motion.SINK, Motion.LEFT)),
    Deed("Pushing something to the left, then letting it down", (Motion.LEFT, Motion.SINK)),
    Deed("Rocking something slowly", (Motion.ROCK,)),
    Deed("Shaking something", (Motion.SHIVER,)),
    Deed("Waving around something upwards", limbs=Limbs.ROW_UP),
    Deed("Waving around something downwards", limbs=Limbs.ROW_DOWN),
)
NAMES = tuple(deed.name for deed in DEEDS)


def take_of(deed: Deed, look: Rng, group: Rng, clip: Rng, frames: int, fps: int) -> Take:
    """Film one action.

    Args:
        deed: The action.
        look: Draws what all actions of a group share: the kind of place, clothes and what is held.
        group: Draws what the clips of one action in a group share: the place itself.
        clip: Draws the rest.
        frames: Of the video.
        fps: Frames per second.
    """
    setting, shape = Setting(int(look.integers(len(Setting)))), Shape(int(look.integers(len(Shape))))
    constant = np.zeros(frames, np.int32)
    turn = round(float(clip.uniform(*TURN)) * frames)
    motion = np.where(np.arange(frames) < turn, deed.motions[0], deed.motions[-1]).astype(np.int32)
    place = (setting, int(group.integers(2**31)))
    return shoot(clip, fps, place, ((dress(look, shape),), constant), motion, constant, constant + deed.limbs, STEADY)
