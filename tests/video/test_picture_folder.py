"""Folders of numbered pictures are videos of 12 pictures a second, and whatever is wrong with one is one line."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_videos import moving_frames, picture_folder

from longvideo.errors import UserError
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.picture_folder import MAX_BYTES, open_source
from longvideo.video.reader import FrameReader
from longvideo.video.resample import transcode


@pytest.fixture(params=["100218", "odd %d name"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made = picture_folder(tmp_path / request.param, moving_frames(7))
    (made / "Thumbs.db").write_bytes(b"not looked at")
    return made


def _shown(path: Path) -> list[int]:
    """Which of the pictures each frame of a file shows."""
    reader = FrameReader(path)
    frames, pictures = reader.frames(range(reader.frame_count)), np.stack(moving_frames(7)).astype(int)
    return [int(np.abs(pictures - frame).mean((1, 2, 3)).argmin()) for frame in frames]


def test_pictures_become_a_file_with_one_frame_each(folder: Path, tmp_path: Path) -> None:
    facts = transcode(folder, tmp_path / "out.mp4", 12, 48, 4, 4)
    assert (facts.frames, facts.fps, facts.width, facts.height) == (7, 12.0, 64, 48)
    assert _shown(tmp_path / "out.mp4") == list(range(7))
    reader = FrameReader(tmp_path / "out.mp4")
    assert np.allclose(reader.times, np.arange(7) / 12, atol=1e-4)
    other = reencode_mpeg4(folder, tmp_path / "mpeg4.mp4", 64, 48)
    assert (other.frames, other.fps) == (7, 12.0)
    assert _shown(tmp_path / "mpeg4.mp4") == list(range(7))


def test_half_the_rate_takes_every_second_picture(folder: Path, tmp_path: Path) -> None:
    assert transcode(folder, tmp_path / "out.mp4", 6, 48, 4, 4, start_s=2 / 12).frames == 3
    assert _shown(tmp_path / "out.mp4") == [2, 4, 6]


@pytest.mark.parametrize("make", [lambda *paths: transcode(*paths, 12, 48, 4, 4), reencode_mpeg4])
def test_black_stays_black_and_white_white(make: Callable[[Path, Path], object], tmp_path: Path) -> None:
    levels = [0, 60, 128, 200, 255]
    picture_folder(tmp_path / "1", [np.full((48, 64, 3), level, np.uint8) for level in levels])
    make(tmp_path / "1", tmp_path / "out.mp4")
    frames = FrameReader(tmp_path / "out.mp4").frames(range(5))
    assert np.abs(frames.astype(int) - np.reshape(levels, (5, 1, 1, 1))).max() <= 3


def _half(folder: Path) -> None:
    path = folder / "00003.jpg"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(folder: Path) -> None:
    (folder / "00004.jpg").write_bytes(b"")


def _text(folder: Path) -> None:
    for path in folder.glob("*.jpg"):
        path.write_text("hello")


def _large(folder: Path) -> None:
    with (folder / "00002.jpg").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)


def _wide(folder: Path) -> None:
    cv2.imwrite(str(folder / "00001.jpg"), np.zeros((8, 8200, 3), np.uint8))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "gap": (lambda folder: (folder / "00003.jpg").unlink(), ": expected pictures 00001.jpg to 00007.jpg without a gap, "
            "found no 00003.jpg"),
    "late": (lambda folder: (folder / "00001.jpg").unlink(), ": expected pictures .* found no 00001.jpg"),
    "half": (_half, "/00003.jpg: damaged: "),
    "empty": (_empty, "/00004.jpg: damaged: expected a picture"),
    "text": (_text, ": expected a "),
    "large": (_large, "/00002.jpg: expected a picture of at most"),
    "wide": (_wide, ": expected frames of 1 to 8192 pixels a side, found 8200x8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_line_that_names_it(name: str, folder: Path, tmp_path: Path) -> None:
    harm, message = BAD[name]
    harm(folder)
    with pytest.raises(UserError, match=message) as raised:
        transcode(folder, tmp_path / "out.mp4", 12, 48, 4, 18)
    assert str(raised.value).startswith(str(folder)) and "\n" not in str(raised.value)
    assert not (tmp_path / "out.mp4").exists()


def test_a_folder_without_pictures_and_a_reader_of_files(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a video, found a directory without pictures such as 00001\.jpg"):
        open_source(tmp_path)
    with pytest.raises(UserError, match="expected a video, found no such file"):
        open_source(tmp_path / "none")
    with pytest.raises(UserError, match="expected a video, found a directory"):
        FrameReader(folder)
