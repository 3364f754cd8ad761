"""A decoder that stands somewhere in a file and can be sent to any of its frames."""

import os
from collections import deque
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import av
import numpy as np

from longvideo.video.index import NO_STAMP, FrameIndex
from longvideo.video.packets import rebuild
from longvideo.video.source import Source


class IndexRefuted(Exception):  # noqa: N818  (no error: the index is then built by decoding)
    """The decoder returned something else than the packets promised."""


class Cursor:
    """Decodes single frames of an indexed file, going on from where it stands when that is no detour.

    Packets are rebuilt from their places in the file where the index knows these, so that going elsewhere costs one
    flush of the decoder; otherwise the file is read through again up to the packet.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self.path = path
        self.index = index
        self._plain = len(index.offset) == len(index.packet_pts)
        self._source: Source | None = None
        self._file: FileIO | None = None
        self._packets: Iterator[av.Packet] = iter(())
        self._fed = -1  # packets given to the decoder, counted from the first of the file; -1: it must be reset
        self._next = 0  # the frame that is expected next
        self._ready: deque[av.VideoFrame] = deque()
        self._process = os.getpid()

    def picture(self, number: int) -> av.VideoFrame:
        """Return the decoded picture of a frame.

        Raises:
            IndexRefuted: The decoder returns other pictures than the index says.
            UserError: The file is damaged on the way.
        """
        try:
            return self._decode_until(number)
        except BaseException:
            self._fed = -1  # whatever stands in the decoder now is of no use
            raise

    def close(self) -> None:
        """Close the file; it is opened again when a picture is asked for."""
        if self._source is not None:
            self._source.container.close()
            self._source = None
        if self._file is not None:
            self._file.close()
            self._file = None
        self._fed = -1

    def _decode_until(self, number: int) -> av.VideoFrame:
        if self._process != os.getpid():
            self.close()  # a forked process shares the place in the file with its parent
            self._process = os.getpid()
        start = int(self.index.start[number])
        if self._fed < 0 or number < self._next or (start > self._fed and self.index.by_pts):
            self._reset(start)
        while True:
            while self._ready:
                picture = self._ready.popleft()
                shown = self._number(picture)
                if shown is None or (shown < self._next and self.index.decoded):
                    continue  # not shown, or shown before the packet that decoding began with
                if not self._next <= shown <= number or (picture.is_corrupt and not self.index.decoded):
                    raise IndexRefuted(f"frame {shown} in place of {number}")
                self._next = shown + 1
                if shown == number:
                    return picture
            self._feed(number)

    def _number(self, picture: av.VideoFrame) -> int | None:
        """Return which frame a decoded picture is, None for one that is not shown."""
        if not self.index.by_pts:
            return self._next
        stamp = NO_STAMP if picture.pts is None else picture.pts
        if self._next < len(self.index.pts) and self.index.pts[self._next] == stamp:
            return self._next
        found = int(np.searchsorted(self.index.pts, stamp))
        if found < len(self.index.pts) and self.index.pts[found] == stamp:
            return found
        if not self.index.decoded:
            raise IndexRefuted(f"a picture at stamp {stamp}, which no packet has")
        return None

    def _feed(self, number: int) -> None:
        """Give the decoder its next packet, or drain it after the last one."""
        assert self._source is not None
        packet = next(self._packets, None)
        if packet is None:
            if self._fed > len(self.index.packet_pts):
                raise IndexRefuted(f"the end of the file in place of frame {number}")
            self._fed = len(self.index.packet_pts) + 1
            self._ready.extend(self._source.decode(None))
            return
        self._source.packet = self._fed
        stamp = int(self.index.packet_pts[self._fed])
        if stamp != NO_STAMP:
            self._source.time_s = stamp * self._source.tick_s - self._source.origin_s
        tolerant = self._fed < self.index.first_key
        self._fed += 1
        self._ready.extend(self._source.decode(packet, tolerant))

    def _reset(self, start: int) -> None:
        """Make the decoder ready for packet `start`."""
        self._ready.clear()
        # From the very beginning a fresh decoder is used, as in reading the file through: what flushing keeps of the
        # past might matter to streams that begin in the middle.
        if self._source is None or not self._plain or (start == 0 and self.index.decoded):
            self.close()
            self._source = Source(self.path)
            if self._plain:
                self._source.container.close()
                self._file = FileIO(self.path)
        else:
            self._source.codec.flush_buffers()
        self._packets = self._rebuilt(start) if self._plain else self._demuxed(start)
        self._fed = start
        from_stamp = self.index.by_pts and start > 0
        self._next = int(np.searchsorted(self.index.pts, self.index.packet_pts[start])) if from_stamp else 0

    def _rebuilt(self, start: int) -> Iterator[av.Packet]:
        """Yield the packets from `start` on, read from their places in the file."""
        assert self._file is not None
        index, file = self.index, self._file.fileno()
        for number in range(start, len(index.packet_pts)):
            packet = rebuild(self.path, file, number, int(index.offset[number]), int(index.size[number]))
            pts, dts = int(index.packet_pts[number]), int(index.packet_dts[number])
            packet.pts = None if pts == NO_STAMP else pts
            packet.dts = None if dts == NO_STAMP else dts
            yield packet

    def _demuxed(self, start: int) -> Iterator[av.Packet]:
        """Yield the packets from `start` on, reading through the file up to there."""
        assert self._source is not None
        for number, packet in enumerate(self._source.packets()):
            if number >= start:
                yield packet
