"""Trace pixels back along motion vectors.

Source: thesis, section 4.1, equation 4.1. Vectors are used as whole pixels, their fractions cut off toward zero, as in
the authors' published decoder; the thesis does not say.
"""

import cv2
import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int16]

_CELL = 8  # pixels; FFmpeg exports vectors of blocks of 16x16 to 8x8, so that every block is made of such cells


class Trace:
    """Where each pixel of a picture lay in an earlier one.

    Attributes:
        places: int16 [H, W, 2], (x, y) of each pixel in the earlier picture.
        moved: Whether any pixel lay elsewhere.
    """

    def __init__(self, width: int, height: int) -> None:
        self._own = np.empty((height, width, 2), np.int16)
        self._own[..., 0] = np.arange(width)
        self._own[..., 1] = np.arange(height)[:, None]
        self._cells = np.zeros((2 * -(-height // 16), 2 * -(-width // 16)), np.int32)
        self._referred = np.empty_like(self._own)
        self._spare = np.empty_like(self._own)
        self.places = self._own.copy()
        self.moved = False

    def reset(self) -> None:
        """Begin at a picture: each pixel lies where it is."""
        if self.moved:
            np.copyto(self.places, self._own)
            self.moved = False

    def advance(self, vectors: npt.NDArray[np.void]) -> None:
        """Go on to the next picture.

        A pixel that no vector moves, or whose vector points outside of the picture, is taken to lie still.

        Args:
            vectors: [N] of type `decoder.VECTOR`, of the next picture, pointing into the one before it.
        """
        shift = vectors["src"] - vectors["dst"]
        if not shift.any():
            return
        # Everything is done for all pixels at once, x and y packed into one 32-bit number where they are only moved.
        height, width = self._own.shape[:2]
        self._spread(vectors, shift.view(np.int32)[:, 0])
        shifts = self._cells.repeat(_CELL, 1)[:, :width].repeat(_CELL, 0)[:height]
        np.add(self._own, shifts.view(np.int16).reshape(self._own.shape), out=self._referred)
        np.copyto(self._spare, self.places)
        cv2.remap(
            self.places.view(np.int32)[..., 0],
            self._referred,
            None,
            cv2.INTER_NEAREST,
            dst=self._spare.view(np.int32)[..., 0],
            borderMode=cv2.BORDER_TRANSPARENT,  # leaves what would come from outside as it is
        )
        self.places, self._spare = self._spare, self.places
        self.moved = True

    def motion(self) -> npt.NDArray[np.int16]:
        """Return D, int16 [H, W, 2]: (x, y) of each pixel less where it lay, so positive for right and down."""
        return np.subtract(self._own, self.places)

    def predicted(self, earlier: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return what the trace makes of the earlier picture, uint8 [H, W, 3]."""
        return cv2.remap(earlier, self.places, None, cv2.INTER_NEAREST) if self.moved else earlier

    def _spread(self, vectors: npt.NDArray[np.void], shift: npt.NDArray[np.int32]) -> None:
        """Write the shift of each block into its cells, one to four, of `_cells`; 0 where there is no block."""
        self._cells.fill(0)
        rows, columns = self._cells.shape
        size = vectors["size"]
        corner = (vectors["dst"] - (size >> 1)) // _CELL
        if corner[:, 0].max() >= columns or corner[:, 1].max() >= rows:  # more was coded than is shown
            shown = (corner < (columns, rows)).all(1)
            size, corner, shift = size[shown], corner[shown], shift[shown]
        cell = corner[:, 1].astype(np.intp) * columns + corner[:, 0]
        cells = self._cells.reshape(-1)
        cells[cell] = shift
        wide, tall = size[:, 0] > _CELL, size[:, 1] > _CELL
        cells[cell[wide] + 1] = shift[wide]
        cells[cell[tall] + columns] = shift[tall]
        both = wide & tall
        cells[cell[both] + columns + 1] = shift[both]
