"""Random access returns what reading a file through returns, whatever the file is like."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_videos import (
    encoded,
    moving_frames,
    packed_b_frames,
    remuxed,
    trimmed_by_edit_list,
    turned,
    variable_rate,
)

from longvideo.errors import UserError
from longvideo.video.encode import write_video
from longvideo.video.index import build_index
from longvideo.video.reader import FrameReader, ReaderPool, all_frames, sequential


def _written(folder: Path, bframes: int = 0, open_gop: bool = False) -> Path:
    path = folder / f"plain_{bframes}_{open_gop}.mp4"
    write_video(path, moving_frames(40), 25, 12, bframes=bframes, open_gop=open_gop, fast_decode=not bframes)
    return path


_X265 = {"preset": "ultrafast", "x265-params": "keyint=12:bframes=3:open-gop=1:log-level=none"}
_ALTREF = {"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8", "deadline": "realtime"}

MADE: dict[str, Callable[[Path], Path]] = {
    "short closed GOPs": _written,
    "B-frames": lambda folder: _written(folder, bframes=3),
    "open GOPs": lambda folder: _written(folder, bframes=3, open_gop=True),
    "open GOPs in MPEG-TS": lambda folder: remuxed(_written(folder, 3, True), folder / "open.ts"),
    "variable rate": lambda folder: variable_rate(folder / "variable.mp4"),
    "turned by 90 degrees": lambda folder: turned(folder / "turned.mp4", (0, 1, -1, 0)),
    "mirrored": lambda folder: turned(folder / "mirrored.mp4", (-1, 0, 0, 1)),
    "edit list": lambda folder: trimmed_by_edit_list(folder / "trimmed.mp4"),
    "cut MP4": lambda folder: remuxed(_written(folder, 2), folder / "cut.mp4", skip=5),
    "cut Matroska": lambda folder: remuxed(_written(folder), folder / "cut.mkv", skip=5),
    "cut MPEG-TS": lambda folder: remuxed(_written(folder, 2), folder / "cut.ts", skip=5),
    "cut open GOPs": lambda folder: remuxed(_written(folder, 3, True), folder / "cut_open.mkv", skip=5),
    "negative times": lambda folder: remuxed(_written(folder, 2), folder / "early.mp4", shift=-5120),
    "late start": lambda folder: remuxed(_written(folder, 2), folder / "late.mp4", shift=5120),
    "repeated times": lambda folder: remuxed(_written(folder), folder / "repeated.mkv", shift=-5120),
    "no times": lambda folder: remuxed(_written(folder, 2), folder / "bare.h264"),
    "MPEG-4 in AVI": lambda folder: encoded(folder / "mpeg4.avi", "mpeg4", options={"bf": "2", "g": "12"}),
    "packed B-frames": packed_b_frames,
    "MPEG-2": lambda folder: encoded(folder / "mpeg2.ts", "mpeg2video", options={"bf": "2", "g": "12"}),
    "HEVC": lambda folder: encoded(folder / "hevc.mp4", "libx265", 30, options=_X265),
    "VP8 with hidden frames": lambda folder: encoded(folder / "vp8.webm", "libvpx", options=_ALTREF),
    "VP9": lambda folder: encoded(folder / "vp9.webm", "libvpx-vp9", options=_ALTREF),
    "Motion JPEG": lambda folder: encoded(folder / "jpeg.avi", "mjpeg", 20),
    "intra refresh": lambda folder: encoded(
        folder / "refresh.mp4", "libx264", options={"x264-params": "intra-refresh=1:keyint=10:bframes=0"}
    ),
}


def check_random_access(path: Path, singles: int = 40, orders: int = 12) -> None:
    """Compare both ways of reading: single frames in any order, runs, strides and repeats."""
    through = list(sequential(path))
    frames = np.stack([frame for _, frame in through])
    assert np.array_equal(all_frames(path), frames)
    reader = FrameReader(path)
    assert reader.frame_count == len(frames)
    np.testing.assert_allclose(reader.times, [time for time, _ in through], atol=1e-9)
    random = np.random.default_rng(0)
    for number in random.permutation(len(frames))[:singles].tolist():
        assert np.array_equal(reader.frames([number])[0], frames[number]), f"frame {number}"
    for _ in range(orders):
        wanted = random.integers(0, len(frames), 6)
        assert np.array_equal(reader.frames(wanted), frames[wanted]), wanted.tolist()
        first, stride = sorted(random.integers(0, len(frames), 2).tolist())
        run = range(first, len(frames), max(1, stride // 8))
        assert np.array_equal(reader.frames(run), frames[list(run)]), run
    reader.close()


@pytest.mark.parametrize("kind", MADE)
def test_random_access_equals_reading_through(kind: str, tmp_path: Path) -> None:
    check_random_access(MADE[kind](tmp_path))


def test_random_access_equals_reading_through_on_real_clips() -> None:
    folder = os.environ.get("LONGVIDEO_CLIPS")
    if not folder:
        pytest.skip("LONGVIDEO_CLIPS names no folder of real clips")
    checked = 0
    for path in sorted(Path(folder).iterdir()):
        if path.suffix in {".mp4", ".mov"} and path.name != "corrupted.mp4":
            check_random_access(path, singles=8, orders=2)
            checked += 1
    assert checked >= 7


def test_corrupted_clip_is_refused_with_the_place() -> None:
    folder = os.environ.get("LONGVIDEO_CLIPS")
    if not folder:
        pytest.skip("LONGVIDEO_CLIPS names no folder of real clips")
    for read in (sequential, FrameReader):
        with pytest.raises(UserError, match=r"corrupted\.mp4: damaged at packet 30 \(time 3\.000 s\)"):
            list(read(Path(folder) / "corrupted.mp4"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[FrameReader, np.ndarray]:
    path = _written(tmp_path_factory.mktemp("clip"), bframes=2)
    return FrameReader(path), np.stack([frame for _, frame in sequential(path)])


@given(requests=st.lists(st.lists(st.integers(0, 39), min_size=1, max_size=8), min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_requests_in_any_order(clip: tuple[FrameReader, np.ndarray], requests: list[list[int]]) -> None:
    reader, frames = clip
    for wanted in requests:
        assert np.array_equal(reader.frames(wanted), frames[wanted])


def test_each_frame_is_decoded_once(clip: tuple[FrameReader, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    reader, _ = clip
    converted = []
    rgb = reader._converter.rgb
    monkeypatch.setattr(reader._converter, "rgb", lambda picture: converted.append(picture.pts) or rgb(picture))
    reader.frames([7, 3, 7, 3, 9])
    assert len(converted) == 3 and converted == sorted(converted)


def test_own_files_are_indexed_without_decoding(tmp_path: Path) -> None:
    index = build_index(_written(tmp_path))
    assert not index.decoded
    assert index.start.tolist() == [12 * (number // 12) for number in range(40)]
    decoded = build_index(_written(tmp_path), decode=True)
    assert np.array_equal(index.pts, decoded.pts) and np.array_equal(index.start, decoded.start)


def test_index_that_the_decoder_refutes_is_built_anew(tmp_path: Path) -> None:
    path = _written(tmp_path)
    reader = FrameReader(path)
    expected = reader.frames([20])
    reader.index.pts[15:] += 1  # as if the packets had lied about their times
    reader.close()
    assert np.array_equal(reader.frames([20]), expected)
    assert reader.index.decoded


def test_rotation_is_applied(tmp_path: Path) -> None:
    upright = moving_frames(20)[3].mean(-1)
    path = turned(tmp_path / "turned.mp4", (0, 1, -1, 0))  # shown a quarter turn clockwise
    shown = FrameReader(path).frames([3])[0].mean(-1)
    assert shown.shape == (64, 48)
    assert np.abs(shown - np.rot90(upright, -1)).mean() < 12 < 30 < np.abs(shown - np.rot90(upright, 1)).mean()


def test_frame_numbers_out_of_range(clip: tuple[FrameReader, np.ndarray]) -> None:
    reader, _ = clip
    for wrong in ([40], [-1], [0, 99]):
        with pytest.raises(UserError, match="expected frame numbers 0 to 39, found"):
            reader.frames(wrong)
    with pytest.raises(UserError, match="at least one frame number"):
        reader.frames([])


def test_frame_size_that_changes_is_refused(tmp_path: Path) -> None:
    parts = []
    for number, side in enumerate((48, 64)):
        write_video(tmp_path / f"{number}.mp4", moving_frames(10, side, side), 25)
        parts.append(remuxed(tmp_path / f"{number}.mp4", tmp_path / f"{number}.ts").read_bytes())
    (tmp_path / "both.ts").write_bytes(parts[0] + parts[1])
    reader = FrameReader(tmp_path / "both.ts")
    with pytest.raises(UserError, match="frames of one size, found 48x48 and 64x64"):
        reader.frames([2, 15])


@pytest.mark.parametrize("kind", ["B-frames", "cut MPEG-TS"])
def test_forked_process_and_its_parent_do_not_disturb_each_other(kind: str, tmp_path: Path) -> None:
    reader = FrameReader(MADE[kind](tmp_path))
    expected = reader.frames(range(reader.frame_count))
    reader.frames([3])
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(reader.frames(range(4, 20)), expected[4:20]) else 1)
    same = np.array_equal(reader.frames(range(4, 20)), expected[4:20])
    assert os.waitpid(child, 0)[1] == 0 and same


def test_pool_closes_what_was_not_used_for_longest(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.mp4" for number in range(3)]
    for number, path in enumerate(paths):
        write_video(path, moving_frames(12, seed=number), 25)
    pool = ReaderPool(limit=2)
    first = pool.get(paths[0])
    expected = first.frames([5])
    for path in (paths[1], paths[0], paths[2]):
        pool.get(path)
    assert pool.get(paths[0]) is first
    pool.get(paths[1])
    assert len(pool._readers) == 2
    assert np.array_equal(pickle.loads(pickle.dumps(pool)).get(paths[0]).frames([5]), expected)
    assert np.array_equal(pool.get(paths[0]).frames([5]), expected)
    write_video(paths[1], moving_frames(7, seed=9), 25)
    pool.get(paths[0])
    pool.close()
    assert pool.get(paths[1]).frame_count == 7  # written anew: its old index is not used
    pool.close()


def test_rate_and_times_of_constant_rate(tmp_path: Path) -> None:
    write_video(tmp_path / "ntsc.mp4", moving_frames(30), 30000 / 1001)
    reader = FrameReader(tmp_path / "ntsc.mp4")
    assert reader.fps == pytest.approx(30000 / 1001, abs=1e-9)
    np.testing.assert_allclose(reader.times, np.arange(30) * 1001 / 30000, atol=1e-9)


def test_missing_header_packets_are_named(tmp_path: Path) -> None:
    path = remuxed(_written(tmp_path, 3, True), tmp_path / "headless.ts", skip=5)
    with pytest.raises(UserError, match=r"headless\.ts: expected a stream that can be decoded"):
        FrameReader(path)
