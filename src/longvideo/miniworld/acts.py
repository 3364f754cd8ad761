"""What figures do: the parts that actions are composed of, and how a take of them comes about.

An action has a look (setting, what is held), a motion of the body through the place, a change of brightness and a
movement of the arms. All of them but two motions, to the left and to the right, look the same in a mirror, as most
recognition flips its pictures.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from longvideo.miniworld.take import Color, Figure, Floats, Ints, Look, Setting, Shape, Take

Rng = np.random.Generator


class Motion(IntEnum):
    """How the body moves through the place; the camera follows most of the way."""

    STAY = 0
    RISE = 1
    SINK = 2
    PASS = 3
    ROCK = 4
    SHIVER = 5
    LEFT = 6
    RIGHT = 7


class Change(IntEnum):
    """Whose brightness goes up and down; everything else keeps the brightness that it happens to have."""

    NONE = 0
    PROP = 1
    CAP = 2


class Limbs(IntEnum):
    """How the arms move: not at all, turning up on the outside, or turning down on the outside."""

    HOLD = 0
    ROW_UP = 1
    ROW_DOWN = 2


@dataclass(frozen=True)
class Act:
    """One action; a setting of None may be any."""

    name: str
    setting: Setting | None
    shape: Shape
    motion: Motion = Motion.STAY
    change: Change = Change.NONE
    limbs: Limbs = Limbs.HOLD


@dataclass(frozen=True)
class Pace:
    """How fast everything moves, and how much the camera hides of it.

    Attributes:
        speed: Range of the speed of a body that rises, sinks or passes, in frame heights per frame at 12 frames per
            second.
        follow: Range of the share of the way of the body that the camera goes along.
        jitter: Standard deviation of the camera's shaking, in frame heights.
        drift: Standard deviation of the speed at which it turns away, in frame heights per frame.
        turn_s: Range of the seconds in which arms turn once.
        glow_s: Range of the seconds in which brightness goes up and down once.
        dim: The least brightness, a part of the greatest.
        swing: Range of the amplitude of rocking and shivering, the same for both, so that only their rates tell them
            apart, in frame heights.
        rock_s: Range of the seconds of a swing that rocks.
        shiver_s: Range of the seconds of a swing that shivers.
    """

    speed: tuple[float, float] = (0.0085, 0.0125)
    follow: tuple[float, float] = (0.7, 1.0)
    jitter: float = 0.014
    drift: float = 0.003
    turn_s: tuple[float, float] = (2.5, 3.5)
    glow_s: tuple[float, float] = (2.0, 3.0)
    dim: float = 0.55
    swing: tuple[float, float] = (0.03, 0.04)
    rock_s: tuple[float, float] = (1.5, 2.0)
    shiver_s: tuple[float, float] = (0.4, 0.5)


HANDHELD = Pace()
"""0.7 to 1 of 80 pixels per frame, under a shaking camera: what a codec's motion vectors carry, mean by mean."""
STEADY = Pace(
    (0.010, 0.014),
    follow=(0.0, 0.4),
    jitter=0.001,
    drift=0.0005,
    turn_s=(2.0, 2.6),
    glow_s=(0.7, 1.1),
    dim=0.35,
    swing=(0.12, 0.16),
    rock_s=(1.6, 2.2),
    shiver_s=(0.7, 0.9),
)
"""Plain enough for a network to learn it from the pixels of a few hundred videos: a camera that stands almost still,
and arms whose direction clips of few frames still show, 2/3 s apart, the largest stride of multigrid training."""


def shake(rng: Rng, frames: int, size: float, memory: float = 0.5) -> Floats:
    """Return [F, 2] shaking about zero with standard deviation `size`."""
    steps = rng.normal(0, size * np.sqrt(1 - memory**2), size=(frames, 2))
    path = np.zeros((frames, 2))
    path[0] = rng.normal(0, size, size=2)
    for frame in range(1, frames):
        path[frame] = memory * path[frame - 1] + steps[frame]
    return path.astype(np.float32)


def way(rng: Rng, motion: Ints, fps: int, pace: Pace) -> tuple[Floats, Floats]:
    """Return how the body moves, [F, 2], as a way that the camera may follow and a swing that it does not."""
    speed = float(rng.uniform(*pace.speed)) * 12 / fps
    directions = np.zeros((len(Motion), 2))
    directions[Motion.RISE], directions[Motion.SINK], directions[Motion.PASS] = (
        (0, -1),
        (0, 1),
        (rng.choice([-1, 1]), 0),
    )
    directions[Motion.LEFT], directions[Motion.RIGHT] = (-1, 0), (1, 0)
    far = speed * np.cumsum(directions[motion], axis=0)
    rates = np.zeros(len(Motion))
    rates[Motion.ROCK], rates[Motion.SHIVER] = 1 / rng.uniform(*pace.rock_s), 1 / rng.uniform(*pace.shiver_s)
    turn = np.cumsum(rates[motion]) / fps + rng.uniform()
    swing = float(rng.uniform(*pace.swing)) * np.sin(2 * np.pi * turn) * (rates[motion] > 0)
    return (far - 0.5 * (far[0] + far[-1])).astype(np.float32), np.stack([0 * swing, swing], axis=1).astype(np.float32)


def glow(rng: Rng, change: Ints, fps: int, pace: Pace) -> Floats:
    """Return [F, 2] brightness of prop and cap: steady, or up and down."""
    level = np.empty((len(change), 2), np.float32)
    for index, changing in enumerate((Change.PROP, Change.CAP)):
        phase = float(rng.uniform())
        period = fps * float(rng.uniform(*pace.glow_s))
        turn = phase + np.cumsum(change == changing) / period
        level[:, index] = pace.dim + (1 - pace.dim) * (0.5 + 0.5 * np.sin(2 * np.pi * turn))
    return level


def arm_angles(rng: Rng, limbs: Ints, fps: int, seconds: tuple[float, float]) -> Floats:
    """Return [F, 2] angles of the arms: held anywhere, or turning."""
    rate = np.array([0.0, 1.0, -1.0])[limbs] / (fps * float(rng.uniform(*seconds)))
    angle = 2 * np.pi * (float(rng.uniform()) + np.cumsum(rate))
    return np.stack([angle, angle], axis=1).astype(np.float32)


def vivid(rng: Rng, low: int = 40, high: int = 235) -> Color:
    """Draw a colour whose strongest and weakest channels lie far apart."""
    values = rng.permutation([rng.uniform(low, low + 50), rng.uniform(low, high), rng.uniform(high - 50, high)])
    return tuple(int(value) for value in values)  # type: ignore[return-value]


def dress(rng: Rng, shape: Shape) -> Look:
    """Draw the look of a figure that holds `shape`."""
    return Look(
        cloth=int(rng.integers(2**31)),
        tall=float(rng.uniform(0.64, 0.78)),
        shirt=vivid(rng),
        trousers=vivid(rng),
        arms=vivid(rng) if rng.uniform() < 0.5 else SLEEVES[int(rng.integers(len(SLEEVES)))],
        cap=vivid(rng, 60, 255),
        shape=shape,
        prop=near(rng, PROPS[shape]),
    )


def near(rng: Rng, color: Color) -> Color:
    """Draw a colour like `color`."""
    red, green, blue = (int(np.clip(value + rng.normal(0, 16), 0, 255)) for value in color)
    return red, green, blue


PROPS: tuple[Color, ...] = ((235, 60, 50), (245, 220, 50), (60, 190, 70), (70, 110, 250), (235, 90, 235))
SLEEVES: tuple[Color, ...] = ((25, 25, 30), (240, 240, 235))


def take_of(act: Act, group: Rng, clip: Rng, frames: int, fps: int, pace: Pace = HANDHELD) -> Take:
    """Film one action: `group` draws what the clips of a group share, place and look; `clip` draws the rest."""
    setting = Setting(int(group.integers(len(Setting)))) if act.setting is None else act.setting
    look = dress(group, act.shape)
    constant = np.zeros(frames, np.int32)
    return shoot(
        clip,
        fps,
        (setting, int(group.integers(2**31))),
        ((look,), constant),
        constant + act.motion,
        constant + act.change,
        constant + act.limbs,
        pace,
    )


def shoot(
    rng: Rng,
    fps: int,
    place: tuple[Setting, int],
    looks: tuple[tuple[Look, ...], Ints],
    motion: Ints,
    change: Ints,
    limbs: Ints,
    pace: Pace = HANDHELD,
) -> Take:
    """Film one figure.

    Args:
        rng: Draws where the figure is, how the camera shakes, and when every movement begins.
        fps: Frames per second.
        place: Setting, and seed of the place.
        looks: The looks of the figure, and [F] which is seen when.
        motion: [F] `Motion` values.
        change: [F] `Change` values.
        limbs: [F] `Limbs` values.
        pace: How fast everything moves.
    """
    frames = len(motion)
    far, swing = way(rng, motion, fps, pace)
    drift = rng.normal(0, pace.drift, size=2) * (np.arange(frames)[:, None] - 0.5 * frames)
    camera = float(rng.uniform(*pace.follow)) * far + drift + shake(rng, frames, pace.jitter)
    body = far + drift + swing + 0.5 * shake(rng, frames, pace.jitter, 0.7)
    at = np.array([rng.uniform(-0.3, 0.3), 0.5 + 0.5 * looks[0][0].tall + rng.uniform(-0.06, 0.12)])
    figure = Figure(
        looks=looks[0],
        shown=looks[1],
        x=(body[:, 0] + at[0]).astype(np.float32),
        foot=(body[:, 1] + at[1]).astype(np.float32),
        arms=arm_angles(rng, limbs, fps, pace.turn_s),
        glow=glow(rng, change, fps, pace),
    )
    return Take(fps, frames, place[0], place[1], camera.astype(np.float32), figure)
