"""Trace pixels back along motion vectors.

Source: thesis, section 4.1, equation 4.1. Vectors are used as whole pixels, their fractions cut off toward zero, as in
the authors' published decoder; the thesis does not say.
"""

import cv2
import numpy as np
import numpy.typing as npt

from longvideo.video.compressed.moves import Moves

Places = npt.NDArray[np.int16]

_AT_ONCE = 2**21  # pixels; of small pictures, several are gone on to at a time


class Trace:
    """Where each pixel of a picture lay in an earlier one."""

    def __init__(self, width: int, height: int) -> None:
        self._size = height, width
        self._moves = Moves(width, height)
        own = np.empty((*self._moves.shape, 2), np.int16)
        own[..., 0] = np.arange(own.shape[1])
        own[..., 1] = np.arange(own.shape[0])[:, None]
        self._own = own.view(np.int32)[..., 0]  # x and y in one number, as they are only moved
        self._places = self._own
        self._waiting: list[npt.NDArray[np.void]] = []

    @property
    def places(self) -> Places:
        """int16 [H, W, 2], (x, y) of each pixel in the earlier picture."""
        self._catch_up()
        return self._shown(self._places)

    def reset(self) -> None:
        """Begin at a picture: each pixel lies where it is."""
        self._places = self._own
        self._waiting.clear()

    def advance(self, vectors: npt.NDArray[np.void]) -> None:
        """Go on to the next picture.

        A pixel that no vector moves, or whose vector points outside of the picture, is taken to lie still.

        Args:
            vectors: [N] of type `decoder.VECTOR`, of the next picture, pointing into the one before it.
        """
        if len(vectors):
            self._waiting.append(vectors)
        if len(self._waiting) * self._own.size > _AT_ONCE:
            self._catch_up()

    def motion(self) -> npt.NDArray[np.int16]:
        """Return D, int16 [H, W, 2]: (x, y) of each pixel less where it lay, so positive for right and down."""
        return np.subtract(self._shown(self._own), self.places)

    def predicted(self, earlier: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return what the trace makes of the earlier picture, uint8 [H, W, 3]."""
        places = self.places
        return earlier if self._places is self._own else cv2.remap(earlier, places, None, cv2.INTER_NEAREST)

    def _shown(self, pixels: npt.NDArray[np.int32]) -> Places:
        return pixels.view(np.int16).reshape(*pixels.shape, 2)[: self._size[0], : self._size[1]]

    def _catch_up(self) -> None:
        """Follow the vectors of the pictures that were gone on to."""
        if not self._waiting:
            return
        for side, lines, edges in self._moves.between(self._waiting):
            before = self._places
            # A line of a cell is one number of many bytes, and may begin at any pixel.
            starts = np.ndarray((before.size - side + 1,), f"V{side * before.itemsize}", before, 0, (before.itemsize,))
            self._places = starts[lines].view(before.dtype)
            for area, taken_over in edges:
                self._places[area] = before[taken_over]
        self._waiting.clear()
