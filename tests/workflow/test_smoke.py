"""The graph is run at smoke scale, from raw video to a table, and again on a user's own videos, one of them damaged."""

import json
import shutil
from pathlib import Path

import pytest
from snakemake_calls import NO_EDIT, SmokeRun, make_calls

from longvideo.files.manifest import read_failures, read_manifest

pytestmark = pytest.mark.workflow

MINE = """
format: ava
stands_for: ava
splits:
  train: {videos: data/mine/videos, labels: data/mine/train.csv}
  val: {videos: data/mine/videos, labels: data/mine/val.csv}
label_map: data/mine/actions.pbtxt
train_split: train
test_split: val
"""
OWN = "results/smoke-mine/metrics/ava_cnn/support_2/s0.json"


def test_every_stage_runs_and_a_second_call_finds_nothing_to_do(smoke: SmokeRun):
    folder, first, second = smoke
    assert first.status == 0, first.stdout + first.stderr
    assert second.jobs == {}
    table = json.loads((folder / "results/smoke/tables/table_7_2c.json").read_text())
    assert table["seeds"] == [0] and len(table["runs"]) == 5
    static = (folder / "results/smoke/tables/table_7_1.md").read_text()
    assert "32×112×112" in static
    assert not list((folder / "results/smoke").rglob("state.pt"))
    headline = json.loads((folder / "results/smoke/summary/table_7_2c.json").read_text())
    assert set(headline) == {"cnn", "avg", "max", "nl", "shuffled"}
    losses = (folder / "results/smoke/summary/table_7_2c.losses.csv").read_text().splitlines()
    assert losses[0].startswith("percent,ava_cnn/support_2,") and len(losses) == 101


def test_streams_of_compressed_video_and_flow_are_trained_and_fused(smoke: SmokeRun):
    run = json.loads((smoke.folder / "results/smoke/metrics/coviar_with_flow/ucf101_1/s0.json").read_text())
    assert run["counts"] == {"videos": 32, "not_decoded": 0} and run["split"] == "test1"
    assert 0 <= run["metrics"]["accuracy"]["value"] <= run["metrics"]["accuracy_top5"]["value"] <= 1


def test_clips_are_trained_in_many_shapes_from_another_experiment_and_timed(smoke: SmokeRun):
    run = json.loads((smoke.folder / "results/smoke/metrics/something_slowfast/multigrid/s0.json").read_text())
    assert run["counts"] == {"videos": 8, "not_decoded": 0} and run["split"] == "test"
    folder = smoke.folder / "results/smoke/checkpoints"
    times = [json.loads(path.read_text()) for path in sorted(folder.rglob("times.json"))]
    assert len(times) == 2 and run["metrics"]["train_s"]["value"] == times[1]["update_cpu_s"] > 0


def own_videos(folder: Path) -> None:
    """Turn the smoke world into a user's folder; the last training video is cut off in the middle."""
    data = folder / "data/mine"
    (data / "videos").mkdir(parents=True)
    raw = folder / "results/smoke/raw/miniworld_ava_smoke-s0"
    for split, name in (("train", "train"), ("test", "val")):
        for video in (raw / split / "videos").glob("*.mp4"):
            shutil.copy(video, data / "videos")
        shutil.copy(raw / split / "labels.csv", data / f"{name}.csv")
    shutil.copy(raw / "train/label_map.pbtxt", data / "actions.pbtxt")
    cut = data / "videos/train_0003.mp4"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (folder / "config/datasets/mine.yaml").write_text(MINE)


def test_a_users_videos_go_through_the_same_graph_and_a_damaged_one_is_listed(smoke: SmokeRun):
    folder = smoke.folder
    own_videos(folder)
    words = ["-c2", "--config", "scale=smoke", "dataset=mine", "--", OWN]
    (done,) = make_calls(folder, [(words, NO_EDIT)])
    assert done.status == 0, done.stdout + done.stderr
    manifest = folder / "results/smoke-mine/decoded/mine/train/manifest.parquet"
    assert [video.id for video in read_manifest(manifest)] == ["train_0000", "train_0001", "train_0002"]
    (failure,) = read_failures(manifest)
    assert failure.id == "train_0003" and "train_0003" in failure.error
    metrics = json.loads((folder / OWN).read_text())
    assert metrics["dataset"] == "mine" and metrics["counts"]["boxes"] > 0
