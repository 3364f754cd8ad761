"""A script drawn as RGB frames: locations, lighting and actors made of a few filled shapes."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from longvideo.miniworld.script import CLOSED_BAG, NO_PROP, ActorTrack, Arms, Script

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]

COSTUMES = ((215, 40, 35), (40, 80, 225), (235, 200, 30), (40, 150, 60))
ITEMS = ((255, 255, 255), (0, 240, 240), (255, 40, 230))
SKIN = (235, 200, 170)
TROUSERS = (70, 70, 80)
BAG = (120, 80, 40)

WIDTH_OF_HEIGHT = 0.42
_SHIFT = 4
_ONE = 1 << _SHIFT


def background(scenery: int, location: int, height: int, width: int) -> Image:
    """Paint one location: a smooth, dim texture with a floor, twice as large as the frame, so that shots differ."""
    rng = np.random.default_rng([scenery, location])
    coarse = rng.uniform(60, 150, size=(5, 5, 3)) * rng.uniform(0.75, 1.0, size=3)
    image = cv2.resize(coarse.astype(np.float32), (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    horizon = int(height * rng.uniform(0.9, 1.2))
    image[horizon:] *= rng.uniform(0.7, 0.9)
    return np.clip(image, 0, 255).astype(np.uint8)


def render(script: Script, height: int, width: int) -> Iterator[Image]:
    """Yield the F frames of `script`, each uint8 [height, width, 3] RGB."""
    for shot in script.shots:
        canvas = background(script.scenery, shot.location, height, width)
        top, left = int(shot.shift[0] * height), int(shot.shift[1] * width)
        still = canvas[top : top + height, left : left + width]
        for frame in range(shot.start, shot.end):
            image = still.copy()
            cast = [actor for actor in script.actors if actor.visible[frame]]
            for actor in sorted(cast, key=lambda member: float(member.foot[frame])):
                draw_actor(image, actor, frame)
            yield lit(image, script.light[frame])


def lit(image: Image, gains: NDArray[np.float32]) -> Image:
    """Apply the light's gain per channel."""
    if np.all(gains == 1.0):
        return image
    return np.clip(image * gains, 0, 255).astype(np.uint8)


def actor_box(actor: ActorTrack, frame: int, aspect: float) -> Box:
    """Return x1, y1, x2, y2 in [0, 1] around body and raised arms; `aspect` is the frame's width over its height."""
    height = float(actor.height[frame])
    half = height * WIDTH_OF_HEIGHT * 0.62 / aspect
    x, foot = float(actor.x[frame]), float(actor.foot[frame])
    box = (x - half, foot - 1.04 * height, x + half, foot + 0.01)
    x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in box)
    return x1, y1, x2, y2


def _fixed(value: float) -> int:
    return round(value * _ONE)


def _point(x: float, y: float) -> tuple[int, int]:
    """Return a position as OpenCV takes it: whole numbers are the centres of pixels there, their edges in a box."""
    return _fixed(x - 0.5), _fixed(y - 0.5)


def _rectangle(image: Image, x1: float, y1: float, x2: float, y2: float, color: tuple[int, int, int]) -> None:
    cv2.rectangle(image, _point(x1, y1), _point(x2, y2), color, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def draw_actor(image: Image, actor: ActorTrack, frame: int) -> None:
    """Draw one actor: trousers, torso and cap in the costume's colour, head, arms and what the hands hold."""
    rows, columns = image.shape[:2]
    tall = float(actor.height[frame]) * rows
    half = 0.5 * WIDTH_OF_HEIGHT * tall * float(actor.girth[frame])
    x, foot = float(actor.x[frame]) * columns, float(actor.foot[frame]) * rows
    head = foot - 0.86 * tall
    costume = COSTUMES[actor.costume]
    _rectangle(image, x - 0.75 * half, foot - 0.3 * tall, x + 0.75 * half, foot, TROUSERS)
    _rectangle(image, x - half, foot - 0.74 * tall, x + half, foot - 0.26 * tall, costume)
    cv2.circle(image, _point(x, head), _fixed(0.14 * tall), SKIN, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    _rectangle(image, x - 0.16 * tall, foot - 1.02 * tall, x + 0.16 * tall, foot - 0.9 * tall, costume)
    reach = foot - (1.0 if actor.arms[frame] == Arms.UP else 0.4) * tall
    for side in (-1, 1):
        shoulder = x + side * 1.15 * half
        _rectangle(image, shoulder - 0.06 * tall, min(reach, foot - 0.68 * tall), shoulder + 0.06 * tall,
                   max(reach, foot - 0.68 * tall), SKIN)  # fmt: skip
    draw_prop(image, int(actor.prop[frame]), x, foot - 0.28 * tall, 0.26 * tall)


def draw_prop(image: Image, prop: int, x: float, y: float, radius: float) -> None:
    """Draw the closed bag, or an item whose colour and shape tell which one it is."""
    if prop == NO_PROP:
        return
    if prop == CLOSED_BAG:
        _rectangle(image, x - radius, y - 0.8 * radius, x + radius, y + 0.8 * radius, BAG)
        return
    color = ITEMS[prop]
    if prop == 0:
        cv2.circle(image, _point(x, y), _fixed(radius), color, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    elif prop == 1:
        _rectangle(image, x - radius, y - radius, x + radius, y + radius, color)
    else:
        corners = [(x, y - 1.2 * radius), (x - 1.1 * radius, y + radius), (x + 1.1 * radius, y + radius)]
        points = np.array([_point(a, b) for a, b in corners], dtype=np.int32)
        cv2.fillConvexPoly(image, points, color, cv2.LINE_AA, _SHIFT)
