"""Classifiers of clips on a small made world: trained in one shape or many, stopped and gone on with, tested, timed."""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from longvideo.data.random_clips import ClipBatch
from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import write_classes, write_labels
from longvideo.files.checkpoint import save_checkpoint
from longvideo.files.manifest import Video, write_manifest
from longvideo.files.predictions import write_predictions
from longvideo.files.times import TrainingTimes, write_times
from longvideo.files.video_list import write_video_list
from longvideo.models.build import build_clip_classifier
from longvideo.models.slowfast import ARCHITECTURES, Pathway, slow_frames
from longvideo.specs.clips import ClipsSpec
from longvideo.tasks.clips.evaluate import evaluate
from longvideo.tasks.clips.inputs import schedule_of
from longvideo.tasks.clips.predict import predict
from longvideo.tasks.clips.train import prepare_training, start_model
from longvideo.tasks.inputs import FILES, InputFiles
from longvideo.tasks.training import Training
from longvideo.training.loop import Records, fit
from longvideo.training.optimizer import build_optimizer
from longvideo.training.processes import Processes
from longvideo.training.resume import Progress
from longvideo.training.stopwatch import Stopwatch
from longvideo.video.encode import write_video

CPU = torch.device("cpu")
torch.set_num_threads(1)
CLASSES = ("left", "right")
VIDEOS, FRAMES = 12, 12
TEST = {"clips": 2, "short_side": 48, "crop": 48}


def spec(**changes) -> ClipsSpec:
    values = {
        "name": "kinetics_slowfast",
        "variant": "a",
        "dataset": "kinetics400",
        "task": "clips",
        "labels": "one",
        "architecture": "slowfast_smoke",
        "dropout": 0.2,
        "clip": {"frames": 8, "stride": 1, "short_side": (48, 52), "crop": 48, "flip": False},
        "test": TEST,
        "norm_clips": 2,
        "multigrid": {"epoch_factor": 2.0},
        "optim": {"epochs": 3.0, "batch": 2, "lr": 0.02, "drop_at": (1.5, 2.5), "weight_decay": 0.0},
        **changes,
    }
    return ClipsSpec.model_validate(values)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> InputFiles:
    """Videos of textures that move to the left or to the right, in turn, and their labels."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(0)
    videos, segments = [], []
    for number in range(VIDEOS):
        texture = np.kron(rng.integers(0, 255, (10, 60, 3)), np.ones((4, 4, 1))).astype(np.uint8)
        step = 2 if number % 2 else -2
        frames = [np.ascontiguousarray(np.roll(texture, step * time, axis=1)[:, 60:116]) for time in range(FRAMES)]
        write_video(folder / f"v{number}.mp4", frames, 12)
        videos.append(Video(f"v{number}", folder / f"v{number}.mp4", FRAMES, 12, 56, 40, 0.0, "0"))
        segments.append(Segment(f"v{number}", number % 2))
    write_manifest(folder / "manifest.parquet", "all", videos)
    write_labels(folder / "labels.csv", Labels.of([video.id for video in videos], CLASSES, segments))
    write_classes(folder / "label_map.pbtxt", CLASSES)
    write_video_list(folder / "videos.csv", {video.id: video.path for video in videos})
    made = {path.stem: path for path in folder.iterdir() if path.suffix != ".mp4"}
    return InputFiles({name: (made[name],) if name in made else () for name in FILES})


def with_files(files: InputFiles, **more: Path) -> InputFiles:
    given = {name: files.get(name) for name in FILES} | more
    return InputFiles({name: (path,) if path else () for name, path in given.items()})


def trained(
    training: Training,
    folder: Path,
    stop_at: int | None = None,
    watch: Stopwatch | None = None,
    save_every_s: float = -1.0,
) -> tuple[dict[str, Tensor], Records]:
    """Train, with a state after every update unless told otherwise; stop before one of them if asked to."""
    model, optim = training.build(), training.optim

    def batches(start: int) -> Iterator[ClipBatch]:
        for step in range(start, training.schedule.steps):
            if step == stop_at:
                raise KeyboardInterrupt
            yield training.batches[step]

    optimizer = build_optimizer(model, optim.optimizer, optim.lr, optim.weight_decay, optim.momentum)
    losses = training.losses
    records = fit(model, batches, lambda batch: losses(model, batch), optimizer, training.schedule, 0,
                  Progress(folder, ""), save_every_s, watch=watch)  # fmt: skip
    return model.state_dict(), records


def test_a_multigrid_training_stopped_anywhere_ends_in_the_same_bits(files, tmp_path):
    training = prepare_training(spec(), files, 0, Processes(CPU))
    assert pickle.loads(pickle.dumps(training.batches)) is not None  # worker processes get a copy
    batches = [training.batches[step] for step in range(training.schedule.steps)]
    shapes = [tuple(batch.clips.shape[2:4]) for batch in batches]
    assert set(shapes) >= {(2, 24), (2, 34), (4, 24), (8, 24), (8, 48)}
    assert len({len(batch.clips) for batch in batches}) > 3
    whole, expected = trained(training, tmp_path / "whole", save_every_s=1e9)
    change = next(step for step in range(1, len(batches)) if shapes[step][0] > shapes[0][0])
    first, watch = Stopwatch(), Stopwatch()
    for stop_at, part in ((2, first), (change, None), (change + 1, None)):
        with suppress(KeyboardInterrupt):
            trained(prepare_training(spec(), files, 0, Processes(CPU)), tmp_path / "parts", stop_at, part)
    found, records = trained(prepare_training(spec(), files, 0, Processes(CPU)), tmp_path / "parts", None, watch)
    assert records == expected
    assert all(torch.equal(value, found[name]) for name, value in whole.items())
    # The seconds of all updates, those before the stops included.
    assert 0 < first.seconds["update_cpu_s"] < watch.seconds["update_cpu_s"]


def test_it_is_learned_by_heart_predicted_by_all_tests_and_timed(files, tmp_path):
    three = {**TEST, "crops": 3, "clips": 1, "pooling": "max"}
    recipe = {"epochs": 24.0, "batch": 4, "lr": 0.1, "drop_at": (15.0, 21.0), "weight_decay": 0.0}
    chosen = spec(also={"three": three}, optim=recipe, dropout=0.0, multigrid=None)
    training = prepare_training(chosen, files, 0, Processes(CPU))
    assert training.schedule.steps == 24 * VIDEOS // 4
    watch = Stopwatch()
    state, records = trained(training, tmp_path, None, watch, 1e9)
    assert records[-1]["loss"] < 0.7 * records[0]["loss"]
    save_checkpoint(tmp_path / "model.safetensors", state, {"kind": "clips", "classes": list(training.classes)})
    found = predict(chosen, files, tmp_path / "model.safetensors", CPU)
    assert found.scores.shape == (VIDEOS * (2 + 3), 2) and set(found.view.tolist()) == set(range(5))
    assert [sum(found.view == view) for view in range(5)] == [VIDEOS] * 5
    write_predictions(tmp_path / "p.parquet", found)
    times = TrainingTimes(**watch.seconds, steps=48, processes=1, gpu=False, device="a cpu")
    write_times(tmp_path / "times.json", times)
    scores = evaluate(chosen, with_files(files, predictions=tmp_path / "p.parquet", times=tmp_path / "times.json"))
    values = {name: metric.value for name, metric in scores.metrics.items()}
    assert values["accuracy"] == 1.0 and values["three.accuracy"] >= 0.9
    assert values["train_s"] == times.update_cpu_s and values["train_steps"] == 48
    assert values["train_wall_s"] == times.data_wall_s + times.update_wall_s
    assert scores.counts == {"videos": VIDEOS, "not_decoded": 0} and scores.device == "a cpu; tested on cpu, 1 threads"


def test_statistics_for_testing_are_of_the_shape_that_training_ends_with(files):
    training = prepare_training(spec(precise_norm_batches=2), files, 0, Processes(CPU))
    assert training.ending is not None and len(training.ending.batches) == 2
    batches = [training.ending.batches[number] for number in range(2)]
    assert {tuple(batch.clips.shape[1:]) for batch in batches} == {(3, 8, 48, 48)}
    model = training.build()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    training.ending.run(model, iter(batches))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all("running" in name for name in changed)
    stem = model.backbone.slow
    with torch.no_grad():
        few = [batch.clips[:, :, slow_frames(8, model.backbone.temporal_stride)] for batch in batches]
        means = torch.stack([stem.conv1(clips).mean(dim=(0, 2, 3, 4)) for clips in few])
    torch.testing.assert_close(stem.norm1.running_mean, means.mean(0), rtol=1e-3, atol=1e-4)
    assert prepare_training(spec(), files, 0, Processes(CPU)).ending is None


def test_crops_of_multigrid_training_can_be_of_a_multiple():
    clip = {**spec().clip.model_dump(), "crop_multiple": 16}
    grids = {grid.size for stage in schedule_of(spec(clip=clip)).stages for grid in stage.grids}
    assert grids == {32, 48}  # in place of 24, 34 and 48
    with pytest.raises(ValidationError, match="expected a crop of a multiple of crop_multiple, 7, found 48"):
        spec(clip={**clip, "crop_multiple": 7})


def test_several_labels_are_those_of_the_stretch_that_a_clip_shows(files, tmp_path):
    rows = [Segment(f"v{number}", 0, 0.0, 0.2) for number in range(VIDEOS)]
    rows += [Segment(f"v{number}", 1, 0.8, 1.0) for number in range(0, VIDEOS, 2)]
    labels = Labels.of([f"v{number}" for number in range(VIDEOS)], CLASSES, rows)
    write_labels(tmp_path / "labels.csv", labels)
    clip = {**spec().clip.model_dump(), "frames": 2, "stride": 1}
    chosen = spec(labels="several", clip=clip, multigrid=None)
    training = prepare_training(chosen, with_files(files, labels=tmp_path / "labels.csv"), 0, Processes(CPU))
    seen = {tuple(target.tolist()) for step in range(training.schedule.steps)
            for target in training.batches[step].targets}  # fmt: skip
    assert seen == {(1, 0), (0, 0), (0, 1)}  # never both: no clip is that long
    model = training.build()
    assert training.losses(model, training.batches[0])["loss"].item() == pytest.approx(np.log(2), abs=0.1)


def test_processes_share_each_batch(files):
    whole = prepare_training(spec(), files, 3, Processes(CPU)).batches
    parts = [prepare_share(files, rank) for rank in range(2)]
    for step in (0, 5, len(parts[0]._plan) - 1):
        expected, found = whole[step], [part[step] for part in parts]
        assert torch.equal(expected.clips, torch.cat([part.clips for part in found]))
        assert torch.equal(expected.targets, torch.cat([part.targets for part in found]))
        assert sum(part.weight for part in found) == pytest.approx(2)
        assert {part.stage for part in found} == {expected.stage}


def prepare_share(files: InputFiles, rank: int):
    """The batches of one of two processes; there are no others to normalise with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("longvideo.tasks.clips.train.norm_groups", lambda devices, world: dict.fromkeys(devices))
        return prepare_training(spec(), files, 3, Processes(CPU, rank, 2)).batches


def test_a_schedule_is_the_recipe_or_what_multigrid_makes_of_it():
    plain, sped_up = schedule_of(spec(multigrid=None)), schedule_of(spec())
    assert [stage.end for stage in plain.stages] == [1.5, 2.5, 3.0] and plain.iteration_factor == 1
    assert sped_up.epochs == pytest.approx(6) and sped_up.iteration_factor > 1.5
    short = schedule_of(spec(multigrid={"long": False, "short": False, "epoch_factor": 0.5}))
    assert [stage.end for stage in short.stages] == [0.75, 1.25, 1.5]
    cosine = schedule_of(spec(optim={**spec().optim.model_dump(), "policy": "cosine"}, multigrid=None))
    assert cosine.rate(1.5) == pytest.approx(0.01)


def test_it_starts_from_another_experiment_or_from_a_network_of_images(tmp_path):
    torch.manual_seed(5)
    other = build_clip_classifier("slowfast_smoke", 3)
    save_checkpoint(tmp_path / "other.safetensors", other.state_dict(), {"kind": "clips", "classes": [1, 2, 3]})
    model = start_model(spec(init="kinetics_slowfast/baseline"), 2, 0, tmp_path / "other.safetensors")
    assert torch.equal(model.backbone.slow.conv1.weight, other.backbone.slow.conv1.weight)
    assert model.classifier.out_features == 2

    # A 2D kernel for each kernel of the slow pathway, without what joins it from the fast one.
    numbers = ARCHITECTURES["slowfast_mini"]
    kernels = (numbers.slow_stem_kernel, numbers.slow_kernels, numbers.non_local, torch.nn.BatchNorm3d)
    images = Pathway(numbers, 1, (0, 0, 0, 0), *kernels).state_dict()
    images = {name: value[:, :, 0] if value.ndim == 5 else value for name, value in images.items()}
    torch.save(images, tmp_path / "images.pth")
    chosen = spec(architecture="slowfast_mini", init="file:images.pth", inflate=True)
    model, fresh = (start_model(chosen, 2, 0, path) for path in (tmp_path / "images.pth", None))
    slow, new = model.backbone.slow.state_dict(), fresh.backbone.slow.state_dict()
    name = "res3.blocks.0.conv1.weight"
    given = images[name].shape[1]
    assert torch.equal(slow[name][:, :given, 0], images[name]) and given < slow[name].shape[1]
    assert torch.equal(slow[name][:, given:], new[name][:, given:]) and not torch.equal(slow[name], new[name])
    name = "res5.blocks.0.conv1.weight"
    torch.testing.assert_close(slow[name][:, : images[name].shape[1]].sum(2), images[name])
    assert torch.equal(model.backbone.fast.conv1.weight, fresh.backbone.fast.conv1.weight)
