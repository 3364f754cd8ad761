import fractions

import av
import numpy as np
import pytest

from longvideo.cli import Parser
from longvideo.commands import check
from longvideo.data.dataset_check import check_dataset, missing_files
from longvideo.data.video_files import find_videos
from longvideo.errors import UserError
from longvideo.specs.load import load_dataset

SPEC = """\
format: ava
stands_for: ava
splits:
  train: {videos: data/mine/videos, labels: data/mine/train.csv, excluded: data/mine/excluded.csv,
          expected_videos: 2, expected_labels: 3}
  val: {videos: data/mine/videos, labels: data/mine/val.csv}
label_map: data/mine/map.pbtxt
trim: {start_s: 1, duration_s: 2}
train_split: train
test_split: val
"""
WORLD = """\
format: miniworld
stands_for: ava
story: ava
purpose: dev
videos: {train: 1, test: 1}
duration_s: 4
fps: 4
width: 32
height: 32
train_split: train
test_split: test
"""


def call(*arguments):
    parser = Parser(prog="longvideo")
    check.add_arguments(parser)
    return check.run(parser.parse_args([str(argument) for argument in arguments]))


def write_video(path, seconds):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fractions.Fraction(4))
        stream.width = stream.height = 32
        for number in range(seconds * 4):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), number, np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A complete data set named mine, and the working directory that its spec counts from."""
    (tmp_path / "config" / "datasets").mkdir(parents=True)
    (tmp_path / "config" / "datasets" / "mine.yaml").write_text(SPEC)
    (tmp_path / "config" / "datasets" / "world.yaml").write_text(WORLD)
    mine = tmp_path / "data" / "mine"
    (mine / "videos").mkdir(parents=True)
    (mine / "train.csv").write_text("a,0001,0,0,1,1,1,0\na,0003,0,0,1,1,2,0\nb,2\n")
    (mine / "val.csv").write_text("c,1,0.1,0.1,0.9,0.9,1,0\n")
    (mine / "excluded.csv").write_text("a,2\n")
    (mine / "map.pbtxt").write_text('item { name: "x" id: 1 }\nitem { name: "y" id: 2 }\n')
    for video in ("a.mp4", "b.mkv", "c.avi"):
        write_video(mine / "videos" / video, 4)
    monkeypatch.chdir(tmp_path)
    return mine


def test_a_complete_data_set(folder, capsys):
    assert call("mine") == 0
    assert capsys.readouterr().out.splitlines() == [
        "label map: 2 actions",
        "train: 3 rows, 2 videos, 2 of them sound on disk",
        "val: 1 rows, 1 videos, 1 of them sound on disk",
        "mine: complete",
    ]
    assert missing_files(load_dataset("mine")) == []


def test_the_root_stands_for_the_common_folder(folder, capsys):
    folder.rename(folder.parent.parent / "elsewhere")
    assert call("mine", "--root", "elsewhere") == 0
    assert call("mine") == 1
    assert "data/mine/train.csv: expected a CSV file, found none" in capsys.readouterr().out


def test_every_fault_is_one_line(folder):
    (folder / "train.csv").write_text(
        "a,1,0,0,1,1,1,0\na,4,0,0,1,1,1,0\nb,2,0,0,1,1.5,1,0\nb,2,0.5,0,0.4,1,1,0\nb,2,0,0,1,1,3,0\nd,1\n"
    )
    (folder / "excluded.csv").write_text("a,9\n")
    (folder / "val.csv").write_text("c,1,0,0,1,1\n")
    (folder / "videos" / "a.mp4").unlink()
    (folder / "videos" / "b.mkv").write_bytes(b"")
    write_video(folder / "videos" / "d.mp4", 4)
    train, videos = "data/mine/train.csv", "data/mine/videos"
    assert check_dataset(load_dataset("mine")).problems == [
        "data/mine/excluded.csv: expected seconds 1 to 3, found 1 others, the first: 9",
        f"{train}: expected 3 rows, found 6",
        f"{train}: expected 2 videos, found 3",
        f"{train}: expected seconds 1 to 3, found 1 other rows, the first: a,4,0,0,1,1,1",
        f"{train}: expected boxes within 0 and 1, found 1 other rows, the first: b,2,0,0,1,1.5,1",
        f"{train}: expected boxes with x1 < x2 and y1 < y2, found 1 other rows, the first: b,2,0.5,0,0.4,1,1",
        f"{train}: expected action ids of the label map, found 1 other rows, the first: b,2,0,0,1,1,3",
        f"{videos}/a.*: expected a video, found none",
        f"{videos}/b.mkv: expected a video, found an empty file",
        "data/mine/val.csv: line 1: expected 8 columns (video,sec,x1,y1,x2,y2,label,person), found 6",
    ]


def test_videos_that_are_too_short_or_no_videos(folder):
    write_video(folder / "videos" / "a.mp4", 2)
    (folder / "videos" / "c.avi").write_bytes(b"RIFF" * 100)
    problems = check_dataset(load_dataset("mine")).problems
    assert problems[0] == "data/mine/videos/a.mp4: expected at least 3 s, found 2.0 s"
    assert len(problems) == 2 and problems[1].startswith("data/mine/videos/c.avi: expected a video")


def test_missing_files_are_listed_by_name(folder):
    (folder / "videos" / "b.mkv").unlink()
    (folder / "excluded.csv").unlink()
    assert missing_files(load_dataset("mine")) == ["data/mine/excluded.csv", "data/mine/videos/b.*"]
    (folder / "map.pbtxt").unlink()
    (folder / "train.csv").unlink()
    (folder / "val.csv").unlink()
    assert missing_files(load_dataset("mine")) == [
        f"data/mine/{name}" for name in ("map.pbtxt", "train.csv", "excluded.csv", "val.csv")
    ]
    assert sorted(find_videos(folder / "videos")) == ["a", "c"]


def test_official_names_bring_official_facts(folder):
    (folder / "ava_train_v2.2.csv").write_text("a,0901,0,0,1,1,1,0\n")
    (folder / "map.pbtxt").rename(folder / "ava_action_list_v2.1_for_activitynet_2018.pbtxt")
    spec = folder.parent.parent / "config" / "datasets" / "mine.yaml"
    named = SPEC.replace("map.pbtxt", "ava_action_list_v2.1_for_activitynet_2018.pbtxt").replace("excluded.csv", "none")
    spec.write_text(named.replace("train.csv", "ava_train_v2.1.csv"))
    report = check_dataset(load_dataset("mine"))
    assert "data/mine/ava_action_list_v2.1_for_activitynet_2018.pbtxt: expected 60 actions, found 2" in report.problems
    assert "train: no labels (expected 3 rows of 2 videos), 3 videos on disk" in report.summary
    assert "train: found data/mine/ava_train_v2.2.csv: name it in a data set file of your own" in report.summary
    spec.write_text(SPEC.replace("train.csv", "ava_train_v2.2.csv"))
    problems = check_dataset(load_dataset("mine")).problems
    expected = "expected seconds 902 to 1798, found 1 other rows, the first: a,901,0,0,1,1,1"
    assert f"data/mine/ava_train_v2.2.csv: {expected}" in problems


def test_other_names_are_user_errors(folder):
    with pytest.raises(UserError, match=r"unknown dataset 'yours'.*known: mine, world"):
        call("yours")
    with pytest.raises(UserError, match="expected a data set with files of its own, found world"):
        call("world")
