"""Encoded files: the frames that went in, at the asked rate and keyframes, always the same bytes."""

from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import moving_frames

from longvideo.errors import UserError
from longvideo.video.encode import open_encoder, write_video
from longvideo.video.reader import FrameReader, sequential


def _packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def test_bytes_depend_on_frames_and_settings_alone(tmp_path: Path) -> None:
    frames = moving_frames(50, 152, 64)
    for number in range(4):
        write_video(tmp_path / f"{number}.mp4", frames, 25, 12, bframes=2)
        list(sequential(tmp_path / f"{number}.mp4"))  # leaves something else in the memory that the next encoder gets
    made = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert len(made) == 4 and set(made) == {made[0]}
    assert b" mbtree=0 " in made[0]  # with it, x264 gives other bytes now and then


@pytest.mark.parametrize("gop", [1, 5])
def test_keyframes_come_every_gop_and_nothing_is_reordered(gop: int, tmp_path: Path) -> None:
    assert write_video(tmp_path / "v.mp4", moving_frames(23), 25, gop) == 23
    packets = _packets(tmp_path / "v.mp4")
    assert [packet.is_keyframe for packet in packets] == [number % gop == 0 for number in range(23)]
    assert all(packet.pts == packet.dts for packet in packets)


def test_frames_survive(tmp_path: Path) -> None:
    frames = [frame // 2 + 64 for frame in moving_frames(20)]
    write_video(tmp_path / "v.mp4", frames, 25, 4, 4)
    for made, (_, read) in zip(frames, sequential(tmp_path / "v.mp4"), strict=True):
        luma_made, luma_read = (frame @ np.array([0.299, 0.587, 0.114]) for frame in (made, read))
        assert np.abs(luma_made - luma_read).mean() < 1.5


def test_pure_colours_survive(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (255, 255, 255)]
    frames = [np.full((16, 16, 3), colour, np.uint8) for colour in colours]
    write_video(tmp_path / "v.mp4", frames, 25, 1, 0)
    for colour, (_, read) in zip(colours, sequential(tmp_path / "v.mp4"), strict=True):
        assert np.abs(read.astype(int) - colour).max() <= 4, colour


def test_odd_sizes_grow_by_one(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", [frame[:47, :63] for frame in moving_frames(3)], 25, 1, 0)
    assert FrameReader(tmp_path / "v.mp4").frames([0]).shape == (1, 48, 64, 3)


def test_given_times_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.51, 2.0]
    write_video(tmp_path / "v.mp4", moving_frames(5), 25, times_s=times)
    np.testing.assert_allclose(FrameReader(tmp_path / "v.mp4").times, times, atol=1e-4)


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), open_encoder(tmp_path / "v.mp4", 25) as encoder:
        encoder.add(moving_frames(1)[0])
        raise KeyError
    with pytest.raises(UserError, match="at least one frame"):
        write_video(tmp_path / "v.mp4", [], 25)
    with pytest.raises(UserError, match="preset"):
        write_video(tmp_path / "v.mp4", moving_frames(1), 25, preset="fastest")
    with pytest.raises(UserError, match="frame rate"):
        write_video(tmp_path / "v.mp4", moving_frames(1), 0)
    assert list(tmp_path.iterdir()) == []
