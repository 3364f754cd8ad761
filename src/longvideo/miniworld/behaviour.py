"""What stories are composed of: spells of time, shots, and the motions of a body."""

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from longvideo.miniworld.script import Floats, Shot

Rng = np.random.Generator


class Motion(IntEnum):
    """How a body moves; every motion is periodic with a period of one to two seconds."""

    STAND = 0
    WALK = 1
    JUMP = 2
    CROUCH = 3
    TURN = 4


def spells(rng: Rng, frames: int, shortest: int, longest: int) -> list[tuple[int, int]]:
    """Cut `frames` frames into consecutive spells [start, end) of uniformly drawn lengths."""
    cuts = [0]
    while cuts[-1] < frames:
        cuts.append(cuts[-1] + int(rng.integers(shortest, longest + 1)))
    cuts[-1] = frames
    if len(cuts) > 2 and cuts[-1] - cuts[-2] < shortest:
        del cuts[-2]
    return list(pairwise(cuts))


def shots(rng: Rng, frames: int, fps: int, seconds: tuple[int, int], locations: int) -> list[Shot]:
    """Draw the shots; neighbours never share a location, so that each boundary is a visible cut."""
    result: list[Shot] = []
    for start, end in spells(rng, frames, seconds[0] * fps, seconds[1] * fps):
        others = [place for place in range(locations) if not result or place != result[-1].location]
        shift = (float(rng.uniform(0, 0.5)), float(rng.uniform(0, 1)))
        result.append(Shot(start, end, int(rng.choice(others)), shift))
    return result


def choose_per_spell(rng: Rng, frames: int, lengths: tuple[int, int], values: Sequence[int]) -> NDArray[np.int32]:
    """Return [frames] values that stay constant over spells; neighbouring spells differ."""
    track = np.zeros(frames, dtype=np.int32)
    last: int | None = None
    for start, end in spells(rng, frames, *lengths):
        last = int(rng.choice([value for value in values if value != last]))
        track[start:end] = last
    return track


def displacement(rng: Rng, motion: NDArray[np.int32], fps: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Turn a motion per frame into offsets of x and of the foot, and factors of height and girth, each [F].

    Offsets are in units of the body's height.
    """
    frames = len(motion)
    period = fps * float(rng.uniform(1.1, 1.6))
    phase = 2 * np.pi * (np.arange(frames) / period + float(rng.uniform()))
    x = np.where(motion == Motion.WALK, 0.32 * np.sin(phase), 0.0)
    foot = np.where(motion == Motion.JUMP, -0.28 * np.abs(np.sin(phase)), 0.0)
    height = np.where(motion == Motion.CROUCH, 1.0 - 0.4 * np.abs(np.sin(phase)), 1.0)
    girth = np.where(motion == Motion.TURN, 1.0 - 0.65 * np.abs(np.sin(phase)), 1.0)
    return tuple(track.astype(np.float32) for track in (x, foot, height, girth))  # type: ignore[return-value]
