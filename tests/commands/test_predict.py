"""`predict` on videos of the user's own: the same numbers as the workflow's, and two files that agree."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from own_models import (
    CLIPS,
    DATA,
    LABELS,
    REPOSITORY,
    call,
    enter,
    files_below,
    make_video,
    save_detector,
    save_model,
    save_models,
    step,
)

from longvideo.data.ava_label_map import write_label_map
from longvideo.files.checkpoint import read_header
from longvideo.files.predictions import read_predictions
from longvideo.graph import Workspace, as_argument
from longvideo.specs.decode import TrimSpec
from longvideo.video.reader import FrameReader


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    return enter(tmp_path, monkeypatch)


def test_scores_are_those_of_the_workflow(workspace, tmp_path, monkeypatch, capsys):
    """Decode, detect, bank, train and predict as rules, for a bank and for a frozen backbone, against the command."""
    save_models(workspace, "ava_cnn/support_2", "ava_lfb/nl")
    make_video(tmp_path / "own.mp4")
    Path("videos.csv").write_text(f"id,path\nown,{tmp_path / 'own.mp4'}\n")
    Path("labels.csv").write_text("own,1,0.1,0.1,0.4,0.8,3,0\nown,2,0.2,0.1,0.6,0.8,9,0\n")
    write_label_map(Path("map.pbtxt"), LABELS)
    decode = import_module("longvideo.steps.decode")
    made = decode.decode_video("own", tmp_path / "own.mp4", Path("decoded"), workspace.scale.decode)
    decode.write_manifest(Path("m.parquet"), "test", [made])
    common = {"manifest": "m.parquet", "threads": 1}
    detector = {"spec": as_argument(workspace.scale.detector), "detector": workspace.files.detector(DATA)}
    step(monkeypatch, "detect", "run", **common, **detector, out="d.parquet")
    common |= {"detections": "d.parquet", "label_map": "map.pbtxt"}
    cnn, lfb, sto = ("ava_cnn/support_2", "ava_lfb/nl", "ava_sto/support_2")
    specs = {name: as_argument(workspace.experiment(name)) for name in (cnn, lfb, sto)}
    models = {name: workspace.files.checkpoint(name, 0) for name in specs}
    made_by_cnn = {"spec": specs[cnn], "checkpoint": models[cnn]}
    step(monkeypatch, "bank", **common, **made_by_cnn, features="f.npy", index="i.parquet")
    bank = {"bank_features": "f.npy", "bank_index": "i.parquet"}
    step(monkeypatch, "predict", **common, **bank, spec=specs[lfb], checkpoint=models[lfb], out="lfb.parquet")

    frozen = {"init_features": "steps.npy", "init_index": "steps.parquet"}
    step(monkeypatch, "bank", "--per-step", **common, **made_by_cnn, labels="labels.csv", features="steps.npy",
         index="steps.parquet")  # fmt: skip
    step(monkeypatch, "train", **common, **frozen, spec=specs[sto], seed=0, labels="labels.csv", init=models[cnn],
         out=models[sto], log="log.jsonl", resume_dir="resume")  # fmt: skip
    step(monkeypatch, "predict", **common, **frozen, spec=specs[sto], checkpoint=models[sto], out="sto.parquet")
    assert read_header(Path(models[sto]))["labels"] == [label.name for label in LABELS]

    for experiment, expected in ((lfb, "lfb.parquet"), (sto, "sto.parquet")):
        capsys.readouterr()
        assert call(experiment, tmp_path / "own.mp4", "--out", "out") == 0
        assert capsys.readouterr().out.splitlines() == ["out/own.mp4", "out/own.parquet"]
        ours, rule = read_predictions(Path("out/own.parquet")), read_predictions(Path(expected))
        assert len(ours.scores) > 6 and ours.time_s.tolist() == rule.time_s.tolist()
        assert np.array_equal(ours.boxes, rule.boxes) and ours.classes == rule.classes
        # The features of a frozen backbone are stored with half the digits.
        logits = [np.log(scores / (1 - scores)) for scores in (ours.scores, rule.scores)]
        np.testing.assert_allclose(*logits, rtol=0, atol=1e-4 if experiment == lfb else 2e-2)
        assert np.ptp(logits[0], axis=0).min() > 0.2


def test_both_files_tell_the_same(workspace, tmp_path, capsys):
    save_models(workspace)
    source = make_video(tmp_path / "own.mp4", frames=75, fps=25, height=240, width=320)
    assert call("ava_cnn", source, "--out", "new/folder/drawn.mp4", "--min-score", 0, "--top", 1) == 0
    assert capsys.readouterr().out.split() == ["new/folder/drawn.mp4", "new/folder/drawn.parquet"]
    assert files_below(Path("new")) == ["folder", "folder/drawn.mp4", "folder/drawn.parquet"]
    assert not list((tmp_path / "temporary").iterdir())
    found = read_predictions(Path("new/folder/drawn.parquet"))
    assert found.names == ("wave", "jump", "lie still") and found.classes == (3, 4, 9)
    assert set(found.video) == {"own"} and set(found.time_s) == {0, 1, 2}
    assert (found.boxes >= 0).all() and (found.boxes <= 1).all() and (found.boxes[:, :2] < found.boxes[:, 2:]).all()
    assert (found.box_score >= 0.85).all() and found.scores.shape == (len(found.video), 3)
    assert ((found.scores > 0) & (found.scores < 1)).all() and (found.view == 0).all()
    before, drawn = FrameReader(source), FrameReader(Path("new/folder/drawn.mp4"))
    np.testing.assert_allclose(drawn.times, before.times, atol=1 / 90_000)
    number = 40  # of second 2, to which 1.6 s is the nearest
    change = np.abs(drawn.frames([number])[0].astype(int) - before.frames([number])[0]).max(-1) > 60
    for x1, y1, x2, y2 in found.boxes[found.time_s == 2] * [319, 239, 319, 239]:
        inner = slice(round(y1) + 4, round(y2) - 3), slice(round(x1) + 4, round(x2) - 3)
        edges = np.concatenate([change[[round(y1), round(y2)], inner[1]].ravel(), change[inner[0], round(x1)]])
        assert edges.mean() > 0.5


def test_all_of_a_video_is_seen_whatever_part_the_data_set_annotates(workspace, tmp_path, monkeypatch):
    save_models(workspace)
    form = workspace.decode_spec(DATA).model_copy(update={"trim": TrimSpec(start_s=1.0, duration_s=1.0)})
    monkeypatch.setattr(Workspace, "decode_spec", lambda run, data: form)
    call("ava_cnn", make_video(tmp_path / "own.mp4"), "--out", "x.mp4")
    assert set(read_predictions(Path("x.parquet")).time_s) == {0, 1, 2}


def test_a_video_without_people(workspace, tmp_path, capsys):
    save_models(workspace, "ava_cnn/support_2", "ava_lfb/nl", finds=False)
    call("ava_lfb", make_video(tmp_path / "own.mp4"), "--out", "x.mp4")
    said = capsys.readouterr()
    assert said.out.split() == ["x.mp4", "x.parquet"]
    assert "no person found" in said.err and len(said.err.splitlines()) == 1
    found = read_predictions(Path("x.parquet"))
    assert found.scores.shape == (0, 3) and found.boxes.shape == (0, 4) and found.names[0] == "wave"
    assert FrameReader(Path("x.mp4")).frame_count == 24


def test_three_frames_and_a_checkpoint_without_names(workspace, tmp_path):
    save_detector(workspace)
    save_model(workspace, "ava_cnn/support_2", labels=False)
    call("ava_cnn", make_video(tmp_path / "own.mp4", frames=3, fps=30), "--out", "x.mp4")
    found = read_predictions(Path("x.parquet"))
    assert set(found.time_s) == {0} and found.names == () and FrameReader(Path("x.mp4")).frame_count == 3
    label_map = Path(workspace.files.raw(DATA, "test")["label_map"])
    write_label_map(label_map, LABELS)
    call("ava_cnn", tmp_path / "own.mp4", "--out", "x.mp4")
    assert read_predictions(Path("x.parquet")).names == ("wave", "jump", "lie still")


def test_boxes_that_the_model_cannot_see_are_counted(workspace, tmp_path, capsys):
    save_models(workspace)
    call("ava_cnn", make_video(tmp_path / "own.mp4", width=192), "--out", "x.mp4")
    found = read_predictions(Path("x.parquet"))
    unseen = int((np.abs(found.boxes[:, [0, 2]].mean(axis=1) - 0.5) > 1 / 6).sum())
    assert 0 < unseen < len(found.boxes)
    assert f"{unseen} of {len(found.boxes)} boxes lie outside" in capsys.readouterr().err


@pytest.mark.skipif(not CLIPS, reason="LONGVIDEO_CLIPS names no folder of real clips")
@pytest.mark.parametrize("name", ["carphone_qcif.mp4", "rotation_90.mov", "bframes_unordered.mov"])
def test_real_clips(workspace, name):
    save_models(workspace)
    source = REPOSITORY / str(CLIPS) / name
    call("ava_cnn", source, "--out", "out")
    drawn = FrameReader(Path("out", name).with_suffix(".mp4"))
    before = FrameReader(source)
    np.testing.assert_allclose(drawn.times, before.times, atol=1 / 90_000)
    assert len(read_predictions(Path("out", name).with_suffix(".parquet")).video) > 0


def test_other_commands_do_not_wait_for_torch():
    code = "import json, sys, longvideo.cli as cli; cli.build_parser(); print(json.dumps(list(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "av", "cv2"} & set(json.loads(result.stdout))
