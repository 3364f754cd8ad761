"""Draw boxes and what is said about them on frames."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]

LEAST_SIDE = 360  # pixels of the short side, below which text could not be read
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_COLOURS = ((230, 60, 50), (40, 120, 230), (30, 150, 70), (200, 90, 200), (220, 140, 20), (20, 150, 160))
_WHITE = (255, 255, 255)


def draw_boxes(frame: Frame, boxes: npt.NDArray[np.floating], lines: Sequence[Sequence[str]]) -> Frame:
    """Return the frame with boxes and lines of text at them.

    A frame whose short side is below 360 pixels is enlarged by a whole factor first, so frames of one size come out in
    one size. Lines that do not fit are left out, a line that is too wide is shortened; text stays inside the frame.

    Args:
        frame: uint8 [H, W, 3], RGB; it is not changed.
        boxes: [N, 4] x1, y1, x2, y2 as parts of the frame.
        lines: N times the lines of text for a box, most important first.
    """
    factor = max(1, -(-LEAST_SIDE // min(frame.shape[:2])))
    canvas = np.ascontiguousarray(frame.repeat(factor, 0).repeat(factor, 1))
    height, width = canvas.shape[:2]
    unit = min(height, width) / LEAST_SIDE
    thickness = max(1, round(2 * unit))
    corners = np.clip(np.asarray(boxes, np.float64).reshape(-1, 4), 0, 1) * [
        width - 1,
        height - 1,
        width - 1,
        height - 1,
    ]
    for number, (box, texts) in enumerate(zip(corners.round().astype(int).tolist(), lines, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        cv2.rectangle(canvas, tuple(box[:2]), tuple(box[2:]), colour, thickness, cv2.LINE_AA)
        _write(canvas, box, texts, colour, 0.42 * unit)
    return canvas


def _write(canvas: Frame, box: list[int], texts: Sequence[str], colour: tuple[int, int, int], scale: float) -> None:
    """Write lines above the box where there is room, else from its upper edge down."""
    height, width = canvas.shape[:2]
    stroke = max(1, round(scale * 2))
    (_, ascent), descent = cv2.getTextSize("Ag", _FONT, scale, stroke)
    step = ascent + descent + max(2, ascent // 4)
    shown = [_fitting(text, width - 2 * stroke, scale, stroke) for text in texts][: max(0, height // step)]
    top = box[1] - step * len(shown)
    top = top if top >= 0 else min(box[1], height - step * len(shown))
    for text in shown:
        (wide, _), _ = cv2.getTextSize(text, _FONT, scale, stroke)
        left = max(0, min(box[0], width - wide - 2 * stroke))
        cv2.rectangle(canvas, (left, top), (left + wide + 2 * stroke, top + step - 1), colour, cv2.FILLED)
        cv2.putText(canvas, text, (left + stroke, top + ascent + 1), _FONT, scale, _WHITE, stroke, cv2.LINE_AA)
        top += step


def _fitting(text: str, room: int, scale: float, stroke: int) -> str:
    """Return the text, in characters that the font has, cut to the room there is (pixels)."""
    text = text.encode("ascii", "replace").decode()
    while len(text) > 1 and cv2.getTextSize(text, _FONT, scale, stroke)[0][0] > room:
        text = text[:-1]
    return text
