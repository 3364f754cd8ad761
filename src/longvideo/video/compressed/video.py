"""I-frames, motion vectors and residuals of a compressed video, at any place.

Source: thesis, section 4.1. For a pixel i of frame t of a group of pictures (GOP), whose I-frame is frame 0:

    accumulated   D_i = i - J_i          R_i = I_t[i] - I_0[J_i]        J: traced back to the I-frame (equation 4.1)
    raw           D_i = the vector       R_i = I_t[i] - I_(t-1)[i - D_i]

so that I_t[i] = I_0[i - D_i] + R_i holds exactly. Residuals are differences of decoded RGB pixels. Pixels of blocks
without a vector, and those whose vector points outside of the frame, count as not moved. Frames are as coded: a
rotation that the container asks for is not applied.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.video.compressed.decoder import GroupDecoder, Picture
from longvideo.video.compressed.index import GroupIndex, build_group_index
from longvideo.video.compressed.tracing import Trace
from longvideo.video.index import file_identity
from longvideo.video.pixels import Converter

Pixels = npt.NDArray[np.uint8]
Signed = npt.NDArray[np.int16]

_KEPT_BYTES = 2**24


class CompressedFrame(NamedTuple):
    """What a compressed video says about a frame.

    Attributes:
        iframe: uint8 [H, W, 3], RGB, the I-frame of its group.
        motion: int16 [H, W, 2], D: x and y in whole pixels, positive where things moved right or down.
        residual: int16 [H, W, 3], R, RGB, -255 to 255.
    """

    iframe: Pixels
    motion: Signed
    residual: Signed


class CompressedVideo:
    """Reads the compressed representation of one video. Not for use by several threads at once.

    Frames are named by their group and their position in it, 0 for the I-frame, whose motion and residual are zero.
    Going on within a group costs nothing extra; anything else decodes from the group's I-frame. A pickled reader takes
    its index along and opens nothing before it is used.

    Args:
        path: MPEG-4 part 2 or H.264 without B-frames and with one reference frame, in a container or as a raw stream.
        index: What an earlier reader of the file found, to save the time; it is built anew if the file has changed.

    Attributes:
        path: The file.
        index: Where its groups and packets are.
        gops: int [G], the number of frames of each group.
        frame_count: The number of frames.
        width: Pixels.
        height: Pixels.

    Raises:
        UserError: The file is missing, no video, or damaged, or its vectors cannot be read exactly: the line says what
            was found and how to re-encode it.
    """

    def __init__(self, path: Path, index: GroupIndex | None = None) -> None:
        self.path = Path(path)
        if index is None or index.identity != file_identity(self.path):
            index = build_group_index(self.path)
        self.index = index
        self.frame_count = len(index.size)
        self.gops = np.diff(index.first, append=self.frame_count)
        self.width, self.height = index.width, index.height
        _keep_freed_memory()
        self._decoder = GroupDecoder(self.path, index)
        self._converter = Converter()
        self._made: Trace | None = None  # once a picture has shown that it is as large as the file says
        self._pictures: Iterator[Picture] = iter(())
        self._group: int | None = None
        self._position, self._accumulated, self._process = -1, True, os.getpid()
        self._start: Picture | None = None  # the I-frame of the group
        self._before: Picture | None = None
        self._picture: Picture | None = None
        self._iframe: Pixels | None = None  # once it is wanted

    def __reduce__(self) -> tuple[type["CompressedVideo"], tuple[Path, GroupIndex]]:
        """Leave out what is open."""
        return CompressedVideo, (self.path, self.index)

    def frame_position(self, frame: int) -> tuple[int, int]:
        """Return the group of a frame, numbered from the start of the file, and its position in the group."""
        if not 0 <= frame < self.frame_count:
            raise UserError(f"{self.path}: expected frame numbers 0 to {self.frame_count - 1}, found {frame}")
        group = int(np.searchsorted(self.index.first, frame, side="right")) - 1
        return group, frame - int(self.index.first[group])

    def read(self, gop: int, position: int, accumulated: bool = True) -> CompressedFrame:
        """Return I-frame, motion and residual of a frame.

        Args:
            gop: Number of the group of pictures, from 0.
            position: Of the frame in its group, 0 for the I-frame.
            accumulated: Trace back to the I-frame; otherwise to the frame before.

        Raises:
            UserError: There is no such frame, or the file is damaged on the way.
        """
        self._go_to(gop, position, accumulated)
        return CompressedFrame(self._group_iframe().copy(), self._trace.motion(), self._residual())

    def iframe(self, gop: int) -> Pixels:
        """Return the I-frame of a group, uint8 [H, W, 3], RGB; no other frame is decoded."""
        if gop != self._group:
            self._go_to(gop, 0, accumulated=True)
        return self._group_iframe().copy()

    def motion(self, gop: int, position: int, accumulated: bool = True) -> Signed:
        """Return the motion of a frame, int16 [H, W, 2], as `read` does; no frame is converted to RGB."""
        self._go_to(gop, position, accumulated)
        return self._trace.motion()

    def residual(self, gop: int, position: int, accumulated: bool = True) -> Signed:
        """Return the residual of a frame, int16 [H, W, 3], as `read` does."""
        self._go_to(gop, position, accumulated)
        return self._residual()

    def frames(self, accumulated: bool = True) -> Iterator[CompressedFrame]:
        """Yield every frame from the first to the last, as `read` returns it."""
        for gop, length in enumerate(self.gops.tolist()):
            for position in range(length):
                yield self.read(gop, position, accumulated)

    def close(self) -> None:
        """Close the file; it is opened again when frames are asked for."""
        self._group = None
        self._start = self._before = self._picture = None
        self._pictures = iter(())
        self._decoder.close()

    def __del__(self) -> None:
        """Close the file of a reader that nobody holds any more."""
        if hasattr(self, "_decoder"):
            self.close()

    def _go_to(self, gop: int, position: int, accumulated: bool) -> None:
        """Decode up to a frame, and trace back from it."""
        if not 0 <= gop < len(self.gops):
            raise UserError(f"{self.path}: expected a GOP of 0 to {len(self.gops) - 1}, found {gop}")
        if not 0 <= position < self.gops[gop]:
            raise UserError(
                f"{self.path}: expected a position of 0 to {self.gops[gop] - 1} in GOP {gop}, found {position}"
            )
        here = gop, accumulated, os.getpid()  # a forked process may share the place in the file with its parent
        if here != (self._group, self._accumulated, self._process) or position < self._position:
            self._pictures = self._decoder.pictures(gop)
            self._group, self._position, self._accumulated, self._process = None, -1, accumulated, os.getpid()
        try:
            while self._position < position:
                self._before, self._picture = self._picture, next(self._pictures)
                self._position += 1
                if self._position == 0:
                    self._group, self._start, self._iframe = gop, self._picture, None
                    self._trace.reset()
                elif accumulated or self._position == position:
                    if not accumulated:
                        self._trace.reset()
                    self._trace.advance(self._picture.vectors)
        except BaseException:
            self._group = None
            raise

    @property
    def _trace(self) -> Trace:
        if self._made is None:
            self._made = Trace(self.width, self.height)
        return self._made

    def _group_iframe(self) -> Pixels:
        if self._iframe is None:
            assert self._start is not None
            self._iframe = self._converter.coded(self._start.frame)
        return self._iframe

    def _residual(self) -> Signed:
        """Return what the frame has beyond what its trace predicts."""
        if self._position == 0:
            return np.zeros((self.height, self.width, 3), np.int16)
        assert self._before is not None and self._picture is not None
        if self._accumulated or self._position == 1:
            earlier = self._group_iframe()
        else:
            earlier = self._converter.coded(self._before.frame)
        current = self._converter.coded(self._picture.frame)
        return np.subtract(current, self._trace.predicted(earlier), dtype=np.int16)


def _keep_freed_memory() -> None:
    """Have the C library keep the memory of a frame for the next one.

    glibc gives memory back to the system where twice as much is free as was ever freed in one piece; frames would then
    be written to new pages each time, which costs up to 1 ms per frame of 340x256.
    """
    np.empty(_KEPT_BYTES, np.uint8)
