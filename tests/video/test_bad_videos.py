"""Files that are no videos, or were one: one line that names the file and the place, never a traceback."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import moving_frames

from longvideo.errors import UserError
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader, sequential
from longvideo.video.resample import transcode


def _whole(folder: Path) -> bytes:
    write_video(folder / "whole.mp4", moving_frames(40), 25, 12)
    return (folder / "whole.mp4").read_bytes()


def _end_of_packet(folder: Path, number: int) -> int:
    with av.open(str(folder / "whole.mp4")) as container:
        packet = list(container.demux(video=0))[number]
        return packet.pos + packet.size


def _cut_in_packet(folder: Path) -> bytes:
    return _whole(folder)[: _end_of_packet(folder, 25) - 3]


def _cut_between_packets(folder: Path) -> bytes:
    return _whole(folder)[: _end_of_packet(folder, 25)]


def _overwritten(folder: Path) -> bytes:
    data = bytearray(_whole(folder))
    place = _end_of_packet(folder, 24)
    data[place : place + 300] = bytes(300)
    return bytes(data)


def _slice_overwritten(folder: Path) -> bytes:
    """Damage that only the decoder can see: the headers of the packet say what they did."""
    data = bytearray(_whole(folder))
    start, end = _end_of_packet(folder, 24), _end_of_packet(folder, 25)
    data[start + 6 : end] = bytes(end - start - 6)
    return bytes(data)


def _audio(folder: Path) -> bytes:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 16000, 0, Fraction(1, 16000)
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path.read_bytes()


BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda folder: b"", "found an empty file"),
    "zeros": (lambda folder: bytes(5000), "not a video file, or damaged or cut off in its header"),
    "text": (lambda folder: b"hello\n" * 500, "not a video file"),
    "playlist": (lambda folder: b"#EXTM3U\n#EXTINF:1,\nwhole.mp4\n" + _whole(folder)[:0], "not a video file"),
    "audio": (_audio, "expected a video stream, found only: audio"),
    "header": (lambda folder: _whole(folder)[:600], "cut off in its header"),
    "truncated": (_cut_in_packet, r"damaged at packet 25 \(time 1\.000 s\): its data is cut off"),
    "promised": (_cut_between_packets, r"cut off after packet 25 \(time 1\.000 s\): its header promises 40 frames"),
    "slice": (_slice_overwritten, r"damaged at packet 25 \(time 1\.000 s\)"),
    "overwritten": (_overwritten, r"damaged at packet 25 \(time 1\.000 s\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_gives_one_line_with_its_name_and_place(name: str, tmp_path: Path) -> None:
    make, message = BAD[name]
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(make(tmp_path))
    target = tmp_path / "out" / "target.mp4"
    for read in (
        lambda: FrameReader(path).frames(range(FrameReader(path).frame_count)),
        lambda: list(sequential(path)),
        lambda: transcode(path, target, 25, 48, 4, 18),
    ):
        with pytest.raises(UserError, match=message) as raised:
            read()
        assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)
    assert not target.parent.exists() or not list(target.parent.iterdir())


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no\.mp4: expected a video, found no such file"):
        FrameReader(tmp_path / "no.mp4")
    with pytest.raises(UserError, match="expected a video, found a directory"):
        FrameReader(tmp_path)


def test_frames_beyond_the_size_limit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 8194, 16, "yuv420p"
        picture = av.VideoFrame(8194, 16, "yuv420p")
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with pytest.raises(UserError, match="1 to 8192 pixels a side, found 8194x16"):
        FrameReader(path)


def test_reader_recovers_after_damage(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(_slice_overwritten(tmp_path))
    good = FrameReader(tmp_path / "whole.mp4")
    reader = FrameReader(path)
    with pytest.raises(UserError, match="damaged at packet 25"):
        reader.frames([30])
    for number in (5, 23, 37):
        assert np.array_equal(reader.frames([number]), good.frames([number]))
