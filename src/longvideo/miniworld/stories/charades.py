"""The stand-in for Charades: long takes in which one figure does one thing after another, and often two at once.

An action is something done with something: what is held shows in any picture, what is done with it only in motion or
change; which way the arms row is too fine for the blocks of a codec. Each thing is held for a while; the body and what
it does otherwise go their own ways meanwhile.
"""

from dataclasses import replace

import numpy as np

from longvideo.miniworld.acts import HANDHELD, Change, Limbs, Motion, Pace, Rng, dress, shoot
from longvideo.miniworld.behaviour import choose_per_spell
from longvideo.miniworld.take import Ints, Setting, Shape, Take

SHAPES = (Shape.BALL, Shape.BOX, Shape.RING)
VERBS = ("climb", "descend", "walk", "flash", "row forth", "row back")
CLASSES = (*(f"{verb} with a {shape.name.lower()}" for shape in SHAPES for verb in VERBS), "blink the cap")
MOVES = (Motion.STAY, Motion.RISE, Motion.SINK, Motion.PASS)
NOTHING, FLASH, FORTH, BACK, BLINK = range(5)
HELD_SECONDS = (3, 5)
DONE_SECONDS = (2, 3)
CLOSE = replace(HANDHELD, follow=(0.9, 1.0))
"""The camera goes all the way with the figure."""

Span = tuple[int, float, float]
"""Class, start and end in seconds."""


def tell(group: Rng, clip: Rng, frames: int, fps: int, pace: Pace) -> tuple[Take, list[Span]]:
    """Tell one video: `group` draws the place and the clothes that videos of one person share, `clip` the rest."""
    setting, place = Setting(int(group.integers(len(Setting)))), int(group.integers(2**31))
    cloth = int(group.integers(2**31))
    looks = tuple(dress(np.random.default_rng(cloth), shape) for shape in SHAPES)
    held = choose_per_spell(clip, frames, (HELD_SECONDS[0] * fps, HELD_SECONDS[1] * fps), range(len(SHAPES)))
    done = (DONE_SECONDS[0] * fps, DONE_SECONDS[1] * fps)
    motion = choose_per_spell(clip, frames, done, MOVES)
    other = choose_per_spell(clip, frames, done, range(5))
    change = np.select([other == FLASH, other == BLINK], [Change.PROP, Change.CAP], Change.NONE).astype(np.int32)
    limbs = np.select([other == FORTH, other == BACK], [Limbs.ROW_UP, Limbs.ROW_DOWN], Limbs.HOLD).astype(np.int32)
    take = shoot(clip, fps, (setting, place), (looks, held), motion, change, limbs, pace)
    return take, spans(held, motion, other, fps)


def spans(held: Ints, motion: Ints, other: Ints, fps: int) -> list[Span]:
    """Return what is done with what, from when to when."""
    with_thing = {
        0: motion == Motion.RISE,
        1: motion == Motion.SINK,
        2: motion == Motion.PASS,
        3: other == FLASH,
        4: other == FORTH,
        5: other == BACK,
    }
    tracks = {
        shape * len(VERBS) + verb: (held == shape) & active
        for shape in range(len(SHAPES))
        for verb, active in with_thing.items()
    }
    tracks[len(CLASSES) - 1] = other == BLINK
    found: list[Span] = []
    for label, active in tracks.items():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
        found += [(label, start / fps, end / fps) for start, end in edges.reshape(-1, 2).tolist()]
    return sorted(found, key=lambda span: span[1:])
