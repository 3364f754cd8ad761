"""Where the groups of pictures of a file begin, and where its packets lie."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.video.compressed.pictures import Unreadable, parser_for
from longvideo.video.index import file_identity
from longvideo.video.packets import find_data
from longvideo.video.source import Source


@dataclass(frozen=True, slots=True)
class GroupIndex:
    """The groups of pictures (GOPs) of a file, G of them, and its packets, P, one frame each.

    Attributes:
        identity: Size and modification time of the file that was indexed.
        codec: FFmpeg's name, "mpeg4" or "h264".
        tag: Four characters by which the container calls the codec; decoders know whose quirks to follow by them.
        extradata: The decoder's configuration.
        width: Pixels.
        height: Pixels.
        first: int64 [G], the packet that each group begins with; the first is 0.
        offset: int64 [P], position of each packet's data in the file, or empty when a packet's data is scattered.
        size: int64 [P], bytes.
    """

    identity: tuple[int, int]
    codec: str
    tag: str
    extradata: bytes
    width: int
    height: int
    first: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]


def build_group_index(path: Path) -> GroupIndex:
    """Index the groups of pictures of a video from its packets, without decoding.

    Raises:
        UserError: The file is missing, no video, or damaged; or its vectors cannot be read exactly.
    """
    identity = file_identity(path)
    first: list[int] = []
    offset: list[int] = []
    size: list[int] = []
    with Source(path) as source, path.open("rb") as file:
        codec, extradata = source.codec.codec.canonical_name, source.codec.extradata or b""
        try:
            parser = parser_for(codec, extradata)
            if parser is None:
                raise Unreadable(codec)
            scattered = False
            for packet in source.packets():
                data = bytes(packet)
                if packet.is_discard or packet.has_sidedata("new_extradata"):
                    raise Unreadable("frames hidden by an edit list" if packet.is_discard else "headers that change")
                starts = parser.starts_group(data)
                if starts is None:
                    continue
                if starts:
                    first.append(len(size))
                if not first:
                    raise Unreadable("frames before the first keyframe")
                if not scattered:
                    place = find_data(file.fileno(), packet.pos, data)
                    scattered = place < 0
                    offset.append(place)
                size.append(len(data))
        except Unreadable as reason:
            raise unreadable(path, f"{reason} (packet {max(source.packet, 0)})" if size else str(reason)) from None
        tag, width, height = _tag(source), source.codec.width, source.codec.height
    places = np.array([] if scattered else offset, np.int64)
    return GroupIndex(
        identity, codec, tag, extradata, width, height, np.array(first, np.int64), places, np.array(size, np.int64)
    )


def unreadable(path: Path, found: str) -> UserError:
    """Return the error for a video whose vectors cannot be read exactly."""
    return UserError(
        f"{path}: expected MPEG-4 part 2 or H.264 video of I- and P-frames that refer to the frame before, "
        f"found {found}; re-encode it: longvideo reencode {path} --out F.mp4"
    )


def _tag(source: Source) -> str:
    try:
        return str(source.codec.codec_tag)
    except UnicodeDecodeError:
        return "\0\0\0\0"  # no quirk is known by a name that is not ASCII
