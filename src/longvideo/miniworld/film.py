"""A take drawn as RGB frames.

Everything moves by fractions of a pixel, and everything has a smooth texture of its own: a video encoder then finds
the motion of nearly every block, as it does in videos of the real world.
"""

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from longvideo.miniworld.take import Color, Figure, Floats, Look, Setting, Shape, Take

Image = NDArray[np.uint8]
Polygon = list[tuple[float, float]]

REACH = 1.0
"""How far the camera may move in any direction, in heights of the frame, before the place repeats mirrored."""
PLACES = ((85, 150, 70), (65, 110, 175), (190, 150, 95), (195, 200, 205), (60, 50, 75))
SKIN = (225, 185, 150)
_SHIFT = 4
_ONE = 1 << _SHIFT


def film(take: Take, height: int, width: int) -> Iterator[Image]:
    """Yield the F frames of `take`, each uint8 [height, width, 3] RGB."""
    canvas = paint_place(take.setting, take.place, height, width)
    painted = [paint_figure(look, height) for look in take.figure.looks]
    for frame in range(take.frames):
        right, down = (float(value) * height for value in take.camera[frame])
        image = _moved(canvas, -REACH * height - right, -REACH * height - down, height, width, cv2.BORDER_REFLECT)
        x = 0.5 * width + float(take.figure.x[frame]) * height - right
        foot = float(take.figure.foot[frame]) * height - down
        cloth, cover, props = painted[take.figure.shown[frame]]
        glow = np.prod(1 - props * (1 - take.figure.glow[frame]), axis=2, keepdims=True)
        sprite = np.concatenate([cloth * glow, cover], axis=2)
        layer = _moved(sprite, x - 0.5 * sprite.shape[1], foot - sprite.shape[0], height, width)
        behind = np.clip(image, 0, 255).astype(np.uint8)
        draw_arms(behind, take.figure, frame, x, foot, height)
        yield np.clip(behind * (1 - layer[..., 3:]) + layer[..., :3], 0, 255).astype(np.uint8)


def _moved(image: Floats, x: float, y: float, height: int, width: int, border: int = cv2.BORDER_CONSTANT) -> Floats:
    """Return [height, width, C] with the upper left corner of `image` at (x, y)."""
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=border)


def unevenness(rng: np.random.Generator, height: int, width: int, cell: float, channels: int = 3) -> Floats:
    """Return smooth noise [height, width, channels] in about [-1, 1] whose bumps are `cell` pixels wide."""
    size = (max(2, round(height / cell) + 1), max(2, round(width / cell) + 1), channels)
    coarse = rng.uniform(-1, 1, size=size).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)


def paint_place(setting: Setting, place: int, height: int, width: int) -> Floats:
    """Paint a place as far as the camera may see it: float32 [3 height, width + 2 height, 3]."""
    rng = np.random.default_rng([place, 0])
    rows, columns = round((1 + 2 * REACH) * height), round(width + 2 * REACH * height)
    image = np.array(PLACES[setting], np.float32) + rng.uniform(-18, 18, size=3).astype(np.float32)
    image = image + 26 * unevenness(rng, rows, columns, 0.32 * height)
    image += 14 * unevenness(rng, rows, columns, 0.13 * height)
    y, x = np.mgrid[:rows, :columns].astype(np.float32) / height
    wavelength, angle = rng.uniform(0.24, 0.36), rng.uniform(0, np.pi)
    along = 2 * np.pi / wavelength * (np.cos(angle) * x + np.sin(angle) * y)
    across = 1.4 * np.pi / wavelength * (np.sin(angle) * x - np.cos(angle) * y)
    amplitude = rng.uniform(12, 28, size=3) * rng.choice([-1.0, 1.0])
    image += (np.sin(along) * np.sin(across))[..., None] * amplitude
    return np.clip(image, 8, 247).astype(np.float32)


def paint_figure(look: Look, height: int) -> tuple[Floats, Floats, Floats]:
    """Paint a figure without its arms, its feet in the middle of the lower edge.

    Returns:
        cloth: [h, w, 3] colours times cover.
        cover: [h, w, 1] how much of the place is hidden.
        props: [h, w, 2] how much of it is what is held, and the cap.
    """
    tall = look.tall * height
    rows, columns = int(1.1 * tall) + 2, int(0.7 * tall) + 2
    x, foot = 0.5 * columns, rows - 1.0
    blank = np.zeros((rows, columns, 3), np.float32)
    image, cover = blank, blank[..., :1]
    parts = [
        (_box(x - 0.095 * tall, foot - 0.16 * tall, 0.075 * tall, 0.16 * tall), look.trousers),
        (_box(x + 0.095 * tall, foot - 0.16 * tall, 0.075 * tall, 0.16 * tall), look.trousers),
        (_box(x, foot - 0.51 * tall, 0.21 * tall, 0.23 * tall), look.shirt),
        (_round(x, foot - 0.85 * tall, 0.13 * tall), SKIN),
    ]
    for outline, color in parts:
        image, cover = _painted(image, cover, _mask(blank, [outline]), color)
    image = image + 26 * unevenness(np.random.default_rng([look.cloth, 1]), rows, columns, 0.16 * tall, 1) * cover
    cap = [(x - 0.17 * tall, foot - 0.9 * tall), (x - 0.12 * tall, foot - 1.06 * tall),
           (x + 0.12 * tall, foot - 1.06 * tall), (x + 0.17 * tall, foot - 0.9 * tall)]  # fmt: skip
    worn = _mask(blank, [cap])
    image, cover = _painted(image, cover, worn, look.cap)
    held = _mask(blank, outlines(look.shape, x, foot - 0.49 * tall, 0.24 * tall))
    if look.shape == Shape.RING:
        held = held - _mask(blank, [_round(x, foot - 0.49 * tall, 0.12 * tall)])
    image, cover = _painted(image, cover, held, look.prop)
    return np.clip(image, 0, 255) * cover, cover, np.concatenate([held, worn], axis=2)


def _painted(image: Floats, cover: Floats, mask: Floats, color: Color) -> tuple[Floats, Floats]:
    return image * (1 - mask) + np.array(color, np.float32) * mask, np.maximum(cover, mask)


def _mask(like: Floats, outlines: list[Polygon]) -> Floats:
    """Return [h, w, 1] how much of each pixel lies within any of the outlines."""
    image = np.zeros(like.shape[:2], np.uint8)
    for outline in outlines:
        _fill(image, outline, 255)
    return (image[..., None] / 255).astype(np.float32)


def outlines(shape: Shape, x: float, y: float, radius: float) -> list[Polygon]:
    """Return the polygons that make up what is held."""
    wide, narrow, side = 1.15 * radius, 0.4 * radius, 0.9 * radius
    return {
        Shape.BALL: [_round(x, y, radius)],
        Shape.RING: [_round(x, y, radius)],
        Shape.BOX: [_box(x, y, side, side)],
        Shape.TENT: [[(x, y - wide), (x + wide, y + side), (x - wide, y + side)]],
        Shape.CROSS: [_box(x, y, wide, narrow), _box(x, y, narrow, wide)],
    }[shape]


def _box(x: float, y: float, half_width: float, half_height: float) -> Polygon:
    left, right, top, bottom = x - half_width, x + half_width, y - half_height, y + half_height
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _round(x: float, y: float, radius: float) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False).tolist()
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def draw_arms(image: Image, figure: Figure, frame: int, x: float, foot: float, height: int) -> None:
    """Draw both arms from the shoulders outwards, much thinner than a macroblock; the body comes before them."""
    look = figure.looks[figure.shown[frame]]
    tall = look.tall * height
    half = 0.04 * tall
    for side, angle in zip((-1, 1), figure.arms[frame].tolist(), strict=True):
        right, down = side * math.sin(angle), math.cos(angle)
        start_x, start_y = x + side * 0.21 * tall, foot - 0.68 * tall
        hand_x, hand_y = start_x + 0.36 * tall * right, start_y + 0.36 * tall * down
        edge_x, edge_y = -down * half, right * half
        corners = [(start_x + edge_x, start_y + edge_y), (hand_x + edge_x, hand_y + edge_y),
                   (hand_x - edge_x, hand_y - edge_y), (start_x - edge_x, start_y - edge_y)]  # fmt: skip
        _fill(image, corners, look.arms)
        _fill(image, _round(hand_x, hand_y, 1.3 * half), SKIN)


def _fill(image: Image, corners: Polygon, color: Color | int) -> None:
    # OpenCV takes whole numbers for the centres of pixels.
    points = np.array([(round((x - 0.5) * _ONE), round((y - 0.5) * _ONE)) for x, y in corners], dtype=np.int32)
    cv2.fillConvexPoly(image, points, color, cv2.LINE_AA, _SHIFT)
