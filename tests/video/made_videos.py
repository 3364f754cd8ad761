"""Small videos of every awkward kind, made on the spot; each function returns the path of the file it wrote."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from longvideo.video.encode import write_video

Frame = npt.NDArray[np.uint8]


def moving_frames(count: int, width: int = 64, height: int = 48, seed: int = 0) -> list[Frame]:
    """Frames that all differ: a textured window sliding over a bigger texture, with a cut in the middle."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (2, height // 4, width // 4 + count, 3), dtype=np.uint8)
    textures = coarse.repeat(4, 1).repeat(4, 2)
    return [np.ascontiguousarray(textures[i * 2 // count, :, 3 * i : 3 * i + width]) for i in range(count)]


def picture_folder(path: Path, frames: list[Frame]) -> Path:
    """A folder of JPEGs, 00001.jpg and so on."""
    path.mkdir(parents=True)
    for number, frame in enumerate(frames, 1):
        cv2.imwrite(str(path / f"{number:05d}.jpg"), frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])
    return path


def encoded(path: Path, codec: str, count: int = 40, options: dict[str, str] | None = None, **context: object) -> Path:
    """Encode moving frames with any codec into the container that the file's suffix names."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25), options=options or {})
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        for number, frame in enumerate(moving_frames(count)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def remuxed(
    source: Path, target: Path, skip: int = 0, shift: int = 0, change: Callable[[int, av.Packet], None] | None = None
) -> Path:
    """Copy the packets of `source` without the first `skip`, stamps moved by `shift` ticks, each passed to `change`."""
    options = {"avoid_negative_ts": "disabled"} if shift else {}
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if number < skip or not packet.size:
                continue
            packet.pts = None if packet.pts is None else packet.pts + shift
            packet.dts = None if packet.dts is None else packet.dts + shift
            if change is not None:
                change(number, packet)
            packet.stream = stream
            new.mux(packet)
    return target


def variable_rate(path: Path) -> Path:
    times = np.cumsum(np.random.default_rng(1).uniform(0.005, 0.2, 40))
    write_video(path, moving_frames(40), 25, 12, times_s=times.tolist())
    return path


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """A file whose track header says how to turn it: a pixel at (x, y) is shown at (a x + c y, b x + d y)."""
    write_video(path, moving_frames(20), 25, 6, bframes=2)
    a, b, c, d = (65536 * value for value in matrix)
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # of the version 0 header
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def trimmed_by_edit_list(path: Path, bframes: int = 2) -> Path:
    """A file whose edit list starts in the middle of a group of pictures: the first frames are decoded, not shown."""
    write_video(path, moving_frames(40), 25, 12, bframes=bframes)
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 4 + 4 + 4 + 4  # version, count, duration; then the time of the media, in its ticks
    (old,) = struct.unpack_from(">i", data, place)
    struct.pack_into(">i", data, place, old + 5 * 512)
    path.write_bytes(data)
    return path


def packed_b_frames(folder: Path) -> Path:
    """MPEG-4 in AVI as DivX 5 wrote it: a B-frame rides in the packet before its own, which holds an empty picture."""
    plain = encoded(folder / "plain.avi", "mpeg4", options={"bf": "1", "g": "12"})
    with av.open(str(plain)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    kinds = [data[data.index(b"\0\0\1\xb6") + 4] >> 6 for data in packets]  # 0 I, 1 P, 2 B
    marked = packets[0].index(b"\0\0\1\xb6")
    packets[0] = packets[0][:marked] + b"\0\0\1\xb2DivX503b1393p" + packets[0][marked:]
    path = folder / "packed.avi"
    with av.open(str(plain)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, data in enumerate(packets):
            if kinds[number] == 2:
                data = b"\0\0\1\xb6\x56\x00\x7f"  # a picture that is not coded: show the one before
            elif number + 1 < len(packets) and kinds[number + 1] == 2:
                data = data + packets[number + 1]
            packet = av.Packet(data)
            packet.pts = packet.dts = number
            packet.time_base = Fraction(1, 25)
            packet.is_keyframe = kinds[number] == 0
            packet.stream = stream
            new.mux(packet)
    return path
