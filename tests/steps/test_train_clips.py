"""The step `train` on clips of many shapes: two processes end as one does, and it says how long it took."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train_calls import finish, losses, places, start

from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import write_classes, write_labels
from longvideo.files.checkpoint import load_checkpoint
from longvideo.files.manifest import Video, write_manifest
from longvideo.files.times import read_times
from longvideo.video.encode import write_video

VIDEOS, FRAMES = 24, 8
SPEC: dict[str, Any] = {
    "name": "kinetics_slowfast",
    "variant": "multigrid",
    "dataset": "kinetics400",
    "task": "clips",
    "labels": "one",
    "architecture": "slowfast_smoke",
    "dropout": 0.0,
    "clip": {"frames": 8, "stride": 1, "short_side": [48, 52], "crop": 48},
    "test": {"short_side": 48, "crop": 48},
    # More than any batch has: statistics are over all clips of both processes.
    "norm_clips": 1000,
    "multigrid": {},
    "optim": {"epochs": 2.0, "batch": 4, "lr": 0.01, "drop_at": [1.0], "weight_decay": 0.0},
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, Path]:
    """Videos of noise and their labels."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(0)
    videos = []
    for number in range(VIDEOS):
        write_video(folder / f"v{number}.mp4", rng.integers(0, 255, (FRAMES, 40, 56, 3), np.uint8), 12)
        videos.append(Video(f"v{number}", folder / f"v{number}.mp4", FRAMES, 12, 56, 40, 0.0, "0"))
    write_manifest(folder / "manifest.parquet", "all", videos)
    rows = [Segment(video.id, number % 2) for number, video in enumerate(videos)]
    write_labels(folder / "labels.csv", Labels.of([video.id for video in videos], ("a", "b"), rows))
    write_classes(folder / "label_map.pbtxt", ("a", "b"))
    files = {"manifest": "manifest.parquet", "labels": "labels.csv", "label_map": "label_map.pbtxt"}
    return {name: folder / file for name, file in files.items()}


def test_two_processes_end_as_one_does(inputs, tmp_path):
    for world in (1, 2):
        folder = tmp_path / str(world)
        folder.mkdir()
        given = {**inputs, "out_times": folder / "times.json"}
        finish([start(folder, SPEC, place, **given) for place in places(world)])
    np.testing.assert_allclose(losses(tmp_path / "2"), losses(tmp_path / "1"), rtol=1e-4)
    one, two = (load_checkpoint(tmp_path / world / "model.safetensors") for world in ("1", "2"))
    assert one[1] == two[1] and one[1]["kind"] == "clips"
    for name, value in one[0].items():
        np.testing.assert_allclose(two[0][name], value, rtol=1e-3, atol=1e-4, err_msg=name)
    times = [read_times(tmp_path / world / "times.json") for world in ("1", "2")]
    assert [found.processes for found in times] == [1, 2]
    assert times[0].steps == times[1].steps == one[1]["step"] == json.loads(last_line(tmp_path / "1"))["step"]
    assert all(found.update_cpu_s > 0 and not found.gpu for found in times)


def last_line(folder: Path) -> str:
    return (folder / "log.jsonl").read_text().splitlines()[-1]
