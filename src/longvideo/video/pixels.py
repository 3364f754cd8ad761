"""Decoded pictures to RGB arrays, turned the way the file says they are to be shown."""

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type
from av.video.reformatter import Interpolation, VideoReformatter

from longvideo.video.side_data import side_data

Frame = npt.NDArray[np.uint8]
# Shrinking averages over the area that a pixel covers; a kernel of fixed size would alias.
_SHRINK = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_GROW = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT


class Converter:
    """Turns decoded pictures into RGB arrays; keeps the scaler's state, so use one per video."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def rgb(self, picture: av.VideoFrame) -> Frame:
        """Return uint8 [H, W, 3], as shown: the file's rotation and mirroring are applied."""
        return orient(self.coded(picture), picture)

    def coded(self, picture: av.VideoFrame) -> Frame:
        """Return uint8 [H, W, 3], as coded, not turned."""
        return _array(self._reformatter.reformat(picture, format="rgb24", threads=1))

    def scaled(self, picture: av.VideoFrame, width: int, height: int) -> Frame:
        """Return uint8 [height, width, 3]; the size is that of the picture as shown."""
        if turned(picture):
            width, height = height, width
        how = _SHRINK if width * height < picture.width * picture.height else _GROW
        small = self._reformatter.reformat(picture, width, height, "rgb24", interpolation=how, threads=1)
        return orient(_array(small), picture)


def _array(picture: av.VideoFrame) -> Frame:
    plane = picture.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(picture.height, plane.line_size)
    return rows[:, : 3 * picture.width].reshape(picture.height, picture.width, 3)


def orient(rgb: Frame, picture: av.VideoFrame) -> Frame:
    """Apply the display matrix of `picture`, rounded to quarter turns and mirrorings, to its pixels."""
    matrix = _matrix(picture)
    if matrix is None:
        return rgb
    a, b, c, d = matrix  # a pixel at (x, y) is shown at (a x + c y, b x + d y)
    if abs(b) + abs(c) > abs(a) + abs(d):
        rgb, flip_x, flip_y = rgb.transpose(1, 0, 2), c < 0, b < 0
    else:
        flip_x, flip_y = a < 0, d < 0
    return rgb[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def turned(picture: av.VideoFrame) -> bool:
    """Return whether width and height change places when `picture` is shown."""
    a, b, c, d = _matrix(picture) or (1, 0, 0, 1)
    return abs(b) + abs(c) > abs(a) + abs(d)


def _matrix(picture: av.VideoFrame) -> tuple[int, int, int, int] | None:
    data = side_data(picture, Type.DISPLAYMATRIX)
    if data is None:
        return None
    values = np.frombuffer(bytes(data), np.int32)
    if values.size != 9 or not values[[0, 1, 3, 4]].any():
        return None
    return int(values[0]), int(values[1]), int(values[3]), int(values[4])
