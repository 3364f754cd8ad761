"""What a coded H.264 or HEVC picture says about itself, read from its NAL headers alone."""

from collections.abc import Iterator

H264_SLICES = range(1, 6)
H264_IDR = 5
HEVC_SLICES = range(32)
HEVC_IDR = (19, 20)


class NalReader:
    """Finds the NAL units of packets, which are preceded by their length (MP4, Matroska) or by start codes.

    Args:
        codec: "h264" or "hevc".
        extradata: The decoder's configuration from the container.
    """

    def __init__(self, codec: str, extradata: bytes | None) -> None:
        self.codec = codec
        header = extradata or b""
        counted = len(header) > 22 if codec == "hevc" else len(header) > 4
        counted = counted and header[0] == 1
        self.length_bytes = (header[21 if codec == "hevc" else 4] & 3) + 1 if counted else 0

    def starts(self, data: bytes) -> Iterator[int]:
        """Yield the position of every NAL unit's header byte."""
        end = len(data)
        if self.length_bytes:
            position = 0
            while position + self.length_bytes < end:
                size = int.from_bytes(data[position : position + self.length_bytes])
                position += self.length_bytes
                yield position
                position += size
            return
        position = data.find(b"\0\0\1")
        while 0 <= position < end - 3:
            yield position + 3
            position = data.find(b"\0\0\1", position + 3)

    def is_reset(self, data: bytes) -> bool:
        """Return whether the packet is an IDR picture: nothing decoded from it on refers to anything before it."""
        for start in self.starts(data):
            if self.codec == "hevc":
                kind = (data[start] >> 1) & 0x3F
                if kind in HEVC_SLICES:
                    return kind in HEVC_IDR
            else:
                kind = data[start] & 0x1F
                if kind in H264_SLICES:
                    return kind == H264_IDR
        return False

    def pictures(self, data: bytes) -> int:
        """Return how many H.264 pictures begin in the packet: slices whose first macroblock is number 0."""
        # Number 0 is coded as a single 1 bit, the first after the header byte.
        return sum(
            1
            for start in self.starts(data)
            if data[start] & 0x1F in H264_SLICES and start + 1 < len(data) and data[start + 1] & 0x80
        )
