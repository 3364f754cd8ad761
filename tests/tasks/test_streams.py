"""Streams on a small generated world: learned by heart, predicted, fused."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import read_labels, write_classes, write_labels
from longvideo.errors import UserError
from longvideo.files.checkpoint import save_checkpoint
from longvideo.files.manifest import Video, write_manifest
from longvideo.files.predictions import Predictions, read_predictions, write_predictions
from longvideo.files.video_list import write_video_list
from longvideo.specs.recognition import FusionSpec, RecognitionSpec
from longvideo.tasks.inputs import FILES, InputFiles
from longvideo.tasks.recognition.evaluate import evaluate
from longvideo.tasks.recognition.predict import predict
from longvideo.tasks.recognition.score import fused
from longvideo.tasks.recognition.train import prepare_training, rate_factor
from longvideo.tasks.video_metrics import video_scores
from longvideo.training.processes import Processes
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.encode import write_video

CPU = torch.device("cpu")
torch.set_num_threads(1)
CLASSES = ("left", "right")


def spec(**changes) -> RecognitionSpec:
    values = {
        "name": "coviar_motion",
        "variant": "a",
        "dataset": "ucf101",
        "task": "recognition",
        "labels": "video",
        "stream": {"kind": "motion"},
        "architecture": "resnet_smoke",
        "segments": {"train": 2, "test": 3},
        "views": {"crop": 32, "short_side": 40, "scales": (1.0,), "flip": False, "test": "centre"},
        "optim": {"steps": 120, "batch": 4, "lr": 0.01, "weight_decay": 0.0},
        **changes,
    }
    return RecognitionSpec.model_validate(values)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> InputFiles:
    """Four videos, two of a texture that moves to the left and two to the right, and their labels."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(0)
    videos, segments = [], []
    for number in range(4):
        texture = np.kron(rng.integers(0, 255, (10, 60, 3)), np.ones((4, 4, 1))).astype(np.uint8)
        step = 2 if number % 2 else -2
        frames = [np.ascontiguousarray(np.roll(texture, step * time, axis=1)[:, 60:116]) for time in range(12)]
        write_video(folder / f"raw{number}.mp4", frames, 12)
        facts = reencode_mpeg4(folder / f"raw{number}.mp4", folder / f"v{number}.mp4", 56, 40, 6)
        videos.append(Video(f"v{number}", folder / f"v{number}.mp4", facts.frames, facts.fps, 56, 40, 0.0, "0"))
        segments.append(Segment(f"v{number}", number % 2))
    write_manifest(folder / "manifest.parquet", "all", videos)
    write_labels(folder / "labels.csv", Labels.of([video.id for video in videos], CLASSES, segments))
    write_classes(folder / "label_map.pbtxt", CLASSES)
    write_video_list(folder / "videos.csv", {video.id: video.path for video in videos})
    made = {path.stem: path for path in folder.iterdir() if path.suffix != ".mp4"}
    return InputFiles({name: (made[name],) if name in made else () for name in FILES})


def trained(chosen: RecognitionSpec, files: InputFiles, path: Path) -> list[float]:
    """Train with a plain loop, write the checkpoint, and return the losses."""
    training = prepare_training(chosen, files, 0, Processes(CPU))
    assert pickle.loads(pickle.dumps(training.batches)) is not None  # worker processes get a copy
    model = training.build()
    optimizer = torch.optim.Adam(model.parameters(), lr=chosen.optim.lr)
    losses = []
    for step in range(chosen.optim.steps):
        loss = training.losses(model, training.batches[step])["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    save_checkpoint(path, model.state_dict(), {"kind": "stream", "classes": list(training.classes), "seed": 0})
    return losses


def test_motion_is_learned_by_heart_and_predicted(files, tmp_path):
    chosen = spec()
    losses = trained(chosen, files, tmp_path / "model.safetensors")
    assert np.median(losses[-9:]) < 0.5 * losses[0]
    found = predict(chosen, files, tmp_path / "model.safetensors", CPU)
    assert found.scores.shape == (12, 2) and found.video.tolist() == [f"v{n}" for n in range(4) for _ in range(3)]
    write_predictions(tmp_path / "p.parquet", found)
    scores = evaluate(chosen, with_predictions(files, tmp_path / "p.parquet"))
    assert scores.metrics["accuracy"].value == 1.0 and scores.counts == {"videos": 4, "not_decoded": 0}


def test_single_frames_are_learned_by_heart(files, tmp_path):
    chosen = spec(labels="frames", stream={"kind": "residual"}, views={**spec().views.model_dump(), "test": "ten"})
    losses = trained(chosen, files, tmp_path / "model.safetensors")
    assert np.median(losses[-9:]) < 0.8 * losses[0]
    found = predict(chosen, files, tmp_path / "model.safetensors", CPU)
    assert found.scores.shape == (4 * 3 * 10, 2) and set(found.view.tolist()) == set(range(10))
    write_predictions(tmp_path / "p.parquet", found)
    scores = evaluate(chosen, with_predictions(files, tmp_path / "p.parquet"))
    assert set(scores.metrics) == {"map", "wap"}


def with_predictions(files: InputFiles, *paths: Path) -> InputFiles:
    return InputFiles({name: paths if name == "predictions" else tuple(files.several(name))
                       for name in ("predictions", "labels", "label_map")})  # fmt: skip


def test_a_fusion_sums_mean_logits_by_weight_and_a_lost_video_is_never_right(files, tmp_path):
    labels = read_labels(files["labels"], files["label_map"])
    rng = np.random.default_rng(1)
    names = np.array(["v0", "v0", "v1", "v3", "v3", "v3"])
    nothing = (np.zeros(6), np.zeros((6, 4), np.float32), np.ones(6, np.float32))
    streams = [
        Predictions(names, *nothing, rng.normal(size=(6, 2)).astype(np.float32), (1, 2), np.zeros(6, np.int32), "cpu")
        for _ in range(2)
    ]
    paths = [tmp_path / f"{number}.parquet" for number in range(2)]
    for path, stream in zip(paths, streams):
        write_predictions(path, stream)
    fusion = FusionSpec(name="both", variant="a", dataset="ucf101", task="fusion", labels="video",
                        streams=("m/a", "r/a"), weights=(2.0, 1.0))  # fmt: skip
    found = evaluate(fusion, with_predictions(files, *paths))
    means = [video_scores(read_predictions(path), labels) for path in paths]
    assert means[0][0] == pytest.approx(streams[0].scores[:2].mean(axis=0), rel=1e-6)
    assert np.isneginf(means[0][2]).all()
    summed = 2 * means[0] + means[1]
    right = [bool(summed[n, n % 2] > summed[n, 1 - n % 2]) for n in (0, 1, 3)]
    assert found.metrics["accuracy"].value == pytest.approx(sum(right) / 4)
    assert found.counts == {"videos": 4, "not_decoded": 1}
    np.testing.assert_allclose(video_scores(fused(streams, fusion.weights), labels), summed, rtol=1e-5)
    other = replace(streams[0], scores=np.zeros((6, 3), np.float32), classes=(1, 2, 3))
    write_predictions(paths[0], other)
    with pytest.raises(UserError, match="expected predictions of 2 classes, found 3"):
        evaluate(fusion, with_predictions(files, *paths))
    moved = replace(streams[0], view=np.arange(6, dtype=np.int32))
    for wrong, message in ((other, "found 2 at 6 views and 3 at 6 views"), (moved, "the same segments and views")):
        with pytest.raises(UserError, match=message):
            fused([streams[1], wrong], fusion.weights)


def test_only_given_weights_learn_slowly():
    chosen = spec(init="file:w", optim={**spec().optim.model_dump(), "input_lr_factor": 1.0})
    names = ("classifier.weight", "backbone.conv1.weight", "backbone.res2.blocks.0.conv1.weight")
    assert [rate_factor(chosen, name) for name in names] == [1.0, 1.0, 0.01]
    assert [rate_factor(spec(), name) for name in names] == [1.0, 1.0, 1.0]
