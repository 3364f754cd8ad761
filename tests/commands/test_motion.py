"""`longvideo reencode` and `longvideo motion`: from any video to an .npz file."""

import sys
from pathlib import Path

import numpy as np
import pytest
from made_videos import encoded, moving_frames

from longvideo.cli import main
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["longvideo", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = encoded(tmp_path / "in.webm", "libvpx-vp9", 20)
    assert run(monkeypatch, "reencode", source, "--out", tmp_path / "v.mp4", "--width", 70, "--height", 50) == 0
    return tmp_path / "v.mp4"


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("place", [(0, 0), (0, 5), (1, 7)])
def test_the_file_holds_what_the_reader_reads(place, raw, video, tmp_path, monkeypatch):
    gop, position = place
    flags = ["--raw"] if raw else []
    out = tmp_path / "made" / "f.npz"
    assert run(monkeypatch, "motion", video, "--gop", gop, "--position", position, *flags, "--out", out) == 0
    assert [path.name for path in out.parent.iterdir()] == ["f.npz"]
    with np.load(out) as found:
        expected = CompressedVideo(video).read(gop, position, accumulated=not raw)
        assert sorted(found) == ["iframe", "motion", "residual"]
        for name, shape, kind in (("iframe", 3, "uint8"), ("motion", 2, "int16"), ("residual", 3, "int16")):
            assert found[name].shape == (50, 70, shape) and found[name].dtype == kind
            assert np.array_equal(found[name], getattr(expected, name))
        assert bool(found["motion"].any()) == (position > 0)


def test_wrong_calls_are_one_line(video, tmp_path, monkeypatch, capsys):
    out = tmp_path / "f.npz"
    other = tmp_path / "o.mp4"
    for arguments, message in (
        (
            ("motion", video, "--gop", 1, "--position", 8, "--out", out),
            "expected a position of 0 to 7 in GOP 1, found 8",
        ),
        (
            ("motion", tmp_path / "in.webm", "--gop", 0, "--position", 1, "--out", out),
            f"found vp9; re-encode it: longvideo reencode {tmp_path}/in.webm --out F.mp4",
        ),
        (("motion", tmp_path / "no.mp4", "--gop", 0, "--position", 1, "--out", out), "found no such file"),
        (("reencode", video, "--out", video), "expected another file to write than the one to read"),
        (("reencode", video, "--out", other, "--short-side", 32, "--width", 40), "or --width and --height, found both"),
        (("reencode", video, "--out", other, "--width", 0), "found 0x256 and 12"),
    ):
        assert run(monkeypatch, *arguments) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    assert not out.exists() and not other.exists() and CompressedVideo(video).frame_count == 20


def test_the_shape_is_kept_on_request(tmp_path, monkeypatch, capsys):
    write_video(tmp_path / "in.mp4", moving_frames(10, 96, 64), 25)
    assert (
        run(monkeypatch, "reencode", tmp_path / "in.mp4", "--out", tmp_path / "o.mp4", "--short-side", 32, "--gop", 4)
        == 0
    )
    assert capsys.readouterr().out == f"{tmp_path}/o.mp4: 10 frames of 48x32, 25 per second\n"
    assert CompressedVideo(tmp_path / "o.mp4").gops.tolist() == [4, 4, 2]
