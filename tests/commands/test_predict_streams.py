"""`predict` with the streams of chapter 4: the same numbers as the workflow's, and what is said and drawn of them."""

import re
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_videos import moving_frames
from own_models import call, enter, files_below, save_classifiers, step

from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import write_classes
from longvideo.errors import UserError
from longvideo.files.predictions import read_predictions
from longvideo.files.video_list import write_video_list
from longvideo.graph import as_argument
from longvideo.tasks.video_metrics import video_scores
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader

NAMES = ("wave", "jump", "lie still")
KINDS = ("iframe", "motion", "residual", "flow")
UCF = tuple(f"coviar_{kind}/ucf101_1" for kind in KINDS)
CHARADES = tuple(f"charades_{kind}/all" for kind in KINDS)
COVIAR, WITH_FLOW = "coviar/ucf101_1", "coviar_with_flow/ucf101_1"
needs_tv_l1 = pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="OpenCV has no contributed modules")


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    return enter(tmp_path, monkeypatch)


def moving_video(path, frames=30, seed=0):
    write_video(path, moving_frames(frames, 96, 64, seed), 12, bframes=2)
    return path


def plate(frame):
    """Where a frame has the colour that text is written on."""
    return np.abs(frame.astype(int) - (230, 60, 50)).max(axis=-1) < 50


@needs_tv_l1
def test_scores_are_those_of_the_workflow(workspace, tmp_path, monkeypatch):
    """Decode a pool of two videos, make their flow and predict as rules, against the command on one of them."""
    save_classifiers(workspace, *UCF)
    pool = {name: moving_video(tmp_path / f"{name}.mp4", seed=seed) for seed, name in enumerate(("other", "own"))}
    write_video_list(Path("pool.csv"), pool)
    write_classes(Path("map.pbtxt"), NAMES)
    data = workspace.data(workspace.experiment(COVIAR), 0)
    decode = import_module("longvideo.steps.decode")
    for out, spec in (("all", workspace.decode_spec(data)), ("all/flow", workspace.scale.flow)):
        sources = pool if out == "all" else {name: Path(f"all/{name}.mp4") for name in pool}
        made = [decode.decode_video(name, path, Path(out), spec) for name, path in sources.items()]
        decode.write_manifest(Path(out, "manifest.parquet"), "all", made)
    rules = []
    for experiment in UCF:
        spec, checkpoint = workspace.experiment(experiment), workspace.files.checkpoint(experiment, 0)
        manifest = "all/flow/manifest.parquet" if spec.stream.kind == "flow" else "all/manifest.parquet"
        step(monkeypatch, "predict", spec=as_argument(spec), checkpoint=checkpoint, manifest=manifest,
             videos="pool.csv", label_map="map.pbtxt", out="rule.parquet")  # fmt: skip
        rule = read_predictions(Path("rule.parquet"))
        rules.append(rule)
        assert call(experiment, pool["own"], "--out", "out") == 0
        ours, own = read_predictions(Path("out/own.parquet")), rule.video == "own"
        assert np.array_equal(ours.scores, rule.scores[own]) and ours.names == NAMES
        assert ours.time_s.tolist() == rule.time_s[own].tolist() and ours.view.tolist() == rule.view[own].tolist()
        assert np.ptp(ours.scores, axis=0).min() > 1e-3 and not np.array_equal(ours.scores, rule.scores[~own])

    labels = Labels.of(["own"], NAMES, [Segment("own", 0)])
    for fusion, streams in ((COVIAR, rules[:3]), (WITH_FLOW, rules)):
        call(fusion, pool["own"], "--out", "out")
        expected = sum(video_scores(rule, labels) for rule in streams)  # each weighs 1
        ours = read_predictions(Path("out/own.parquet"))
        np.testing.assert_allclose(video_scores(ours, labels), expected, rtol=1e-5)
        assert ours.scores.shape == rules[0].scores[::2].shape


def test_a_video_of_one_action(workspace, tmp_path, capsys):
    save_classifiers(workspace, *UCF[:3])
    source = moving_video(tmp_path / "own.mp4")
    assert call("coviar", source, "--out", "new/drawn.mp4", "--top", 2) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["new/drawn.mp4", "new/drawn.parquet"] == [f"new/{name}" for name in files_below(Path("new"))]
    found = read_predictions(Path("new/drawn.parquet"))
    mean = found.scores.mean(axis=0) / 3  # of three streams
    chance = np.exp(mean) / np.exp(mean).sum()
    assert said[2:] == [f"{chance[k]:.2f} {NAMES[k]}" for k in np.argsort(-chance)[:2]]
    before, drawn = FrameReader(source), FrameReader(Path("new/drawn.mp4"))
    np.testing.assert_allclose(drawn.times, before.times, atol=1 / 90_000)
    for frame in drawn.frames([0, 15, 29]):
        assert plate(frame)[:20, :60].mean() > 0.5 > 0.1 > plate(frame)[100:, 10:-10].mean()
    assert not list((tmp_path / "temporary").iterdir())


def test_actions_over_time(workspace, tmp_path, capsys):
    save_classifiers(workspace, *CHARADES[:3])
    assert call("charades_coviar", moving_video(tmp_path / "own.mp4"), "--out", "x.mp4", "--min-score", 0) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["x.mp4", "x.parquet"]
    found = read_predictions(Path("x.parquet"))
    logits = found.scores.astype(np.float64) / 3
    assert [float(line.split(" s: ")[0]) for line in said[5:]] == [round(time, 1) for time in found.time_s.tolist()]
    for row, text in [(logits.mean(axis=0), ", ".join(said[2:5])), *zip(logits, said[5:])]:
        told = re.findall(r"(\d\.\d\d) ([a-z ]+)", text)
        assert told == [(f"{1 / (1 + np.exp(-row[k])):.2f}", NAMES[k]) for k in np.argsort(-row)]
    assert said[5].split(": ")[1] != said[6].split(": ")[1]
    first, same, later = (plate(frame)[:60, :100] for frame in FrameReader(Path("x.mp4")).frames([0, 1, 29]))
    assert first.mean() > 0.4 and (first != later).mean() > 3 * (first != same).mean()


def test_what_a_stream_cannot_see(workspace, tmp_path, capsys):
    save_classifiers(workspace, *UCF[:3])
    source = moving_video(tmp_path / "own.mp4", frames=1)
    assert call("coviar_iframe", source, "--out", "x.mp4") == 0
    assert len(read_predictions(Path("x.parquet")).scores) == 2 and FrameReader(Path("x.mp4")).frame_count == 1
    before = files_below(tmp_path)
    for experiment in (COVIAR, UCF[1]):
        with pytest.raises(UserError, match=r"expected a video of at least 2 frames for .*, found 1") as error:
            call(experiment, source, "--out", "new")
        assert str(source) in str(error.value) and files_below(tmp_path) == before
    moving_video(source, frames=2)
    assert call(COVIAR, source, "--out", "x.mp4") == 0


def test_wrong_calls(workspace, tmp_path):
    save_classifiers(workspace, *UCF[:2])
    source = moving_video(tmp_path / "own.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 100)
    missing = [workspace.files.checkpoint(name, 0) for name in UCF[2:]]
    before = files_below(tmp_path)
    for experiment, video, message in (
        (WITH_FLOW, source, f"make it with `snakemake -c2 {' '.join(missing)} --config scale=smoke`"),
        ("speed/coviar", source, "expected an experiment on what videos show, found speed/coviar"),
        (UCF[0], text, f"{text}: expected a video that FFmpeg can open"),
    ):
        with pytest.raises(UserError) as error:
            call(experiment, video, "--out", "new/folder")
        assert message in str(error.value) and len(str(error.value).splitlines()) == 1
        assert files_below(tmp_path) == before


def test_checkpoints_that_do_not_belong_together(workspace, tmp_path):
    save_classifiers(workspace, *UCF[:2])
    save_classifiers(workspace, UCF[2], names=("left", "right"))
    source = moving_video(tmp_path / "own.mp4")
    other = f"{workspace.files.checkpoint(UCF[2], 0)}: expected a stream of the 3 classes of .*, found one of 2 others"
    with pytest.raises(UserError, match=other):
        call(COVIAR, source, "--out", "new")
    path = Path(workspace.files.checkpoint(UCF[0], 0))
    path.write_bytes(b"no checkpoint")
    with pytest.raises(UserError, match=f"{path}: expected a checkpoint of longvideo"):
        call(UCF[0], source, "--out", "new")
    assert not Path("new").exists()
