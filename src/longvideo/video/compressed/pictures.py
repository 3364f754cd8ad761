"""What the packets of a video say about their pictures: where groups start, and whether the vectors are unambiguous.

FFmpeg exports vectors without saying which picture they point into, so only streams are read whose pictures can refer
to nothing but the picture right before them.
"""

from typing import Protocol

from longvideo.video.bitstream import H264_IDR, H264_SLICES, NalReader
from longvideo.video.compressed.bits import Bits

_VOP = b"\0\0\1\xb6"  # start codes of MPEG-4: of a picture, and of the end
_END = b"\0\0\1\xb1"
_SEQUENCE = 7  # NAL unit types of H.264
_PARTITIONS = (2, 3, 4)
_HEADER_BYTES = 24  # of a slice: enough for the fields that are read
_SEQUENCE_BYTES = 2048  # of a sequence header up to the fields that are read, scaling lists included
_WITH_CHROMA = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)  # profiles whose headers say the format


class Unreadable(Exception):  # noqa: N818  (no error: becomes one that names the file)
    """The stream cannot be read exactly; the message says what was found."""


class PictureParser(Protocol):
    """Reads packets in the order of the file."""

    def starts_group(self, data: bytes) -> bool | None:
        """Return whether a packet's picture is the first of a group, which refers to nothing before it.

        None stands for a packet that only says that the stream ends.

        Raises:
            Unreadable: The packet holds anything but one picture, whose vectors point into the picture before it.
        """


class Mpeg4Parser:
    """Packets of MPEG-4 part 2 (ISO/IEC 14496-2): a group begins with every I-picture."""

    def starts_group(self, data: bytes) -> bool | None:
        """See `PictureParser`."""
        if data == _END:
            return None
        place = data.find(_VOP)
        if data.count(_VOP) != 1 or place + 4 >= len(data):
            raise Unreadable(f"a packet of {data.count(_VOP)} pictures")
        kind = data[place + 4] >> 6
        if kind > 1:
            raise Unreadable("B-frames" if kind == 2 else "sprites (global motion)")
        return kind == 0


class H264Parser:
    """Packets of H.264 (ITU-T H.264): a group begins with every IDR picture.

    Other I-pictures are pictures of their group, all of whose blocks are intra: later ones might refer past them.

    Args:
        extradata: The decoder's configuration from the container.
    """

    def __init__(self, extradata: bytes) -> None:
        self._nals = NalReader("h264", extradata)
        self._frame_num_bits = 0  # unknown before a sequence header
        self._planes_apart = False
        self._frame_num = -1
        if self._nals.length_bytes:
            for header in _sequence_headers(extradata):
                self._sequence(header[1:])

    def starts_group(self, data: bytes) -> bool:
        """See `PictureParser`."""
        idr, pictures, frame_num = False, 0, 0
        for start in self._nals.starts(data):
            unit = data[start] & 0x1F if start < len(data) else 0
            if unit == _SEQUENCE:
                self._sequence(data[start + 1 : start + _SEQUENCE_BYTES])
            if unit not in H264_SLICES:
                continue
            if unit in _PARTITIONS:
                raise Unreadable("partitioned slices")
            if not data[start] & 0x60:
                raise Unreadable("pictures that no other refers to, so that vectors point past them")
            idr = unit == H264_IDR
            first, kind, frame_num = self._slice(data[start + 1 : start + _HEADER_BYTES])
            pictures += first == 0
            if kind % 5 not in (0, 2):
                raise Unreadable("B-frames" if kind % 5 == 1 else "switching slices")
        if pictures != 1:
            raise Unreadable(f"a packet of {pictures} pictures")
        if not idr and self._frame_num >= 0 and frame_num != (self._frame_num + 1) % (1 << self._frame_num_bits):
            raise Unreadable("missing pictures")
        self._frame_num = frame_num
        return idr

    def _slice(self, payload: bytes) -> tuple[int, int, int]:
        """Return first macroblock, slice type and frame_num of a slice header."""
        if not self._frame_num_bits:
            raise Unreadable("pictures before their sequence header")
        try:
            bits = Bits(payload)
            first, kind, _ = bits.unsigned(), bits.unsigned(), bits.unsigned()
            if self._planes_apart:
                bits.read(2)
            return first, kind, bits.read(self._frame_num_bits)
        except ValueError as error:
            raise Unreadable(str(error)) from None

    def _sequence(self, payload: bytes) -> None:
        """Take what matters from a sequence header (7.3.2.1.1); refuse what leaves the vectors' reference open."""
        try:
            bits = Bits(payload)
            profile, _, _ = bits.read(8), bits.read(16), bits.unsigned()
            planes_apart = False
            if profile in _WITH_CHROMA:
                planes_apart = _skip_chroma(bits)
            frame_num_bits = bits.unsigned() + 4
            _skip_order(bits)
            references = bits.unsigned()
            bits.read(1), bits.unsigned(), bits.unsigned()
            frames_only = bits.read(1)
            bits.read(1 if frames_only else 2)
            left, _, top, _ = [bits.unsigned() for _ in range(4)] if bits.read(1) else [0] * 4
        except ValueError as error:
            raise Unreadable(str(error)) from None
        if references > 1:
            raise Unreadable(f"up to {references} reference frames, and FFmpeg does not tell which one a vector means")
        if not frames_only:
            raise Unreadable("interlaced video")
        if left or top:
            raise Unreadable("frames cropped at the left or top")
        if frame_num_bits > 16 or self._frame_num_bits not in (0, frame_num_bits):
            raise Unreadable("sequence headers that differ")
        self._frame_num_bits, self._planes_apart = frame_num_bits, planes_apart


def parser_for(codec: str, extradata: bytes) -> PictureParser | None:
    """Return the parser of a codec, None where none of its vectors can be read exactly."""
    if codec == "mpeg4":
        return Mpeg4Parser()
    return H264Parser(extradata) if codec == "h264" else None


def _sequence_headers(extradata: bytes) -> list[bytes]:
    """Return the sequence headers in the decoder's configuration of an MP4 or Matroska file (ISO/IEC 14496-15)."""
    place, headers = 6, []
    for _ in range(extradata[5] & 31 if len(extradata) > place else 0):
        size = int.from_bytes(extradata[place : place + 2])
        headers.append(extradata[place + 2 : place + 2 + size])
        place += 2 + size
    return headers


def _skip_chroma(bits: Bits) -> bool:
    """Skip chroma format, bit depth and scaling lists; return whether the colour planes are coded apart."""
    chroma = bits.unsigned()
    apart = chroma == 3 and bool(bits.read(1))
    bits.unsigned(), bits.unsigned(), bits.read(1)
    if bits.read(1):
        for number in range(12 if chroma == 3 else 8):
            last = following = 8
            for _ in range((16 if number < 6 else 64) if bits.read(1) else 0):
                if following:
                    following = (last + bits.signed()) % 256
                last = following or last
    return apart


def _skip_order(bits: Bits) -> None:
    """Skip how the order of display is coded."""
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.read(1), bits.signed(), bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()
