"""Exact random access to the frames of a video file.

`FrameReader.frames` returns bit for bit what decoding the file from its beginning returns (`sequential`), in the order
shown, with the file's rotation applied. How frames are found is told in `index`.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.video.cursor import Cursor, IndexRefuted
from longvideo.video.index import FrameIndex, build_index, file_identity
from longvideo.video.pixels import Converter
from longvideo.video.source import Source

Frames = npt.NDArray[np.uint8]
TRUSTED = 256 * 1024**2
"""Bytes of memory that are taken because a file says how many frames it has; more as they come."""


class FrameReader:
    """Reads any frames of one video; keeps the file and the decoder open. Not for use by several threads at once.

    Attributes:
        path: The file.
        frame_count: N, the number of frames.
        fps: Average frames per second.
        times: float64 [N], when each frame is shown, seconds from the start of the file.

    Raises:
        UserError: The file is missing, no video, or damaged; the line names the file and the place.
    """

    def __init__(self, path: Path, index: FrameIndex | None = None) -> None:
        self.path = Path(path)
        if index is None or index.identity != file_identity(self.path):
            index = build_index(self.path)
        self._converter = Converter()
        self._adopt(index)

    def frames(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Frames:
        """Return the frames of the given numbers.

        Args:
            indices: T frame numbers in [0, frame_count), in any order, repeats allowed; each is decoded once.

        Returns:
            uint8 [T, H, W, 3], RGB.

        Raises:
            UserError: A number is out of range, or the file is damaged on the way.
        """
        wanted = np.asarray(indices, np.int64).reshape(-1)
        if wanted.size == 0:
            raise UserError(f"{self.path}: expected at least one frame number, found none")
        if wanted.min() < 0 or wanted.max() >= self.frame_count:
            wrong = wanted[(wanted < 0) | (wanted >= self.frame_count)][0]
            raise UserError(f"{self.path}: expected frame numbers 0 to {self.frame_count - 1}, found {wrong}")
        ascending, place = wanted, None
        if (np.diff(wanted) <= 0).any():
            ascending, place = np.unique(wanted, return_inverse=True)
        try:
            frames = self._read(ascending.tolist())
        except IndexRefuted:
            self._cursor.close()
            self._adopt(build_index(self.path, decode=True))
            try:
                frames = self._read(ascending.tolist())
            except IndexRefuted as error:
                raise UserError(f"{self.path}: decodes differently each time: {error}") from None
        return frames if place is None else frames[place]

    def close(self) -> None:
        """Close the file; it is opened again when frames are asked for."""
        self._cursor.close()

    def __del__(self) -> None:
        """Close the file of a reader that nobody holds any more."""
        if hasattr(self, "_cursor"):
            self.close()

    def _adopt(self, index: FrameIndex) -> None:
        self.index = index
        self.frame_count = len(index.times)
        self.fps = index.fps
        self.times = index.times
        self._cursor = Cursor(self.path, index)

    def _read(self, ascending: list[int]) -> Frames:
        frames: Frames | None = None
        for row, number in enumerate(ascending):
            rgb = self._converter.rgb(self._cursor.picture(number))
            if frames is None:
                frames = np.empty((len(ascending), *rgb.shape), np.uint8)
            _check_size(self.path, frames[row], rgb, number)
            frames[row] = rgb
        assert frames is not None
        return frames


def sequential(path: Path) -> Iterator[tuple[float, Frames]]:
    """Yield time (seconds from the start of the file) and frame (uint8 [H, W, 3], RGB) of a video from its beginning.

    Raises:
        UserError: The file is missing, no video, or damaged; names the file and the place.
    """
    converter = Converter()
    with Source(Path(path)) as source:
        for time_s, picture in source.timed_frames():
            yield time_s, np.ascontiguousarray(converter.rgb(picture))


def all_frames(path: Path) -> Frames:
    """Return all frames of a video, uint8 [N, H, W, 3], RGB: without an index, a third faster than by their numbers.

    Raises:
        UserError: The file is missing, no video, or damaged, or its frames are of several sizes; names the file.
    """
    frames: Frames | None = None
    count = 0
    converter = Converter()
    with Source(Path(path)) as source:
        for picture in source.frames():
            rgb = converter.rgb(picture)
            if frames is None:
                told = min(source.stream.frames, TRUSTED // rgb.nbytes)
                frames = np.empty((max(told, 1), *rgb.shape), np.uint8)
            elif count == len(frames):
                frames = np.concatenate([frames, np.empty_like(frames)])
            _check_size(path, frames[0], rgb, count)
            frames[count] = rgb
            count += 1
    if frames is None:
        raise UserError(f"{path}: expected at least one frame, found none")
    return frames if count == len(frames) else frames[:count].copy()


def _check_size(path: Path, one: Frames, other: Frames, number: int) -> None:
    if one.shape != other.shape:
        sizes = " and ".join(f"{frame.shape[1]}x{frame.shape[0]}" for frame in (one, other))
        raise UserError(f"{path}: expected frames of one size, found {sizes} (frame {number}); re-encode it")


class ReaderPool:
    """Keeps the readers of the videos used last open, and the frame indices of more.

    A pickled pool, as worker processes get it, comes back empty.

    Args:
        limit: Videos kept open.
        indices: Frame indices kept; an index takes about 50 bytes per frame.
    """

    def __init__(self, limit: int = 32, indices: int = 4096) -> None:
        self._limit = max(1, limit)
        self._index_limit = max(self._limit, indices)
        self._readers: OrderedDict[Path, FrameReader] = OrderedDict()
        self._indices: OrderedDict[Path, FrameIndex] = OrderedDict()

    def __reduce__(self) -> tuple[type["ReaderPool"], tuple[int, int]]:
        """Leave out what is open."""
        return ReaderPool, (self._limit, self._index_limit)

    def get(self, path: Path) -> FrameReader:
        """Return the reader of a video, opening it and closing the one that was not used for longest if need be."""
        reader = self._readers.get(path)
        if reader is None:
            reader = FrameReader(path, self._indices.pop(path, None))
            self._readers[path] = reader
            if len(self._readers) > self._limit:
                old, closed = self._readers.popitem(last=False)
                closed.close()
                self._indices[old] = closed.index
                if len(self._indices) > self._index_limit:
                    self._indices.popitem(last=False)
        self._readers.move_to_end(path)
        return reader

    def close(self) -> None:
        """Close all readers."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
