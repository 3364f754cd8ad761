"""`longvideo check` on UCF-101, HMDB-51 and Charades as users have them, and what `acquire` makes of them."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from test_check import call, write_video

from longvideo.data import charades, hmdb51, ucf101
from longvideo.data.dataset_check import check_dataset, missing_files
from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import read_labels
from longvideo.errors import UserError
from longvideo.specs.load import load_dataset
from longvideo.steps import acquire

SPLIT = "  {}: {{videos: data/videos, labels: data/{}, expected_videos: {}}}\n"
HMDB = "lists, number: 1, part: {}"
SPECS = {
    "ucf101": "classes: data/classInd.txt\nsplits:\n"
    + SPLIT.format("train", "train.txt", 2)
    + SPLIT.format("test", "test.txt", 1),
    "hmdb51": "splits:\n"
    + SPLIT.format("train", HMDB.format("train"), 2)
    + SPLIT.format("test", HMDB.format("test"), 1),
    "charades": "classes: data/classes.txt\nsplits:\n"
    + SPLIT.format("train", "train.csv", 2)
    + SPLIT.format("test", "test.csv", 1),
}
COMMON = "expected_classes: 2\nexpected_videos: 3\ndecode: {codec: mpeg4, width: 340, height: 256}\n"
CLASSES = ("jump", "run")
# As in HMDB-51.
ODD = "#122_Up!_(a)_&_b_jump_np1"
TRAIN = [Segment(ODD, 0), Segment("v_2", 1)]
TIMED = [Segment(ODD, 0, 0.5, 1.0), Segment(ODD, 1, 0, 2)]


def labels(segments, more=()):
    return Labels.of(dict.fromkeys([*(segment.video for segment in segments), *more]), CLASSES, segments)


@pytest.fixture(params=SPECS)
def form(request, tmp_path, monkeypatch):
    """The name of a format; a complete data set of it, named mine, and the working directory of its paths."""
    (tmp_path / "config" / "datasets").mkdir(parents=True)
    spec = f"format: {request.param}\nstands_for: mine\n{SPECS[request.param]}{COMMON}"
    (tmp_path / "config" / "datasets" / "mine.yaml").write_text(spec)
    data = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    if request.param == "ucf101":
        ucf101.write_classes(data / "classInd.txt", CLASSES)
        ucf101.write_list(data / "train.txt", labels(TRAIN), with_numbers=True)
        ucf101.write_list(data / "test.txt", labels([Segment("v_3", 1)]), with_numbers=False)
    elif request.param == "hmdb51":
        hmdb51.write_split(data / "lists", 1, labels(TRAIN), labels([Segment("v_3", 1)]))
    else:
        charades.write_classes(data / "classes.txt", CLASSES)
        charades.write_annotations(data / "train.csv", labels(TIMED, ["v_2"]))
        charades.write_annotations(data / "test.csv", labels([Segment("v_3", 1, 0, 9)]))
    for place in (f"jump/{ODD}.avi", "run/v_2.mp4", "run/v_3.avi"):
        path = data / "videos" / (Path(place).name if request.param == "charades" else place)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, 1)
    return request.param


def test_a_complete_data_set(form, capsys):
    assert call("mine") == 0
    # Charades: a video with two labels, and one without any.
    assert capsys.readouterr().out.splitlines() == [
        "train: 2 videos of 2 classes, 2 labels, 2 videos sound on disk",
        "test: 1 videos of 2 classes, 1 labels, 1 videos sound on disk",
        "mine: complete",
    ]
    assert missing_files(load_dataset("mine")) == []


def test_root_moves_the_files(form, capsys):
    Path("data").rename("elsewhere")
    assert call("mine", "--root", "elsewhere") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "mine: complete"
    with pytest.raises(UserError, match="unknown dataset 'min'"):
        call("min")


def test_every_fault_is_one_line(form):
    dataset = load_dataset("mine")
    (video,) = Path("data/videos").rglob("v_2.mp4")
    video.write_bytes(b"")
    (lost,) = Path("data/videos").rglob("#*")
    lost.unlink()
    if form == "ucf101":
        ucf101.write_list(Path("data/test.txt"), labels([Segment("v_2", 1), Segment("v_3", 1)]), with_numbers=False)
    elif form == "hmdb51":
        hmdb51.write_split(Path("data/lists"), 1, labels(TRAIN), labels([Segment("v_3", 1), Segment("v_4", 1)]))
    else:
        charades.write_classes(Path("data/classes.txt"), (*CLASSES, "swim"))
    test = dataset.splits["test"].labels
    expected = {
        "ucf101": [
            f"{test}: expected 1 videos for test, found 2",
            f"{test}: expected videos for test alone, found 1 of other splits, the first: v_2 of train",
        ],
        "hmdb51": [f"{test}: expected 1 videos for test, found 2", "data/videos/v_4.*: expected a video, found none"],
        "charades": ["data/classes.txt: expected 2 classes, found 3"],
    }[form]
    common = [
        "data/videos: expected 3 videos, found 2",
        f"data/videos/{ODD}.*: expected a video, found none",
        f"{video}: expected a video, found an empty file",
    ]
    assert sorted(check_dataset(dataset).problems) == sorted(common + expected)
    gone = [f"data/videos/{ODD}.*", *(["data/videos/v_4.*"] if form == "hmdb51" else [])]
    assert missing_files(dataset) == gone
    for path in Path("data/videos").rglob("v_*"):
        path.unlink()
    assert any(problem.endswith("found none of them") for problem in check_dataset(dataset).problems)


def test_wrong_labels_are_for_the_check_to_say_and_stop_no_listing(form):
    dataset = load_dataset("mine")
    files = [path for path in Path("data").rglob("*") if path.suffix in (".txt", ".csv")]
    for path in files:
        path.write_text("?\n")
    assert missing_files(dataset) == []
    assert any("expected" in problem for problem in check_dataset(dataset).problems)
    for path in files:
        path.unlink()
    gone = missing_files(dataset)
    assert gone == (
        [] if form == "hmdb51" else list(dict.fromkeys([dataset.classes, *(s.labels for s in dataset.splits.values())]))
    )


def test_acquire_makes_the_same_files_of_every_format(form, monkeypatch, capsys):
    spec = load_dataset("mine").model_dump_json()
    words = ["--spec", spec, "--seed", "0", "--split", "train", "--out-dir", "out"]
    monkeypatch.setattr(sys, "argv", ["acquire", *words])
    acquire.main()
    out = Path("out")
    found = read_labels(out / "labels.csv", out / "label_map.pbtxt")
    assert found.videos == (ODD, "v_2") and found.classes == CLASSES
    assert found.segments == (TIMED if form == "charades" else TRAIN)
    at = np.array([0.0, 1.0, 3.0])
    expected = [[0, 1], [1, 1], [0, 0]] if form == "charades" else [[1, 0]] * 3
    assert found.frame_targets(ODD, at).tolist() == expected
    with (out / "videos.csv").open(newline="") as file:
        listed = list(csv.reader(file))
    assert [row[0] for row in listed] == ["id", ODD, "v_2"]
    assert all(Path(path).is_file() for _, path in listed[1:])
    assert (out / "excluded.csv").read_text() == "" and (out / "videos.done").is_file()
    Path(listed[2][1]).unlink()
    acquire.main()
    assert capsys.readouterr().err == "v_2: expected a video in data/videos, found none\n"


@pytest.mark.parametrize(
    ("form", "change", "message"),
    [
        ("hmdb51", {"classes": "data/classes.txt"}, "expected no classes with format hmdb51"),
        ("charades", {"classes": None}, "expected classes, a file, with format charades"),
        ("hmdb51", {"number": None}, "expected number and part in split train with format hmdb51"),
        ("ucf101", {"part": "test"}, "expected neither number nor part in split train with format ucf101"),
        ("ucf101", {"part": "val"}, "part: expected 'train' or 'test', found 'val'"),
    ],
    indirect=["form"],
)
def test_keys_that_do_not_fit_the_format(form, change, message, monkeypatch):
    spec = json.loads(load_dataset("mine").model_dump_json())
    place = spec if change.keys() & spec.keys() else spec["splits"]["train"]
    place |= change
    monkeypatch.setattr(
        sys, "argv", ["acquire", "--spec", json.dumps(spec), "--seed", "0", "--split", "train", "--out-dir", "out"]
    )
    with pytest.raises(UserError, match=message):
        acquire.main()
