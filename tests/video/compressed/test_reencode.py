"""Re-encoding to MPEG-4 part 2: every source frame once, at the authors' settings, and nothing left of a failure."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import moving_frames, remuxed, turned, variable_rate
from slow_reader import encode, moving_content

from longvideo.errors import UserError
from longvideo.video.compressed.decoder import GroupDecoder
from longvideo.video.compressed.reencode import reencode_mpeg4, scaled_size
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video
from longvideo.video.resample import Transcoded


def shown(path: Path, width: int, height: int) -> np.ndarray:
    """The decoded frames of a file at another size, float [T, H, W, 3]."""
    with av.open(str(path)) as container:
        frames = [
            frame.reformat(width, height, "rgb24", interpolation="BICUBIC") for frame in container.decode(video=0)
        ]
        return np.stack([frame.to_ndarray() for frame in frames]).astype(float)


def test_every_frame_at_the_size_asked_for(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    still = [moving_content(1, 160, 96, seed)[0] for seed in range(3)]
    frames = [np.roll(still[number // 20], number // 3, axis=1) for number in range(50)]
    write_video(source, frames, 25, 25, crf=4, bframes=2)
    for width, height, gop in ((340, 256, 12), (85, 63, 7)):
        facts = reencode_mpeg4(source, tmp_path / "out.mp4", width, height, gop)
        assert facts == Transcoded(50, 25.0, width, height, (0, 20, 40))
        video = CompressedVideo(tmp_path / "out.mp4")
        assert video.gops.tolist() == [gop] * (50 // gop) + [50 % gop]
        assert (video.width, video.height) == (width, height)
        close = np.abs(shown(source, width, height) - shown(tmp_path / "out.mp4", width, height))
        assert close.mean(axis=(1, 2, 3)).max() < 5
        vectors = np.concatenate([picture.vectors for picture in GroupDecoder(video.path, video.index).pictures(1)])
        assert (vectors["size"] == 16).all() and (vectors["motion_scale"] == 2).all()


def test_the_quantiser_is_2_everywhere(tmp_path: Path) -> None:
    source = encode(tmp_path / "in.mp4", moving_content(14, 160, 96))
    reencode_mpeg4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        container.streams.video[0].codec_context.options = {"export_side_data": "venc_params"}
        for frame in container.decode(video=0):
            data = bytes(frame.side_data.get("VIDEO_ENC_PARAMS"))  # of the frame, then of its macroblocks
            count, start, size, _, quantiser = struct.unpack_from("=I4xQQii", data)
            assert count == 22 * 16
            for block in range(count):
                (more,) = struct.unpack_from("=16xi", data, start + block * size)
                assert quantiser + more == 4  # in halves


def test_same_bytes_again(tmp_path: Path) -> None:
    source = variable_rate(tmp_path / "in.mp4")
    first, again = (reencode_mpeg4(source, tmp_path / name, 64, 48) for name in ("a.mp4", "b.mp4"))
    assert first == again and (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("fps", [12.5, 24000 / 1001, 29.97, 59.94, 120000 / 1001, 240.0])
def test_the_rate_of_the_source_is_kept(fps: float, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving_frames(40), fps)
    facts = reencode_mpeg4(tmp_path / "in.mp4", tmp_path / "out.mp4", 64, 48)
    assert facts.frames == 40 and abs(facts.fps / fps - 1) < 1e-4
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(facts.fps)


def test_the_picture_is_turned_as_the_file_says(tmp_path: Path) -> None:
    source = turned(tmp_path / "in.mp4", (0, 1, -1, 0))
    assert scaled_size(source, 32) == (32, 42)
    reencode_mpeg4(source, tmp_path / "out.mp4", 48, 64)
    coded, made = shown(source, 64, 48), shown(tmp_path / "out.mp4", 48, 64)
    assert np.abs(coded[:, ::-1].transpose(0, 2, 1, 3) - made).mean() < 6


def test_full_range_becomes_limited(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        stream = container.add_stream("mjpeg", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number, frame in enumerate(moving_frames(6)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuvj420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    reencode_mpeg4(tmp_path / "in.mkv", tmp_path / "out.mp4", 64, 48)
    assert np.abs(shown(tmp_path / "in.mkv", 64, 48) - shown(tmp_path / "out.mp4", 64, 48)).mean() < 3


def test_the_shape_can_be_kept(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving_frames(3, 64, 48), 25)
    assert scaled_size(tmp_path / "in.mp4", 24) == (32, 24)


def test_damage_leaves_no_file(tmp_path: Path) -> None:
    write_video(tmp_path / "whole.mp4", moving_frames(40), 25, 12)

    def spoil(number: int, packet: av.Packet) -> None:
        if number == 20:
            packet.update(bytes(packet)[:6] + bytes(packet.size - 6))

    remuxed(tmp_path / "whole.mp4", tmp_path / "in.mp4", change=spoil)
    with pytest.raises(UserError, match=r"in\.mp4: damaged at packet 20"):
        reencode_mpeg4(tmp_path / "in.mp4", tmp_path / "out" / "out.mp4")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("numbers", [(8, 48, 12), (64, 9000, 12), (64, 48, 0), (64, 48, 601)])
def test_numbers_out_of_range(numbers: tuple[int, int, int], tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving_frames(3), 25)
    with pytest.raises(UserError, match="expected sides of 16 to 8190 pixels and a GOP of 1 to 600 frames, found"):
        reencode_mpeg4(tmp_path / "in.mp4", tmp_path / "out.mp4", *numbers)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
