"""Calls of the step `train` on a small world, by one process or by several that share its batches."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from longvideo.data.ava import read_labels
from longvideo.files.bank import Bank, write_bank
from longvideo.files.boxes import make_boxes, write_boxes
from longvideo.files.manifest import Video, write_manifest
from longvideo.miniworld.write import write_world

FPS, SECONDS, SIDE, CHANNELS = 8, 8, 64, 16
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SPEC: dict[str, Any] = {
    "name": "ava_cnn",
    "variant": "support_2",
    "dataset": "ava",
    "architecture": "i3d_nl_smoke",
    "classifier_dropout": 0.0,
    "clip": {
        "frames": 8, "stride": 2, "train_short_side": [64, 72], "train_crop": 64, "test_short_side": 64, "test_crop": 64
    },
    "operator": {"kind": "none"},
    "optim": {"steps": 12, "batch": 5, "lr": 0.01, "warmup_steps": 4, "weight_decay": 1e-4},
}  # fmt: skip
BANK: dict[str, Any] = {
    "operator": {"kind": "nl", "dim": 8, "dropout": 0.0},
    "bank": {"experiment": "ava_cnn/support_2", "window_s": 4, "slots_per_s": 2},
}
FROZEN = {**BANK, "freeze_backbone": True, "init": "ava_cnn/support_2"}


def write_inputs(folder: Path, seconds: int = SECONDS) -> dict[str, Path]:
    """Write what the step reads: a generated video, its labels, its people as they were found, and a bank of them."""
    videos = write_world(folder, "ava", "dev", 0, "train", 1, seconds, FPS, (SIDE, SIDE))
    rows = [Video(name, path, seconds * FPS, FPS, SIDE, SIDE, 0.0, "") for name, path in videos.items()]
    write_manifest(folder / "manifest.parquet", "train", rows)
    labels = read_labels(folder / "labels.csv")
    found, first = np.unique(np.column_stack([labels.second, labels.box]), axis=0, return_index=True)
    names = np.array(labels.videos, dtype=object)[labels.video[first]]
    score = np.full(len(found), 0.95, np.float32)
    write_boxes(folder / "boxes.parquet", make_boxes(names, found[:, 0], found[:, 1:], score))
    features = np.random.default_rng(0).random((len(found), CHANNELS)).astype(np.float16)
    bank = Bank(features, names, found[:, 0], found[:, 1:], score, np.zeros(len(found), bool))
    write_bank(folder / "features.npy", folder / "index.parquet", bank)
    return {
        "manifest": folder / "manifest.parquet",
        "labels": folder / "labels.csv",
        "label_map": folder / "label_map.pbtxt",
        "detections": folder / "boxes.parquet",
    }


def bank_flags(inputs: dict[str, Path], *names: str) -> dict[str, Path]:
    """Pass the bank of the world as `--NAME-features` and `--NAME-index`."""
    folder = inputs["manifest"].parent
    files = {"features": folder / "features.npy", "index": folder / "index.parquet"}
    return {f"{name}_{part}": path for name in names for part, path in files.items()}


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def places(world: int) -> list[dict[str, str]]:
    """The environments of the processes on one machine."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    ranks = [dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank)) for rank in range(world)]
    worlds = dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(world))
    return [{**rank, **worlds, **address} for rank in ranks]


def start(folder: Path, spec: dict[str, Any], place: dict[str, str], **flags: object) -> subprocess.Popen[str]:
    """Start one process; what it says goes to its stderr."""
    outputs = {"out": folder / "model.safetensors", "log": folder / "log.jsonl", "resume_dir": folder / "resume"}
    given = {"spec": json.dumps(spec), "seed": 3, "peer_timeout_s": 60, **outputs, **flags}
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    # One thread from the start: what is not computed by torch must not depend on the machine's load either.
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES} | {
        "OMP_NUM_THREADS": "1"
    }
    command = [sys.executable, "-m", "longvideo.steps.train", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment | place)


def finish(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Wait for the processes to end well and return what each said."""
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def losses(folder: Path) -> list[float]:
    """The recorded losses."""
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]
