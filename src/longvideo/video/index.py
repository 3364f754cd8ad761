"""Where each frame of a video lies: which packet to start decoding from, and which picture is the frame.

The index is built from the packets alone, without decoding, where that is exact: H.264 in MP4 or Matroska whose every
packet holds one picture with a time of its own, that starts with an IDR picture and needs no more reordering than its
header admits. The project's own files are such. For everything else one decoding pass tells which frames there are.
Decoding then starts at the last packet that provably resets the decoder: an IDR picture (H.264, HEVC), any packet of an
intra-only codec, a keyframe shown no later than the frame (MPEG-1/2/4, VP8, VP9, AV1); otherwise at the first packet.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.video.bitstream import NalReader
from longvideo.video.packets import find_data
from longvideo.video.source import Source

MAX_REORDER = 16  # of H.264: pictures that wait for one that is decoded later and shown earlier
NO_STAMP = np.iinfo(np.int64).min
_NAL_CODECS = ("h264", "hevc")
_KEYFRAMES_RESET = ("mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1")


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """The frames of a file, N of them, and its packets, P.

    Attributes:
        identity: Size and modification time of the file that was indexed.
        times: float64 [N], seconds from the start of the file, in the order shown.
        fps: Average frames per second.
        pts: int64 [N], stamps of the frames; they tell the frames apart when `by_pts`, else the order does.
        by_pts: Whether the stamps ascend strictly.
        start: int32 [N], the packet that decoding begins with for each frame.
        packet_pts: int64 [P], in the order of the file, `NO_STAMP` where there is none.
        packet_dts: int64 [P].
        offset: int64 [P], position of each packet's data in the file, or empty when a packet's data is scattered.
        size: int32 [P], bytes.
        first_key: The first packet that is marked as a keyframe; decoding may fail before it.
        decoded: Whether a decoding pass built the index.
    """

    identity: tuple[int, int]
    times: npt.NDArray[np.float64]
    fps: float
    pts: npt.NDArray[np.int64]
    by_pts: bool
    start: npt.NDArray[np.int32]
    packet_pts: npt.NDArray[np.int64]
    packet_dts: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int32]
    first_key: int
    decoded: bool


@dataclass(slots=True)
class _Packets:
    pts: list[int]
    dts: list[int]
    size: list[int]
    keyed: list[bool]
    reset: list[bool]
    offset: list[int]
    keyframes_reset: bool  # for the frames shown after them
    regular: bool  # one H.264 picture each
    plain: bool = True  # nothing but data and stamps: can be rebuilt from the file


def build_index(path: Path, decode: bool = False) -> FrameIndex:
    """Index the frames of a video.

    Args:
        path: The file.
        decode: Decode the file even if its packets seem to tell all.

    Raises:
        UserError: The file is missing, no video, or damaged; names the file and the place.
    """
    identity = file_identity(path)
    with Source(path) as source, path.open("rb") as file:
        packets = _read_packets(source, file.fileno())
        pts = np.array(packets.pts, np.int64)
        exact = not decode and _is_exact(source, packets, pts)
        tick_s, origin_s, rate = source.tick_s, source.origin_s, source.rate
    if exact:
        shown = np.argsort(pts)
        frame_pts, by_pts = pts[shown], True
        times = frame_pts * tick_s - origin_s
        start = _last_true(packets.reset)[shown]
    else:
        frame_pts, corrupt, times = _decode_stamps(path)
        by_pts, start = _starts(packets, pts, frame_pts, corrupt)
    plain = packets.plain and len(packets.offset) == len(pts)
    return FrameIndex(
        identity=identity,
        times=times,
        fps=_average_rate(times, rate),
        pts=frame_pts,
        by_pts=by_pts,
        start=start.astype(np.int32),
        packet_pts=pts,
        packet_dts=np.array(packets.dts, np.int64),
        offset=np.array(packets.offset if plain else [], np.int64),
        size=np.array(packets.size, np.int32),
        first_key=packets.keyed.index(True) if True in packets.keyed else len(pts),
        decoded=not exact,
    )


def file_identity(path: Path) -> tuple[int, int]:
    """Return size and modification time of a file, which change when it is written anew."""
    try:
        status = path.stat()
    except OSError:
        raise UserError(f"{path}: expected a video, found no such file") from None
    return status.st_size, status.st_mtime_ns


def _read_packets(source: Source, descriptor: int) -> _Packets:
    codec = source.codec.codec.canonical_name
    nals = NalReader(codec, source.codec.extradata) if codec in _NAL_CODECS else None
    intra_only = bool(source.codec.codec.intra_only)
    found = _Packets([], [], [], [], [], [], codec in _KEYFRAMES_RESET, regular=codec == "h264")
    for packet in source.packets():
        data = bytes(packet)
        keyed = bool(packet.is_keyframe)
        found.pts.append(NO_STAMP if packet.pts is None else packet.pts)
        found.dts.append(NO_STAMP if packet.dts is None else packet.dts)
        found.size.append(len(data))
        found.keyed.append(keyed)
        found.reset.append(keyed and (nals.is_reset(data) if nals else intra_only))
        if found.regular and nals:
            found.regular = nals.pictures(data) == 1
        found.plain = found.plain and not packet.is_discard and next(packet.iter_sidedata(), None) is None
        if found.plain:
            offset = find_data(descriptor, packet.pos, data)
            found.plain = offset >= 0
            found.offset.append(offset)
    return found


def _is_exact(source: Source, packets: _Packets, pts: npt.NDArray[np.int64]) -> bool:
    name = source.container.format.name
    if not (packets.regular and packets.plain and packets.reset[0] and name.startswith(("mov", "matroska"))):
        return False
    if pts.min() == NO_STAMP or pts.argmin() != 0 or len(np.unique(pts)) != len(pts):
        return False
    waiting = np.zeros(len(pts), np.int64)  # pictures decoded before this one and shown after it
    for distance in range(1, min(MAX_REORDER + 1, len(pts))):
        waiting[distance:] += pts[:-distance] > pts[distance:]
    return int(waiting.max()) <= int(source.codec.reorder_depth)


def _decode_stamps(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Decode the whole file; return stamps, damage flags and times of its frames."""
    pts: list[int] = []
    corrupt: list[bool] = []
    times: list[float] = []
    with Source(path) as source:
        for time_s, frame in source.timed_frames():
            pts.append(NO_STAMP if frame.pts is None else frame.pts)
            corrupt.append(bool(frame.is_corrupt))
            times.append(time_s)
    if not pts:
        raise UserError(f"{path}: expected video frames, found {source.packet + 1} packets that hold none")
    return np.array(pts, np.int64), np.array(corrupt), np.array(times)


def _starts(
    packets: _Packets, pts: npt.NDArray[np.int64], frame_pts: npt.NDArray[np.int64], corrupt: npt.NDArray[np.bool_]
) -> tuple[bool, npt.NDArray[np.int64]]:
    """Return whether stamps tell the decoded frames apart, and the packet to start decoding from for each."""
    start = np.zeros(len(frame_pts), np.int64)
    by_stamp = np.argsort(pts, kind="stable")
    ascending = pts[by_stamp]
    place = np.searchsorted(ascending, frame_pts)
    known = NO_STAMP not in frame_pts and bool((np.diff(frame_pts) > 0).all()) and place.max() < len(pts)
    if not known or (np.diff(ascending) == 0).any() or (ascending[place] != frame_pts).any():
        return False, start
    packet = by_stamp[place]
    if packets.keyframes_reset:
        keys = np.flatnonzero(packets.keyed)
        for frame, last in enumerate(np.searchsorted(keys, packet, side="right") - 1):
            # The frames shown before a keyframe but decoded after it refer to what came before it.
            while last >= 0 and pts[keys[last]] > frame_pts[frame]:
                last -= 1
            start[frame] = keys[last] if last >= 0 else 0
    else:
        start = _last_true(packets.reset)[packet]
    # How damage is concealed may depend on anything shown earlier.
    start[np.isin(start, start[corrupt])] = 0
    return True, start


def _last_true(flags: list[bool]) -> npt.NDArray[np.int64]:
    """Return for each place the last place up to it whose flag is set, 0 where there is none."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))


def _average_rate(times: npt.NDArray[np.float64], stated: float) -> float:
    span = float(times[-1] - times[0])
    measured = (len(times) - 1) / span if span > 0 else 0.0
    if stated > 0 and (measured == 0 or abs(measured / stated - 1) < 1e-3):
        return stated
    return measured or 25.0
