"""The step `acquire`: a generated world, or the user's own files, as the four files that every later stage reads."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest

from longvideo.data.ava import read_excluded, read_label_map, read_labels
from longvideo.errors import UserError
from longvideo.specs.dataset import DATASET
from longvideo.steps import acquire

WORLD = {
    "format": "miniworld", "stands_for": "ava", "story": "ava", "purpose": "dev", "videos": {"train": 1, "val": 1},
    "duration_s": 5, "fps": 8, "width": 64, "height": 64, "train_split": "train", "test_split": "val",
}  # fmt: skip
OWN = {
    "format": "ava", "stands_for": "ava", "splits": {"train": {"videos": "data/videos", "labels": "data/train.csv"}},
    "label_map": "data/map.pbtxt", "train_split": "train", "test_split": "train",
}  # fmt: skip


def call(monkeypatch, folder: Path, spec: dict, split: str = "train") -> Path:
    monkeypatch.chdir(folder)
    words = ["--spec", json.dumps(spec), "--seed", "0", "--split", split, "--out-dir", "out"]
    monkeypatch.setattr(sys, "argv", ["acquire", *words])
    acquire.main()
    return folder / "out"


def listed(out: Path) -> list[list[str]]:
    with (out / "videos.csv").open(newline="") as file:
        return list(csv.reader(file))


def own_files(folder: Path) -> None:
    (folder / "data/videos").mkdir(parents=True)
    for name in ("seen.mkv", "not annotated.mp4"):
        (folder / "data/videos" / name).touch()
    (folder / "data/train.csv").write_text("seen,0902,0.1,0.1,0.5,0.5,1,0\nabsent,0902,0.1,0.1,0.5,0.5,1,0\n")
    (folder / "data/map.pbtxt").write_text('item {\n  name: "stand"\n  id: 1\n}\n')


def test_a_world_is_four_files_and_its_videos(monkeypatch, tmp_path):
    out = call(monkeypatch, tmp_path, WORLD, "val")
    assert listed(out) == [["id", "path"], ["val_0000", "out/videos/val_0000.mp4"]]
    assert (tmp_path / "out/videos/val_0000.mp4").is_file()
    assert read_labels(out / "labels.csv").videos == ("val_0000",)
    assert len(read_label_map(out / "label_map.pbtxt")) == 21
    read_excluded(out / "excluded.csv")


def test_a_worlds_lists_are_the_same_without_its_videos(monkeypatch, tmp_path):
    out = call(monkeypatch, tmp_path, WORLD)
    whole = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    shutil.rmtree(out)
    acquire.generate(DATASET.validate_python(WORLD), 0, "train", Path("out"), with_videos=False)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        name: content for name, content in whole.items() if name != "videos.done"
    }


def test_own_videos_stay_where_they_are_and_absent_ones_are_named(monkeypatch, tmp_path, capsys):
    own_files(tmp_path)
    out = call(monkeypatch, tmp_path, OWN)
    assert listed(out) == [["id", "path"], ["absent", "data/videos/absent.mp4"], ["seen", "data/videos/seen.mkv"]]
    assert capsys.readouterr().err == "absent: expected a video in data/videos, found none\n"
    assert (out / "labels.csv").read_text() == (tmp_path / "data/train.csv").read_text()
    assert (out / "excluded.csv").read_text() == ""


@pytest.mark.parametrize(
    ("spec", "split", "message"),
    [
        (WORLD, "test", "--split: unknown split 'test'.* known: train, val"),
        (WORLD | {"fps": 0}, "train", "--spec: .*fps"),
        (WORLD | {"story": "lfb"}, "train", "expected a story among ava, found lfb"),
        (OWN, "train", "data/train.csv"),
    ],
)
def test_wrong_calls_are_one_line(monkeypatch, tmp_path, spec, split, message):
    with pytest.raises(UserError, match=message):
        call(monkeypatch, tmp_path, spec, split)


def test_a_folder_without_any_of_the_videos_is_an_error(monkeypatch, tmp_path):
    own_files(tmp_path)
    (tmp_path / "data/videos/seen.mkv").unlink()
    with pytest.raises(UserError, match=r"expected the videos of data/train.csv, such as absent, found none of them"):
        call(monkeypatch, tmp_path, OWN)
