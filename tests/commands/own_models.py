"""Untrained models in the place of trained ones, and videos to try them on."""

import argparse
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import numpy as np
import torch

from longvideo.commands import predict
from longvideo.data.ava_label_map import Label
from longvideo.files.checkpoint import save_checkpoint
from longvideo.graph import Workspace
from longvideo.models.build import build_action_model, build_clip_classifier, build_stream
from longvideo.models.coviar import STREAM_CHANNELS
from longvideo.models.person_detector import Settings, build_detector
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.load import load_scale
from longvideo.video.encode import write_video

REPOSITORY = Path(__file__).parents[2]
CLIPS = os.environ.get("LONGVIDEO_CLIPS")
LABELS = [Label(3, "wave"), Label(4, "jump"), Label(9, "lie still")]
DATA = "miniworld_ava_smoke-s0"


def enter(tmp_path, monkeypatch):
    """Go to an empty working directory with the repository's configuration; temporary files get their own folder."""
    for name in ("work", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    Path("config").symlink_to(REPOSITORY / "config")
    return Workspace(load_scale("smoke"))


def save_detector(workspace, finds=True):
    """A detector that is as sure of every proposal as can be, or of none."""
    spec = workspace.scale.detector
    torch.manual_seed(0)
    model = build_detector(spec.architecture, Settings((spec.short_side,)))
    predictor = model.roi_heads.box_predictor
    torch.nn.init.zeros_(predictor.cls_score.weight)
    predictor.cls_score.bias.data = torch.tensor([-6.0, 6.0] if finds else [6.0, -6.0])
    header = {"kind": "person detector", "spec": spec.model_dump(mode="json"), "seed": 0}
    save_checkpoint(Path(workspace.files.detector(DATA)), model.state_dict(), header)


def save_model(workspace, experiment, labels=True):
    spec = workspace.experiment(experiment)
    torch.manual_seed(len(experiment))
    model = build_action_model(spec.architecture, spec.operator, len(LABELS), spec.classifier_dropout)
    for parameter in [*model.operator.parameters(), model.classifier.weight]:
        torch.nn.init.normal_(parameter, std=0.1)  # new ones pass on nothing of a bank
    header = {"kind": "action_model", "spec": spec.model_dump(mode="json"), "seed": 0, "classes": [3, 4, 9]}
    header |= {"labels": [label.name for label in LABELS]} if labels else {}
    save_checkpoint(Path(workspace.files.checkpoint(experiment, 0)), model.state_dict(), header)


def save_models(workspace, *experiments, finds=True):
    save_detector(workspace, finds)
    for experiment in experiments or ("ava_cnn/support_2",):
        save_model(workspace, experiment)


def save_classifiers(workspace, *experiments, names=("wave", "jump", "lie still")):
    """Streams or classifiers of clips that are sure of what they see, each of something else."""
    for seed, experiment in enumerate(experiments):
        spec = workspace.experiment(experiment)
        torch.manual_seed(seed)
        if isinstance(spec, ClipsSpec):
            model = build_clip_classifier(spec.architecture, len(names))
        else:
            model = build_stream(spec.architecture, STREAM_CHANNELS[spec.stream.kind], len(names), spec.input_norm)
        torch.nn.init.normal_(model.classifier.weight, std=2)
        kind = "clips" if isinstance(spec, ClipsSpec) else "stream"
        header = {"kind": kind, "spec": spec.model_dump(mode="json"), "seed": 0}
        header |= {"classes": list(range(1, len(names) + 1)), "labels": list(names)}
        save_checkpoint(Path(workspace.files.checkpoint(experiment, 0)), model.state_dict(), header)


def make_video(path, frames=24, fps=8, height=64, width=80):
    noise = np.random.default_rng(0).integers(0, 256, (frames, height // 8, width // 8, 3), np.uint8)
    write_video(path, noise.repeat(8, 1).repeat(8, 2), fps)
    return path


def step(monkeypatch, name, *words, **flags):
    """Run a step of the workflow as its rule does."""
    given = [text for flag, value in flags.items() for text in (f"--{flag.replace('_', '-')}", str(value))]
    monkeypatch.setattr(sys, "argv", [name, *words, *given])
    import_module(f"longvideo.steps.{name}").main()


def call(*words):
    parser = argparse.ArgumentParser()
    predict.add_arguments(parser)
    return predict.run(parser.parse_args([*map(str, words), "--scale", "smoke"]))


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
