"""`predict` with the classifiers of clips of chapter 6: the same numbers as the workflow's, pooled as there."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from made_videos import moving_frames
from own_models import call, enter, save_classifiers, step
from scipy.special import expit, softmax

from longvideo.data.recognition_csv import write_classes
from longvideo.files.predictions import read_predictions
from longvideo.files.video_list import write_video_list
from longvideo.graph import as_argument
from longvideo.video.encode import write_video

NAMES = ("wave", "jump", "lie still")
ONE, SEVERAL = "kinetics_long_clips/baseline", "charades_slowfast/multigrid"


@pytest.mark.parametrize("experiment", [ONE, SEVERAL])
def test_scores_are_those_of_the_workflow_pooled_as_there(tmp_path, monkeypatch, capsys, experiment) -> None:
    workspace = enter(tmp_path, monkeypatch)
    save_classifiers(workspace, experiment)
    spec, checkpoint = workspace.experiment(experiment), workspace.files.checkpoint(experiment, 0)
    own = tmp_path / "own.mp4"
    write_video(own, moving_frames(40, 96, 64, 0), 12, bframes=2)
    write_video_list(Path("pool.csv"), {"own": own})
    write_classes(Path("map.pbtxt"), NAMES)
    decode = import_module("longvideo.steps.decode")
    form = workspace.decode_spec(workspace.data(spec, 0))
    decode.write_manifest(Path("all/m.parquet"), "all", [decode.decode_video("own", own, Path("all"), form)])
    step(monkeypatch, "predict", spec=as_argument(spec), checkpoint=checkpoint, manifest="all/m.parquet",
         videos="pool.csv", label_map="map.pbtxt", out="rule.parquet")  # fmt: skip
    capsys.readouterr()
    assert call(experiment, own, "--out", "x.mp4", "--min-score", 0) == 0
    said = capsys.readouterr().out.splitlines()
    ours, rule = read_predictions(Path("x.parquet")), read_predictions(Path("rule.parquet"))
    first = rule.view < spec.test.clips * spec.test.crops
    assert first.all() == (not spec.also)
    assert np.array_equal(ours.scores, rule.scores[first]) and ours.time_s.tolist() == rule.time_s[first].tolist()
    assert said[:2] == ["x.mp4", "x.parquet"] and ours.names == NAMES
    logits = ours.scores.astype(np.float64)
    chance = softmax(logits, axis=1).mean(axis=0) if experiment == ONE else expit(logits.max(axis=0))
    told = re.findall(r"(\d\.\d\d) ([a-z ]+)", ", ".join(said[2:5]))
    assert told == [(f"{chance[k]:.2f}", NAMES[k]) for k in np.argsort(-chance)]
    assert len(said) == (5 if experiment == ONE else 5 + len(set(ours.time_s.tolist())))
