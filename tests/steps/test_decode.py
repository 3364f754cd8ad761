"""The decode step: goes on past bad files, takes up where it stopped, and says in one line what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from longvideo.errors import UserError
from longvideo.files.manifest import Failure, Video, read_failures, read_manifest
from longvideo.files.video_list import read_video_list
from longvideo.specs.decode import DecodeSpec
from longvideo.steps import decode
from longvideo.steps.decode import decode_video, main
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader

SPEC: dict[str, object] = {"fps": 8, "short_side": 32, "gop": 4, "crf": 18}


def make_video(path: Path, seconds: float = 2.0, seed: int = 0) -> Path:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    write_video(path, [np.roll(noise, number, 1) for number in range(round(seconds * 25))], 25, bframes=2)
    return path


def make_list(path: Path, videos: dict[str, Path]) -> Path:
    path.write_text("id,path\n" + "".join(f"{name},{video}\n" for name, video in videos.items()), encoding="utf-8")
    return path


def command(folder: Path, videos: Path, spec: dict[str, object] = SPEC) -> list[str]:
    out = folder / "decoded" / "train" / "manifest.parquet"
    step = [sys.executable, "-m", "longvideo.steps.decode"]
    return [*step, "--spec", json.dumps(spec), "--videos", str(videos), "--out", str(out), "--threads", "1"]


def run(folder: Path, videos: Path, spec: dict[str, object] = SPEC) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, videos, spec), capture_output=True, text=True, check=False)


def test_goes_on_past_bad_files(tmp_path: Path) -> None:
    good = make_video(tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "cut.mp4").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    names = ("good", "empty", "text", "cut", "gone")
    videos = make_list(tmp_path / "videos.csv", {name: tmp_path / f"{name}.mp4" for name in names})
    done = run(tmp_path, videos, SPEC | {"trim": {"start_s": 0.5, "duration_s": 1.0}})
    assert done.returncode == 0, done.stderr
    manifest = tmp_path / "decoded" / "train" / "manifest.parquet"
    (video,) = read_manifest(manifest)
    assert (video.id, video.frames, video.fps, video.start_s) == ("good", 8, 8.0, 0.5)
    assert (video.width, video.height, video.shots) == (42, 32, (0,))
    reader = FrameReader(video.path)
    assert (reader.frame_count, reader.fps) == (8, 8.0)
    failures = {failure.id: failure.error for failure in read_failures(manifest)}
    assert sorted(failures) == ["cut", "empty", "gone", "text"]
    assert "cut off" in failures["cut"] and "empty" in failures["empty"] and "no such file" in failures["gone"]
    lines = done.stderr.splitlines()
    assert sorted(line.split(":")[1].strip() for line in lines) == ["cut", "empty", "gone", "text"]
    assert [path.name for path in (manifest.parent / "videos").iterdir()] == ["good.mp4"]


def test_nothing_decodable_is_an_error(tmp_path: Path) -> None:
    done = run(tmp_path, make_list(tmp_path / "videos.csv", {"a": tmp_path / "a.mp4"}))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"longvideo: {tmp_path}/videos.csv: none of the 1 videos")
    assert not (tmp_path / "decoded" / "train" / "manifest.parquet").exists()


def test_wrong_spec_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = make_list(tmp_path / "videos.csv", {"a": tmp_path / "a.mp4"})
    monkeypatch.setattr(sys, "argv", command(tmp_path, videos, SPEC | {"fsp": 3})[2:])
    with pytest.raises(UserError, match="unknown key 'fsp', did you mean 'fps'"):
        main()


def test_what_an_interrupted_run_made_is_kept(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")

    def made(fps: float = 8.0) -> Video | Failure:
        return decode_video("a", source, tmp_path / "out", DecodeSpec.model_validate(SPEC | {"fps": fps}))

    first = made()
    assert isinstance(first, Video)
    written = first.path.stat().st_mtime_ns
    assert made() == first
    assert first.path.stat().st_mtime_ns == written
    assert made(5.0) != first  # another spec
    make_video(source, seed=1)
    second = made()  # another source
    assert isinstance(second, Video) and second.checksum != first.checksum
    second.path.write_bytes(b"cut off")
    assert made() == second
    assert FrameReader(second.path).frame_count == 16
    source.unlink()
    failed = made()
    assert isinstance(failed, Failure) and "no such file" in failed.error
    assert list((tmp_path / "out").iterdir()) == []


def test_killed_run_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    names = [f"v{number}" for number in range(4)]
    videos = make_list(tmp_path / "videos.csv", {name: make_video(tmp_path / f"{name}.mp4", 8) for name in names})
    folder = tmp_path / "decoded" / "train" / "videos"
    process = subprocess.Popen(command(tmp_path, videos), stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while not list(folder.glob("v*.json")) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path.with_suffix(".mp4"): path.with_suffix(".mp4").stat().st_mtime_ns for path in folder.glob("v*.json")}
    assert 0 < len(kept) < 4 and not (folder.parent / "manifest.parquet").exists()
    assert run(tmp_path, videos).returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.mp4" for name in names]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def die_or_fail(name: str, source: Path, folder: Path, spec: DecodeSpec) -> Video | Failure:
    """Stands in for `decode_video`: a file that crashes the decoder takes its process with it."""
    if name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return Failure(name, source, "went on")


def test_file_that_crashes_the_decoder_is_the_only_one_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "decode_video", die_or_fail)
    listed = [(name, tmp_path / name) for name in ("bad", "c")]
    done = {failure.id: failure.error for failure in decode.decode_all(listed, tmp_path, DecodeSpec(**SPEC), 1)}
    assert done == {"bad": f"{tmp_path}/bad: expected a video, found a file that crashes the decoder", "c": "went on"}


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "expected the header 'id,path', found nothing"),
        ("id,path\n", "at least one video"),
        ("name,file\na,b\n", "expected the header 'id,path', found name,file"),
        ("id,path\n../a,b\n", "ids that can name a file"),
        ("id,path\na/b,b\n", "ids that can name a file"),
        ("id,path\n.a,b\n", "ids that can name a file"),
        ("id,path\na,b\na,c\n", "an id once"),
        ("id,path\na\n", "line 2: expected an id and a path"),
        ("id,path\na,b,c\n", "line 2: expected an id and a path"),
    ],
)
def test_wrong_lists_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "videos.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_video_list(tmp_path / "videos.csv")


def test_ids_of_real_data_sets_are_accepted(tmp_path: Path) -> None:
    ids = ["-5KQ66BBWC4", "P01_01", "a.b", "Ünïcode 1"]
    make_list(tmp_path / "videos.csv", {name: Path("x.mp4") for name in ids})
    assert [name for name, _ in read_video_list(tmp_path / "videos.csv")] == ids
