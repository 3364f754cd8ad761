"""What the vectors of a picture make its pixels take over from the picture before, in pieces that copy quickly."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BLOCK = 16  # pixels; FFmpeg exports vectors of blocks of 16x16, and of their halves and quarters

Area = tuple[slice, slice]
Numbers = npt.NDArray[np.intp]


class Move(NamedTuple):
    """From a picture to the next one, both filled up to whole blocks and made of square cells.

    Attributes:
        side: Of a cell, pixels.
        lines: [H, W / side], the pixel at which what each line of each cell takes over begins.
        edges: Areas of the next picture and what they take over: of blocks that come from beyond the edge in part. The
            lines of these blocks take over their own.
    """

    side: int
    lines: Numbers
    edges: list[tuple[Area, Area]]


class Moves:
    """Finds the moves between pictures of one size.

    Attributes:
        shape: Height and width of a picture that is filled up, pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self.shape = height + -height % BLOCK, width + -width % BLOCK
        rows = np.arange(self.shape[0])[:, None] * self.shape[1]
        self._lines = {side: rows + np.arange(0, self.shape[1], side) for side in (BLOCK, BLOCK // 2)}

    def between(self, pictures: Sequence[npt.NDArray[np.void]]) -> Iterator[Move]:
        """Yield the moves to pictures that follow each other, but for those where everything lies still.

        Args:
            pictures: Of each picture the vectors, [N] of type `decoder.VECTOR`. Many cost little more than one.
        """
        blocks = _blocks(pictures, self.shape)
        from_left, from_top = blocks.left + blocks.right_by, blocks.top + blocks.down_by
        inside_x = (from_left >= 0) & (from_left + blocks.width <= self._width)
        inside = inside_x & (from_top >= 0) & (from_top + blocks.height <= self._height)
        moved = (blocks.right_by | blocks.down_by) != 0

        side = BLOCK if (blocks.width + blocks.height == 2 * BLOCK).all() else BLOCK // 2
        jumps = self._jumps(len(pictures), blocks, inside * (blocks.down_by * self.shape[1] + blocks.right_by), side)
        edges = self._edges(len(pictures), blocks.those(np.flatnonzero(moved & ~inside)))
        for jump, areas in zip(jumps, edges, strict=True):
            if areas or jump.any():
                yield Move(side, self._lines[side] + jump.repeat(side, 0), areas)

    def _jumps(self, count: int, blocks: "_Blocks", jump: Numbers, side: int) -> Numbers:
        """Return how many pixels further on what each cell takes over lies, [count, H / side, W / side]."""
        rows, columns = self.shape[0] // side, self.shape[1] // side
        cells = np.zeros(count * rows * columns, np.intp)
        cell = (blocks.picture * rows + blocks.top // side) * columns + blocks.left // side
        cells[cell] = jump
        if side < BLOCK:
            wide, tall = blocks.width > side, blocks.height > side
            for further, which in ((1, wide), (columns, tall), (columns + 1, wide & tall)):
                cells[cell[which] + further] = jump[which]
        return cells.reshape(count, rows, columns)

    def _edges(self, count: int, blocks: "_Blocks") -> list[list[tuple[Area, Area]]]:
        """Return for each picture what its blocks take over from inside of the picture before."""
        left, top = np.maximum(blocks.left, -blocks.right_by), np.maximum(blocks.top, -blocks.down_by)
        right = np.minimum(blocks.left + blocks.width, self._width - blocks.right_by)
        bottom = np.minimum(blocks.top + blocks.height, self._height - blocks.down_by)
        areas: list[list[tuple[Area, Area]]] = [[] for _ in range(count)]
        bounds = blocks.picture, left, right, top, bottom, blocks.right_by, blocks.down_by
        for picture, x0, x1, y0, y1, dx, dy in zip(*(values.tolist() for values in bounds), strict=True):
            if x0 < x1 and y0 < y1:
                area = slice(y0, y1), slice(x0, x1)
                areas[picture].append((area, (slice(y0 + dy, y1 + dy), slice(x0 + dx, x1 + dx))))
        return areas


class _Blocks(NamedTuple):
    """Blocks, N of them, of several pictures; all numbers are pixels, and [N]."""

    picture: Numbers
    left: Numbers
    top: Numbers
    width: Numbers
    height: Numbers
    right_by: Numbers  # from a block to where it lay
    down_by: Numbers

    def those(self, which: npt.NDArray[np.bool_] | Numbers) -> "_Blocks":
        """Return some of the blocks."""
        return _Blocks(*(values[which] for values in self))


def _blocks(pictures: Sequence[npt.NDArray[np.void]], shape: tuple[int, int]) -> _Blocks:
    vectors = np.frombuffer(b"".join(picture.tobytes() for picture in pictures), pictures[0].dtype)
    (x, y), (from_x, from_y), (width, height) = (vectors[name].T.astype(np.intp) for name in ("dst", "src", "size"))
    left, top = x - (width >> 1), y - (height >> 1)
    number = np.repeat(np.arange(len(pictures)), [len(picture) for picture in pictures])
    blocks = _Blocks(number, left, top, width, height, from_x - x, from_y - y)
    shown = (left < shape[1]) & (top < shape[0])  # more may be coded than is shown
    return blocks if shown.all() else blocks.those(shown)
