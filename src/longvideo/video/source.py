"""Open video files that nobody vouches for, and decode them front to back.

Only local files in container formats of `FORMATS` are opened: a playlist or a script that names other files is refused.
Whatever is wrong with a file comes out as one `UserError` that names the file and the place.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av

from longvideo.errors import UserError

MAX_SIDE = 8192
FORMATS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,m4v,flv,asf,ogg,h264,hevc,ivf,obu,yuv4mpegpipe,mxf,rm,dv,gif"
_FREE_OF_GAPS = ("mov", "matroska", "avi")  # a damaged packet of these means a damaged file; broadcasts have gaps


class Source:
    """An open video file.

    Attributes:
        path: The file.
        stream: Its first video stream that is not a cover picture.
        codec: The stream's decoder, single-threaded.
        tick_s: Seconds per unit of `pts`.
        rate: Average frames per second as the file states it, 0 where it does not.
        whole: Whether packets are read from the first on, so that their numbers mean something.
        packet: Number of the packet that was read last, from 0.
        time_s: Its time, seconds from the start of the file.
        origin_s: Time at which the file's presentation starts, seconds; times are counted from it, as players do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.stat().st_size == 0:
                raise UserError(f"{path}: expected a video, found an empty file")
            self.container = self._open()
        except FileNotFoundError:
            raise UserError(f"{path}: expected a video, found no such file") from None
        except IsADirectoryError:
            raise UserError(f"{path}: expected a video, found a directory") from None
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = f"not a video file, or damaged or cut off in its header ({describe(error)})"
            raise UserError(f"{path}: expected a video that FFmpeg can open, found a file that is {reason}") from None
        try:
            self.stream = self._pick_stream()
        except BaseException:
            self.container.close()
            raise
        self.codec = self.stream.codec_context
        self.codec.options = {"max_pixels": str(MAX_SIDE * MAX_SIDE)}  # for streams that grow on the way
        self.codec.thread_count = 1
        self.codec.thread_type = "NONE"
        self.tick_s = float(self.stream.time_base)
        self.rate = float(self.stream.average_rate or self.stream.guessed_rate or 0)
        start = self.container.start_time
        self.origin_s = 0.0 if start is None else start / av.time_base
        self.whole = True
        self.packet = -1
        self.time_s = 0.0

    def __enter__(self) -> "Source":
        """Return the open source."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.container.close()

    def packets(self) -> Iterator[av.Packet]:
        """Yield the packets of the stream in the order of the file, then check that none is missing at the end."""
        end = 0.0
        try:
            for packet in self.container.demux(self.stream):
                if not packet.size:
                    continue
                self.packet += 1
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is not None:
                    self.time_s = stamp * self.tick_s - self.origin_s
                    end = max(end, (stamp + (packet.duration or 0)) * self.tick_s)
                if packet.is_corrupt and self.container.format.name.startswith(_FREE_OF_GAPS):
                    raise self.damage("its data is cut off or missing")
                yield packet
        except (av.FFmpegError, OSError) as error:
            raise self.damage(describe(error)) from None
        self._check_end(end)

    def frames(self) -> Iterator[av.VideoFrame]:
        """Yield the decoded frames in the order they are shown.

        Packets before the first keyframe may fail: a stream that was cut begins with them.
        """
        keyed = False
        for packet in self.packets():
            keyed = keyed or packet.is_keyframe
            yield from self.decode(packet, tolerant=not keyed)
        yield from self.decode(None)

    def decode(self, packet: av.Packet | None, tolerant: bool = False) -> list[av.VideoFrame]:
        """Return the frames that come out of the decoder after `packet`; None drains it."""
        try:
            return self.codec.decode(packet)
        except av.FFmpegError as error:
            if tolerant:
                return []
            raise self.damage(describe(error)) from None

    def timed_frames(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Yield the frames with the times at which they are shown, seconds from the start of the file, never falling.

        A frame without a stamp follows the one before it at the average rate.
        """
        period = 1.0 / (self.rate or 25.0)
        last: float | None = None
        for frame in self.frames():
            if frame.pts is None:
                time_s = 0.0 if last is None else last + period
            else:
                time_s = frame.pts * self.tick_s - self.origin_s
            last = time_s if last is None else max(last, time_s)
            yield last, frame

    def damage(self, reason: str) -> UserError:
        """Return the error for a failure at the packet that was read last."""
        place = (
            f"packet {max(self.packet, 0)} (time {self.time_s:.3f} s)" if self.whole else f"time {self.time_s:.3f} s"
        )
        return UserError(f"{self.path}: damaged at {place}: {reason}")

    def _open(self) -> av.container.InputContainer:
        # The prefix keeps a name like "concat:x" from being read as a protocol.
        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
        return av.open(f"file:{self.path}", options=options, metadata_errors="ignore")

    def _pick_stream(self) -> av.VideoStream:
        attached = av.stream.Disposition.attached_pic
        streams = [stream for stream in self.container.streams.video if not stream.disposition & attached]
        if not streams:
            found = ", ".join(sorted({stream.type for stream in self.container.streams})) or "nothing"
            raise UserError(f"{self.path}: expected a video stream, found only: {found}")
        stream = streams[0]
        if stream.codec_context is None:
            raise UserError(f"{self.path}: expected a video codec that FFmpeg decodes, found an unknown one")
        width, height = stream.codec_context.width, stream.codec_context.height
        if (width, height) == (0, 0):
            raise UserError(f"{self.path}: expected a stream that can be decoded, found one without its headers")
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise UserError(f"{self.path}: expected frames of 1 to {MAX_SIDE} pixels a side, found {width}x{height}")
        return stream

    def _check_end(self, end: float) -> None:
        """Refuse a file whose header promises more than there is (cut exactly between two packets)."""
        promised, count = self.stream.frames, self.packet + 1
        if count == 0:
            raise UserError(f"{self.path}: expected video frames, found a video stream without any")
        if self.stream.duration is None or count >= promised or not self.container.format.name.startswith("mov"):
            return
        # An edit list may rightly leave packets out, but then the duration is that of the edit.
        missing_s = ((self.stream.start_time or 0) + self.stream.duration) * self.tick_s - end
        if missing_s > 1.5 * self.stream.duration * self.tick_s / promised:
            raise UserError(f"{self.path}: cut off after packet {self.packet} (time {self.time_s:.3f} s): "
                            f"its header promises {promised} frames, {count} are there")  # fmt: skip


def describe(error: Exception) -> str:
    """Return what an exception of FFmpeg or the system says, without its number and its place in the library."""
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split()).lower() or type(error).__name__
