"""The stage `detect` on two tiny videos: train, interrupt, go on, detect, score; and wrong calls."""

import json
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from longvideo.data.ava import AvaLabels, write_labels
from longvideo.errors import UserError, run_main
from longvideo.files.boxes import read_boxes
from longvideo.files.checkpoint import load_checkpoint
from longvideo.files.manifest import Video, write_manifest
from longvideo.miniworld.render import actor_box, render
from longvideo.miniworld.stories.ava import tell
from longvideo.steps import detect
from longvideo.video.encode import write_video

FPS, SECONDS = 4, 6
SPEC = {
    "architecture": "faster_rcnn_smoke",
    "short_side": 64,
    "train_short_side": [56, 64],
    "max_boxes": 5,
    "optim": {"steps": 4, "batch": 4, "lr": 0.02, "drop_at": [3], "warmup_steps": 2, "weight_decay": 1e-4},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """Two videos with their manifest and labels; every person has two actions."""
    folder = tmp_path_factory.mktemp("world")
    videos, rows = [], []
    for number in range(2):
        script = tell(np.random.default_rng(number), SECONDS, FPS)
        path = folder / f"v{number}.mp4"
        write_video(path, render(script, 64, 64), FPS)
        videos.append(Video(path.stem, path, SECONDS * FPS, FPS, 64, 64, 900.0, ""))
        seen = [(second, actor) for second in range(SECONDS) for actor in script.actors if actor.visible[second * FPS]]
        rows += [(number, 900 + second, *actor_box(actor, second * FPS, 1.0)) for second, actor in seen] * 2
    write_manifest(folder / "manifest.parquet", "train", videos)
    table = np.array(rows)
    actions = np.arange(len(rows)).astype(np.int32)
    labels = AvaLabels(("v0", "v1"), table[:, 0].astype(np.int32), table[:, 1], table[:, 2:], actions, 0 * table[:, 0])
    write_labels(folder / "labels.csv", labels)
    return folder


@pytest.fixture(autouse=True)
def torch_settings():
    """The step sets torch up for its process; other tests get theirs back."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def call(monkeypatch, command: str, **flags: object) -> None:
    words = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    monkeypatch.setattr(sys, "argv", ["detect", command, *words])
    detect.main()


def train(monkeypatch, world: Path, out: Path, spec: dict = SPEC, **flags: object) -> None:
    inputs = {"manifest": world / "manifest.parquet", "labels": world / "labels.csv"}
    given = {"spec": json.dumps(spec), "seed": 3, **inputs, "out": out, "resume_dir": out.parent / "resume"}
    call(monkeypatch, "train", **(given | flags))


def test_train_run_and_score(monkeypatch, world, tmp_path):
    detector = tmp_path / "a" / "detector.safetensors"
    train(monkeypatch, world, detector)
    header = load_checkpoint(detector)[1]
    assert (header["kind"], header["seed"], header["step"]) == ("person detector", 3, 4)
    assert header["spec"]["architecture"] == "faster_rcnn_smoke"

    monkeypatch.setattr(detect, "SAVE_EVERY_S", 0.0)
    draw, drawn = detect.draw_batch, []

    def interrupted(keyframes, size, seed, step, readers):
        drawn.append(step)
        if drawn == [0, 1, 2, 3]:
            raise KeyboardInterrupt
        return draw(keyframes, size, seed, step, readers)

    monkeypatch.setattr(detect, "draw_batch", interrupted)
    again = tmp_path / "b" / "detector.safetensors"
    with pytest.raises(KeyboardInterrupt):
        train(monkeypatch, world, again)
    assert not again.exists()
    train(monkeypatch, world, again)
    assert drawn == [0, 1, 2, 3, 3]
    assert again.read_bytes() == detector.read_bytes()
    assert not (tmp_path / "b" / "resume").exists()

    run = {"spec": json.dumps(SPEC | {"min_score": 0.0}), "manifest": world / "manifest.parquet"}
    boxes = tmp_path / "train.parquet"
    call(monkeypatch, "run", **run, detector=detector, out=boxes)
    found = read_boxes(boxes)
    assert set(zip(found.video, found.time_s)) <= {(f"v{n}", 900.0 + s) for n in range(2) for s in range(SECONDS)}
    assert 0 < len(found) <= 2 * SECONDS * SPEC["max_boxes"]

    call(monkeypatch, "score", detections=boxes, labels=world / "labels.csv", out=tmp_path / "score.json")
    score = json.loads((tmp_path / "score.json").read_text())
    people = len({line.split(b",")[:6].__repr__() for line in (world / "labels.csv").read_bytes().splitlines()})
    assert score["counts"]["people"] == people
    assert 0 <= score["metrics"]["box_ap50"]["value"] <= score["metrics"]["box_recall50"]["value"] <= 100


def test_one_of_several_processes_trains_and_outlives_the_notice(monkeypatch, world, tmp_path):
    place = {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "LOCAL_RANK": 0, "MASTER_ADDR": "host", "MASTER_PORT": 29500}
    for name, value in place.items():
        monkeypatch.setenv(name, str(value))
    draw = detect.draw_batch

    def draw_after_notice(*arguments):
        signal.raise_signal(signal.SIGUSR2)
        return draw(*arguments)

    monkeypatch.setattr(detect, "draw_batch", draw_after_notice)
    for rank in (1, 0):
        monkeypatch.setenv("RANK", str(rank))
        train(monkeypatch, world, tmp_path / f"{rank}.safetensors")
        assert (tmp_path / f"{rank}.safetensors").exists() == (rank == 0)


def test_wrong_calls_are_one_line(monkeypatch, world, tmp_path):
    out = tmp_path / "detector.safetensors"
    with pytest.raises(UserError, match=r"expected a detector among .*; found 'yolo'"):
        train(monkeypatch, world, out, SPEC | {"architecture": "yolo"})
    with pytest.raises(UserError, match=r"--spec: .*short_side"):
        train(monkeypatch, world, out, SPEC | {"short_side": 0})
    with pytest.raises(UserError, match="expected a file of weights"):
        train(monkeypatch, world, out, SPEC | {"init": f"file:{tmp_path}/none.pt"})
    with pytest.raises(UserError, match="--threads: expected at least 1, found 0"):
        train(monkeypatch, world, out, threads=0)
    train(monkeypatch, world, out)
    run = {"manifest": world / "manifest.parquet", "detector": out, "out": tmp_path / "boxes.parquet"}
    with pytest.raises(UserError, match="it was made by another architecture"):
        call(monkeypatch, "run", **run, spec=json.dumps(SPEC | {"architecture": "faster_rcnn_mini"}))


def test_a_user_error_is_one_line_and_exit_status_2(monkeypatch, world, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        run_main(lambda: call(monkeypatch, "score", detections="none", labels=world / "labels.csv", out=tmp_path / "x"))
    assert stop.value.code == 2
    assert capsys.readouterr() == (
        "",
        "longvideo: none: expected boxes (Parquet), found no such file; the rule 'detect' writes it\n",
    )
