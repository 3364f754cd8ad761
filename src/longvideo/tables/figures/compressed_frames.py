"""Motion vectors and residuals of frames of one group of pictures, as they are stored and accumulated.

Source: thesis, figure 4.2.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.tables.figures.canvas import canvas
from longvideo.video.compressed.video import CompressedVideo

ROWS = ("P-frame", "Motion vectors", "Residual", "Accumulated\nmotion vectors", "Accumulated\nresidual")
ACROSS = 2.0
"""Width of a picture, inches."""
HEADS = (1.1, 0.4)
"""Room for the names of the rows and of the columns, inches."""

Pixels = NDArray[np.uint8]


def motion_colours(motion: NDArray[np.int16], most: float) -> Pixels:
    """Colour motion by its direction (hue) and amplitude (saturation), at full value.

    Args:
        motion: [H, W, 2], x and y in pixels, positive to the right and downwards.
        most: Amplitude of full saturation, pixels; larger ones look the same.

    Returns:
        uint8 [H, W, 3], RGB. No motion is white; right red, down yellow-green, left cyan, up violet.

    Source: thesis, caption of figure 4.2: "the H channel encodes the direction of motion, and the S channel shows the
    amplitude". Which direction has which hue it does not say.
    """
    x, y = (motion[..., axis].astype(np.float32) for axis in (0, 1))
    hue = np.degrees(np.arctan2(y, x)) % 360
    saturation = np.minimum(np.hypot(x, y) / np.float32(most), 1)
    colours = cv2.cvtColor(np.stack([hue, saturation, np.ones_like(hue)], axis=-1), cv2.COLOR_HSV2RGB)
    return np.rint(colours * 255).astype(np.uint8)


def residual_colours(residual: NDArray[np.int16], most: int) -> Pixels:
    """Show the absolute values of a residual [H, W, 3] as RGB, `most` and above at full brightness."""
    return np.minimum(np.abs(residual.astype(np.float32)) * (255 / most), 255).astype(np.uint8)


def frame_pictures(path: Path, group: int, position: int, most_motion: float, most_residual: int) -> list[Pixels]:
    """Return the pictures of one frame, uint8 [H, W, 3], in the order of `ROWS`; `most_motion` is in frame widths."""
    video = CompressedVideo(path)
    whole, single = video.read(group, position), video.read(group, position, accumulated=False)
    pixels = most_motion * video.width
    parts = [
        part
        for frame in (single, whole)
        for part in (motion_colours(frame.motion, pixels), residual_colours(frame.residual, most_residual))
    ]
    return [rebuilt(whole.iframe, whole.motion, whole.residual), *parts]


def rebuilt(iframe: Pixels, motion: NDArray[np.int16], residual: NDArray[np.int16]) -> Pixels:
    """Return the frame that an I-frame and what accumulated since make up: I_t[i] = I_0[i - D_i] + R_i (thesis 4.1)."""
    y, x = np.indices(iframe.shape[:2])
    return (iframe[y - motion[..., 1], x - motion[..., 0]] + residual).astype(np.uint8)


def positions_in(path: Path, group: int, positions: Sequence[int]) -> list[int]:
    """Return those positions that a group has; small worlds have short ones.

    Raises:
        UserError: It has none of them.
    """
    lengths = CompressedVideo(path).gops.tolist()
    length = lengths[group] if group < len(lengths) else 0
    found = [position for position in positions if position < length]
    if not found:
        raise UserError(
            f"{path}: expected a group {group} of at least {min(positions) + 1} frames, found {length}; choose another "
            "video or group for this figure"
        )
    return found


def draw_frames(
    source: Path, group: int, positions: Sequence[int], most_motion: float, most_residual: int, path: Path
) -> list[int]:
    """Draw the frames at `positions` of a group side by side, a row for each of `ROWS`, and write PNG.

    Args:
        source: A compressed video.
        group: Number of the group of pictures.
        positions: Of the frames in the group, 0 for the I-frame.
        most_motion: Amplitude of full saturation, parts of the picture's width.
        most_residual: Difference that is drawn at full brightness, of 255.
        path: The file.

    Returns:
        The positions that were drawn: those that the group has.

    Raises:
        UserError: The video is damaged or has no such frames.
    """
    shown = positions_in(source, group, positions)
    columns = [frame_pictures(source, group, position, most_motion, most_residual) for position in shown]
    height, width = columns[0][0].shape[:2]
    inches = (HEADS[0] + ACROSS * len(columns), HEADS[1] + ACROSS * height / width * len(ROWS))
    with canvas(path, inches) as figure:
        grid = figure.subplots(len(ROWS), len(columns), squeeze=False)
        for column, (position, pictures) in enumerate(zip(shown, columns)):
            grid[0, column].set_title(f"t = {position}")
            for axes, picture in zip(grid[:, column], pictures):
                axes.imshow(picture, interpolation="nearest")
                axes.set(xticks=[], yticks=[])
        for axes, name in zip(grid[:, 0], ROWS):
            axes.set_ylabel(name)
    return shown
