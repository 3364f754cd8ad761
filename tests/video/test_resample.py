"""Re-encoding: the right source frame at every tick, the right size, shots, and no trace of a failure."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_videos import encoded, moving_frames, remuxed, turned

from longvideo.errors import UserError
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader
from longvideo.video.resample import transcode
from longvideo.video.shots import find_shots


def numbered(count: int) -> list[np.ndarray]:
    """Frames that carry their number as the brightness of nine bits' worth of stripes."""
    frames = []
    for number in range(count):
        bits = np.array([255 * (number >> bit & 1) for bit in range(9)], np.uint8)
        frames.append(np.broadcast_to(bits.repeat(16)[None, :, None], (48, 144, 3)).copy())
    return frames


def numbers(path: Path) -> list[int]:
    """The numbers that the frames of a file carry."""
    reader = FrameReader(path)
    frames = reader.frames(range(reader.frame_count))
    bits = frames.mean(axis=(1, 3)).reshape(len(frames), 9, -1).mean(-1) > 127
    return (bits << np.arange(9)).sum(1).tolist()


@pytest.mark.parametrize("fps", [25.0, 8.0, 12.5, 30.0, 50.0])
def test_each_frame_shows_the_latest_source_frame(fps: float, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", numbered(60), 25)
    facts = transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", fps, 48, 4, 18)
    expected = [int(k / fps * 25 + 1e-6) for k in range(int(np.ceil(60 / 25 * fps - 1e-6)))]
    assert numbers(tmp_path / "out.mp4") == expected
    assert facts.frames == len(expected) and facts.fps == fps


def test_variable_rate_and_a_late_first_frame(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.35, 0.4, 1.0]
    write_video(tmp_path / "in.mp4", numbered(5), 25, times_s=times)
    transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 10, 48, 4, 18)
    assert numbers(tmp_path / "out.mp4") == [0, 1, 1, 1, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    write_video(tmp_path / "plain.mp4", numbered(60), 25, 10)
    remuxed(tmp_path / "plain.mp4", tmp_path / "cut.mkv", skip=5)
    late = FrameReader(tmp_path / "cut.mkv").times[0]
    assert late > 0.1
    transcode(tmp_path / "cut.mkv", tmp_path / "out.mp4", 25, 48, 4, 18)
    held = round(late * 25)
    assert numbers(tmp_path / "out.mp4") == [10] * held + list(range(10, 60))


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
@pytest.mark.parametrize("start_s", [1.0, 7.28, 15.0])
def test_trim_with_and_without_seeking(
    start_s: float, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "in.mp4", numbered(500), 25, 25, bframes=2, open_gop=True)
    source = remuxed(tmp_path / "in.mp4", tmp_path / f"source.{suffix}") if suffix != "mp4" else tmp_path / "in.mp4"
    transcode(source, tmp_path / "decoded.mp4", 25, 48, 4, 18, start_s, 2.0)
    monkeypatch.setattr("longvideo.video.resample.SEEK_FROM_S", 0.5)
    monkeypatch.setattr("longvideo.video.resample.SEEK_MARGIN_S", 2.0)
    transcode(source, tmp_path / "sought.mp4", 25, 48, 4, 18, start_s, 2.0)
    first = round(start_s * 25)
    assert numbers(tmp_path / "decoded.mp4") == list(range(first, first + 50))
    assert (tmp_path / "sought.mp4").read_bytes() == (tmp_path / "decoded.mp4").read_bytes()


def test_a_clock_that_jumps_is_damage(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", numbered(3), 25, times_s=[0.0, 0.04, 9000.0])
    with pytest.raises(UserError, match=r"in\.mp4: damaged at packet 2 .* its time jumps from 0\.040 s to 9000\.000 s"):
        transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 25, 48, 4, 18)
    facts = transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 25, 48, 4, 18, duration_s=2.0)
    assert facts.frames == 50


def test_start_beyond_the_end(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", numbered(50), 25)
    with pytest.raises(UserError, match=r"in\.mp4: expected a video that lasts beyond 900 s, found one of 2\.000 s"):
        transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 25, 48, 4, 18, 900, 900)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_same_bytes_again_and_same_frames_from_its_own_output(tmp_path: Path) -> None:
    encoded(tmp_path / "in.ts", "mpeg2video", options={"bf": "2", "g": "12"})
    for name in ("one", "other"):
        transcode(tmp_path / "in.ts", tmp_path / f"{name}.mp4", 12, 32, 4, 18)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()
    again = transcode(tmp_path / "one.mp4", tmp_path / "again.mp4", 12, 32, 4, 18)
    before, after = (FrameReader(tmp_path / f"{name}.mp4") for name in ("one", "again"))
    assert again.frames == before.frame_count and np.array_equal(before.times, after.times)


@pytest.mark.parametrize("short_side, size", [(32, (42, 32)), (24, (32, 24)), (48, (64, 48)), (500, (64, 48))])
def test_short_side_is_a_limit_and_sizes_are_even(short_side: int, size: tuple[int, int], tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving_frames(3), 25)
    facts = transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 25, short_side, 1, 18)
    assert (facts.width, facts.height) == size


def test_rotation_is_in_the_pixels(tmp_path: Path) -> None:
    source = turned(tmp_path / "in.mp4", (0, 1, -1, 0))
    facts = transcode(source, tmp_path / "out.mp4", 25, 48, 4, 4)
    assert (facts.width, facts.height) == (48, 64)
    made, shown = (FrameReader(path).frames([7])[0].mean(-1) for path in (tmp_path / "out.mp4", source))
    assert np.abs(made - shown).mean() < 4 < np.abs(made - shown[::-1, ::-1]).mean()


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    source = encoded(tmp_path / "in.mkv", "mpeg4", 5, sample_aspect_ratio=Fraction(2))
    facts = transcode(source, tmp_path / "out.mp4", 25, 48, 4, 18)
    assert (facts.width, facts.height) == (128, 48)


def _three_shots(side: int) -> list[np.ndarray]:
    frames = []
    for shot in range(3):
        base = np.random.default_rng(shot).integers(0, 256, (side // 8, side // 8 + 2, 3), dtype=np.uint8)
        base = base.repeat(8, 0).repeat(8, 1)
        frames += [base[:, i // 2 : i // 2 + side] for i in range(20)]
    return frames


@pytest.mark.parametrize("side", [64, 320])
def test_shots_of_a_made_video(side: int) -> None:
    assert find_shots(_three_shots(side), 8.0) == (0, 20, 40)


def test_shots_are_numbered_in_the_frames_of_the_target(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", _three_shots(64), 20)
    facts = transcode(tmp_path / "in.mp4", tmp_path / "out.mp4", 5, 64, 4, 18, start_s=0.5)
    assert facts.shots == (0, 3, 8)  # cuts at 1 s and 2 s, frame 0 at 0.5 s: the first frames at or after them


def test_shots_of_a_real_clip(tmp_path: Path, real_clips: Path) -> None:
    facts = transcode(real_clips / "bikes_scene_cuts.mp4", tmp_path / "out.mp4", 25, 64, 12, 18)
    assert facts.shots == (0, 30, 76, 137, 187, 242)  # read off the frames by eye
    assert (facts.frames, facts.width, facts.height) == (250, 150, 64)


@pytest.fixture
def real_clips() -> Path:
    folder = os.environ.get("LONGVIDEO_CLIPS")
    if not folder:
        pytest.skip("LONGVIDEO_CLIPS names no folder of real clips")
    return Path(folder)
