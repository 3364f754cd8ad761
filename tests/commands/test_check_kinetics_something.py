"""`longvideo check` on Kinetics, whose clips vanish, and Something-Something; `acquire` and `decode` of the same."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from made_videos import encoded, moving_frames, picture_folder
from test_check import call, write_video

from longvideo.data.dataset_check import check_dataset, missing_files
from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import read_labels
from longvideo.data.recognition_splits import write_splits
from longvideo.specs.load import load_dataset
from longvideo.steps import acquire
from longvideo.steps.decode import decode_video

FILES = {
    "kinetics": ("train.csv", "train.csv", "val.csv"),
    "something_v1": tuple(f"something-something-v1-{part}.csv" for part in ("labels", "train", "validation")),
    "something_v2": tuple(f"something-something-v2-{part}.json" for part in ("labels", "train", "validation")),
}
SPEC = """\
format: {form}
stands_for: mine
classes: data/{0}
splits:
  train: {{videos: data/videos, labels: data/{1}, expected_videos: 4}}
  test: {{videos: data/videos, labels: data/{2}, expected_videos: 1}}
expected_classes: 2
decode: {{fps: 12, short_side: 32, gop: 4, crf: 18}}
"""
CLASSES = ("Closing something", "Opening something")


def clips(form):
    """The ids of five videos; the last one is for testing."""
    return [f"-v{number}_{number:06d}_{number + 10:06d}" if form == "kinetics" else str(number) for number in range(5)]


@pytest.fixture(params=FILES)
def form(request, tmp_path, monkeypatch):
    """The name of a format; a complete data set of it, named mine, and the working directory of its paths."""
    monkeypatch.chdir(tmp_path)
    Path("config/datasets").mkdir(parents=True)
    Path("config/datasets/mine.yaml").write_text(SPEC.format(*FILES[request.param], form=request.param))
    names = clips(request.param)
    train, test = (
        Labels.of(part, CLASSES, [Segment(name, number % 2) for number, name in enumerate(part)])
        for part in (names[:4], names[4:])
    )
    write_splits(request.param, Path("data"), {"train": train, "test": test})
    Path("data/videos/opening something").mkdir(parents=True)
    for number, name in enumerate(names):
        if request.param == "something_v1":
            picture_folder(Path("data/videos") / name, moving_frames(3))
        elif request.param == "something_v2":
            write_webm(Path("data/videos") / f"{name}.webm")
        else:
            write_video(Path("data/videos") / ("opening something" if number % 2 else "") / f"{name}.mp4", 1)
    return request.param


def write_webm(path):
    encoded(path, "libvpx-vp9", 3, {"deadline": "realtime", "cpu-used": "8"})


def test_a_complete_data_set(form, capsys):
    assert call("mine") == 0
    assert capsys.readouterr().out.splitlines() == [
        "train: 4 videos of 2 classes, 4 labels, 4 videos sound on disk",
        "test: 1 videos of 2 classes, 1 labels, 1 videos sound on disk",
        "mine: complete",
    ]
    assert missing_files(load_dataset("mine")) == []


def lose(form, name):
    """Take a video away from where it lies."""
    for path in [*Path("data/videos").rglob(f"{name}.*"), *Path("data/videos").glob(name)]:
        path.rename(f"lost-{path.name}")


def test_missing_videos_are_tolerated_up_to_a_part(form, capsys):
    names = clips(form)
    lose(form, names[0])
    dataset = load_dataset("mine")
    assert check_dataset(dataset).problems == [f"data/videos/{names[0]}.*: expected a video, found none"]
    assert missing_files(dataset) == [f"data/videos/{names[0]}.*"]
    tolerant = dataset.model_copy(update={"tolerated_missing": 0.25})
    report = check_dataset(tolerant)
    assert report.problems == [] and missing_files(tolerant) == []
    assert report.summary[0].endswith("3 videos sound on disk, 1 missing")
    lose(form, names[1])
    labels = dataset.splits["train"].labels
    expected = (
        f"data/videos: expected at most 25.0% of the 4 videos of {labels} to be missing, found 2, such as {names[0]}"
    )
    assert check_dataset(tolerant).problems == [expected]
    assert len(missing_files(tolerant)) == 2
    lose(form, names[4])  # of the test split's one video
    assert f"expected the videos of {dataset.splits['test'].labels}" in check_dataset(tolerant).problems[-1]


def test_a_damaged_video_is_one_line(form):
    name = clips(form)[2]
    (path,) = [*Path("data/videos").rglob(f"{name}.*"), *Path("data/videos").glob(f"{name}/00001.jpg")]
    path.write_bytes(b"")
    (problem,) = check_dataset(load_dataset("mine")).problems
    assert problem.startswith(f"data/videos/{name}") and "expected" in problem
    if form == "something_v1":
        path.unlink()
        (problem,) = check_dataset(load_dataset("mine")).problems
        assert problem.endswith("without a gap, found no 00001.jpg")


def test_acquire_and_decode_make_normal_videos(form, monkeypatch, capsys):
    dataset = load_dataset("mine")
    lose(form, clips(form)[3])
    words = ["--spec", dataset.model_dump_json(), "--seed", "0", "--split", "train", "--out-dir", "out"]
    monkeypatch.setattr(sys, "argv", ["acquire", *words])
    acquire.main()
    found = read_labels(Path("out/labels.csv"), Path("out/label_map.pbtxt"))
    assert (found.videos, found.classes, found.label.tolist()) == (tuple(clips(form)[:4]), CLASSES, [0, 1, 0, 1])
    with Path("out/videos.csv").open(newline="") as file:
        listed = dict(list(csv.reader(file))[1:])
    assert sorted(listed) == sorted(clips(form)[:4])
    assert f"{clips(form)[3]}: expected a video in data/videos" in capsys.readouterr().err
    name = clips(form)[0]
    video = decode_video(name, Path(listed[name]), Path("decoded"), dataset.decode)
    assert (video.fps, video.height, video.frames) == (12.0, 32, {"kinetics": 12, "something_v1": 3}.get(form, 2))
    assert np.isfinite(video.start_s) and video.path.is_file()
