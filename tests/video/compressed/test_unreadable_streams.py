"""Streams whose vectors are missing, or could mean several things: a line that says what was found and the way out."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import encoded, remuxed, trimmed_by_edit_list
from slow_reader import QSCALE, encode, h264, moving_content

from longvideo.errors import UserError
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video

FRAMES = moving_content(20, 80, 64)


def with_options(codec: str, options: dict[str, str], name: str = "v.mp4") -> Callable[[Path], Path]:
    return lambda folder: encode(folder / name, FRAMES, codec, options)


def two_sizes(folder: Path) -> Path:
    small, big = (encode(folder / f"{size}.m4v", moving_content(12, size, size), container="m4v") for size in (64, 80))
    path = folder / "v.m4v"
    path.write_bytes(small.read_bytes() + big.read_bytes())
    return path


def without_a_packet(folder: Path) -> Path:
    """H.264 of which one P-frame was lost: what follows refers to a picture that is not there."""
    whole = encode(folder / "whole.h264", FRAMES, "libx264", h264())
    with av.open(str(whole)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    path = folder / "v.h264"
    path.write_bytes(b"".join(packets[:7] + packets[8:]))
    return path


def hierarchical(folder: Path) -> Path:
    """H.264 with a P-frame that is marked as one that no other refers to."""
    path = encode(folder / "v.h264", FRAMES, "libx264", h264())
    data = bytearray(path.read_bytes())
    place = [i for i in range(len(data) - 4) if data[i : i + 3] == b"\0\0\1" and data[i + 3] & 0x1F == 1][4]
    data[place + 3] &= 0x1F
    path.write_bytes(data)
    return path


def two_in_one(folder: Path) -> Path:
    """MPEG-4 of which one packet holds two pictures, as DivX packed them; FFmpeg shows the first alone."""
    whole = encode(folder / "whole.mp4", FRAMES)
    with av.open(str(whole)) as old, av.open(str(folder / "v.mp4"), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [bytes(packet) for packet in old.demux(video=0) if packet.size]
        packets[4:6] = [packets[4] + packets[5]]
        for number, data in enumerate(packets):
            packet = av.Packet(data)
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, 25), stream
            new.mux(packet)
    return folder / "v.mp4"


def open_edit(folder: Path) -> Path:
    return trimmed_by_edit_list(folder / "v.mp4", bframes=0)


def cut(folder: Path) -> Path:
    return remuxed(encode(folder / "whole.mp4", FRAMES), folder / "v.mp4", skip=3)


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "mpeg4 B": (with_options("mpeg4", {**QSCALE, "bf": "2"}), "B-frames"),
    "mpeg4 interlaced": (with_options("mpeg4", {"flags": "+qscale+ilme+ildct"}), "interlaced video"),
    "mpeg4 packed": (two_in_one, "a packet of 2 pictures"),
    "mpeg4 sizes": (two_sizes, "frames of 64x64 and 80x80"),
    "mpeg4 cut": (cut, "frames before the first keyframe"),
    "h264 B": (with_options("libx264", h264(bframes=2)), "up to "),
    "h264 references": (with_options("libx264", h264(ref=3)), "up to 3 reference frames"),
    "h264 as usual": (with_options("libx264", {}), "up to 4 reference frames"),
    "h264 interlaced": (with_options("libx264", h264(interlaced=1)), "interlaced video"),
    "h264 cropped": (with_options("libx264", h264(crop_rect="8,8,0,0")), "frames cropped at the left or top"),
    "h264 lost": (without_a_packet, "missing pictures"),
    "h264 hierarchy": (hierarchical, "pictures that no other refers to"),
    "h264 edit list": (open_edit, "frames hidden by an edit list"),
    "hevc": (lambda folder: encoded(folder / "v.mp4", "libx265", 12), "hevc"),
    "vp9": (lambda folder: encoded(folder / "v.webm", "libvpx-vp9", 12), "vp9"),
    "av1": (lambda folder: encoded(folder / "v.mp4", "libsvtav1", 12), "av1"),
    "mjpeg": (lambda folder: encoded(folder / "v.avi", "mjpeg", 12), "mjpeg"),
    "mpeg2": (lambda folder: encoded(folder / "v.ts", "mpeg2video", 12), "mpeg2video"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_says_what_was_found_and_reencoding_helps(name: str, tmp_path: Path) -> None:
    make, found = UNREADABLE[name]
    path = make(tmp_path)
    message = "expected MPEG-4 part 2 or H.264 video of I- and P-frames that refer to the frame before, "
    with pytest.raises(UserError) as raised:
        list(CompressedVideo(path).frames())
    assert str(raised.value).startswith(f"{path}: {message}found {found}")
    assert str(raised.value).endswith(f"; re-encode it: longvideo reencode {path} --out F.mp4")
    if name not in ("h264 lost", "mpeg4 cut"):  # not all of the pictures are there
        made = reencode_mpeg4(path, tmp_path / "again.mp4", 64, 48)
        video = CompressedVideo(tmp_path / "again.mp4")
        assert video.frame_count == made.frames > 5
        assert np.any(video.motion(0, 5))


def test_a_picture_that_is_not_coded(tmp_path: Path) -> None:
    """Xvid writes such pictures where nothing changed; FFmpeg drops them."""

    def empty(number: int, packet: av.Packet) -> None:
        if number == 5:
            packet.update(b"\0\0\1\xb6\x50\x4f".ljust(packet.size, b"\0"))

    path = remuxed(encode(tmp_path / "whole.mp4", FRAMES), tmp_path / "v.mp4", change=empty)
    video = CompressedVideo(path)
    with pytest.raises(
        UserError, match=r"found no picture, or one that is shown out of order \(packet 5\); re-encode it"
    ):
        video.read(0, 5)
    assert video.read(0, 4).motion.any()


def test_an_own_file_is_readable(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", FRAMES, 25, 12)
    assert CompressedVideo(tmp_path / "v.mp4").motion(1, 3).any()


def test_no_video_at_all(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"hello" * 100)
    with pytest.raises(UserError, match="not a video file"):
        CompressedVideo(tmp_path / "v.mp4")
    with pytest.raises(UserError, match="no such file"):
        CompressedVideo(tmp_path / "w.mp4")
