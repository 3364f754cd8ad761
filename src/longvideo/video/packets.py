"""Find the data of packets in their file, and build the packets again from there."""

import os
from pathlib import Path

import av

from longvideo.errors import UserError

_SLACK = 64  # bytes between a packet's position and its data: block headers of Matroska and AVI


def find_data(descriptor: int, position: int | None, data: bytes) -> int:
    """Return where `data` lies in a file at or shortly after `position`, or -1."""
    if position is None:
        return -1
    if os.pread(descriptor, len(data), position) == data:
        return position
    distance = os.pread(descriptor, len(data) + _SLACK, position).find(data)
    return -1 if distance < 0 else position + distance


def rebuild(path: Path, descriptor: int, number: int, offset: int, size: int) -> av.Packet:
    """Return packet `number` of a file, `size` bytes from `offset` on, without stamps.

    Raises:
        UserError: The file ends before.
    """
    data = os.pread(descriptor, size, offset)
    if len(data) < size:
        raise UserError(f"{path}: changed while it was read: packet {number} is no longer there")
    packet = av.Packet(size)  # with the padding that decoders need, which a packet around `data` would lack
    packet.update(data)
    return packet
