"""Decode the pictures of a group one after the other, with the motion vectors that they were coded with."""

from collections.abc import Iterator
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type
from av.video.frame import PictureType

from longvideo.errors import UserError
from longvideo.video.compressed.index import GroupIndex, unreadable
from longvideo.video.packets import rebuild
from longvideo.video.side_data import side_data
from longvideo.video.source import MAX_SIDE, Source, describe

# FFmpeg's AVMotionVector: the centre of a block of w x h pixels, and where it lay in the picture before, whole pixels.
VECTOR = np.dtype(
    [
        ("source", "i4"),
        ("size", "u1", 2),
        ("src", "i2", 2),
        ("dst", "i2", 2),
        ("flags", "u8"),
        ("motion", "i4", 2),
        ("motion_scale", "u2"),
    ],
    align=True,
)
_OPTIONS = {
    "flags": "+low_delay",  # there are no B-frames to wait for, and a frame that waited would come without its vectors
    "flags2": "+export_mvs",
    "err_detect": "explode",  # stop at damage; what is concealed all the same is marked as corrupt
    "max_pixels": str(MAX_SIDE * MAX_SIDE),
}


class Picture(NamedTuple):
    """A decoded picture; `vectors` is a structured array [N] of type `VECTOR`, empty if all blocks are intra.

    The vectors are a copy, so that they can be kept without the frame.
    """

    frame: av.VideoFrame
    vectors: npt.NDArray[np.void]


class GroupDecoder:
    """Decodes groups of pictures of an indexed file; keeps the file and the decoder open."""

    def __init__(self, path: Path, index: GroupIndex) -> None:
        self._path = path
        self._index = index
        self._codec: av.VideoCodecContext | None = None
        self._file: FileIO | None = None

    def pictures(self, group: int) -> Iterator[Picture]:
        """Yield the pictures of a group from its I-frame on; only the iterator made last may be used.

        Raises:
            UserError: The file is damaged, or holds pictures that its packets did not announce.
        """
        first, *rest = self._index.first[group : group + 2].tolist()
        frames = self._frames(first)
        for number in range(first, rest[0] if rest else len(self._index.size)):
            frame = next(frames, None)
            if frame is None or frame.pts != number:
                raise unreadable(self._path, f"no picture, or one that is shown out of order (packet {number})")
            yield Picture(frame, self._checked(frame, number, inter=number > first))

    def close(self) -> None:
        """Close the file; it is opened again when pictures are asked for."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._codec = None

    def _frames(self, first: int) -> Iterator[av.VideoFrame]:
        """Yield what comes out of the decoder from packet `first` on, the numbers of the packets as stamps."""
        codec, number = self._restarted(), first
        try:
            for number, packet in enumerate(self._packets(first), first):
                packet.pts = packet.dts = number
                yield from codec.decode(packet)
            if self._index.codec == "h264":  # a picture of MPEG-4 that waited until now has lost its vectors
                yield from codec.decode(None)
        except (av.FFmpegError, ValueError) as error:
            raise self._damage(number, describe(error)) from None

    def _checked(self, frame: av.VideoFrame, number: int, inter: bool) -> npt.NDArray[np.void]:
        """Return the vectors of a frame that is what it should be."""
        if frame.is_corrupt:
            raise self._damage(number, "parts of the picture are missing")
        if (frame.width, frame.height) != (self._index.width, self._index.height):
            sizes = f"{self._index.width}x{self._index.height} and {frame.width}x{frame.height}"
            raise unreadable(self._path, f"frames of {sizes} (packet {number})")
        if frame.interlaced_frame:
            raise unreadable(self._path, f"interlaced video (packet {number})")
        if frame.pict_type not in ((PictureType.I, PictureType.P) if inter else (PictureType.I,)):
            kind = PictureType(frame.pict_type).name
            raise unreadable(self._path, f"a picture of type {kind} (packet {number})")
        # Blocks that were predicted have a vector each, even if it is zero: without any, all are intra.
        vectors = side_data(frame, Type.MOTION_VECTORS)
        return np.empty(0, VECTOR) if vectors is None else np.frombuffer(bytes(vectors), VECTOR)

    def _restarted(self) -> av.VideoCodecContext:
        """Return the decoder, ready for the first packet of a group."""
        if self._codec is None:
            codec = av.VideoCodecContext.create(self._index.codec, "r")
            codec.extradata = self._index.extradata or None
            codec.codec_tag = self._index.tag
            codec.options = _OPTIONS
            codec.thread_count = 1
            codec.thread_type = "NONE"
            self._codec = codec
        elif self._codec.is_open:
            self._codec.flush_buffers()
        return self._codec

    def _packets(self, first: int) -> Iterator[av.Packet]:
        """Yield the packets of the file from `first` on."""
        index = self._index
        if not len(index.offset):
            with Source(self._path) as source:
                yield from islice(source.packets(), first, None)
            return
        if self._file is None:
            self._file = FileIO(self._path)
        for number in range(first, len(index.size)):
            yield rebuild(self._path, self._file.fileno(), number, int(index.offset[number]), int(index.size[number]))

    def _damage(self, number: int, reason: str) -> UserError:
        return UserError(f"{self._path}: damaged at packet {number}: {reason}")
