"""Training one stream: frames from temporal segments, scored together for the video, or each for itself."""

from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from longvideo.data.recognition_csv import read_labels
from longvideo.models.build import build_stream
from longvideo.models.coviar import STREAM_CHANNELS, Stream
from longvideo.models.pretrained import load_backbone
from longvideo.specs.experiment import init_file
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.recognition.inputs import TrainViews, pictures_of
from longvideo.tasks.targets import FrameTargets, VideoTargets
from longvideo.tasks.training import Training, step_schedule
from longvideo.tasks.videos import labelled_videos
from longvideo.training.processes import Losses, Processes
from longvideo.training.stream_batches import StreamBatch, StreamBatches

INPUT_LAYERS = ("data_bn.", "backbone.conv1.", "backbone.norm1.")
CLASSIFIER = "classifier."


def prepare_training(spec: RecognitionSpec, files: InputFiles, seed: int, processes: Processes) -> Training:
    """Read what is trained on.

    Raises:
        UserError: A file is missing or wrong, or there is nothing to train on.
    """
    labels = read_labels(files["labels"], files["label_map"])
    videos = labelled_videos(files, labels)
    there = {video.id: video for video in videos}
    targets = FrameTargets(labels, there) if spec.labels == "frames" else VideoTargets.of(labels)
    share = (processes.rank, processes.world)
    batches = StreamBatches(
        list(there),
        spec.optim.batch,
        seed,
        pictures_of(spec, videos),
        spec.segments.train,
        TrainViews(spec),
        targets,
        *share,
    )
    return Training(
        kind="stream",
        build=lambda: start_model(spec, len(labels.classes), seed, files.get("init")),
        batches=batches,
        losses=frame_losses if spec.labels == "frames" else video_losses,
        optim=spec.optim,
        schedule=step_schedule(spec.optim),
        examples=len(videos),
        classes=tuple(range(1, len(labels.classes) + 1)),
        names=labels.classes,
        rate_factor=lambda name: rate_factor(spec, name),
        epsilon=spec.optim.epsilon,
    )


def start_model(spec: RecognitionSpec, classes: int, seed: int, init: Path | None) -> Stream:
    """Build the stream; its backbone starts from `init`, if given, everything else from the seed."""
    torch.manual_seed(seed)
    channels = STREAM_CHANNELS[spec.stream.kind]
    model = build_stream(spec.architecture, channels, classes, spec.input_norm, spec.dropout)
    if init is not None:
        stem = {"motion": "fresh", "flow": "averaged"}.get(spec.stream.kind, "same")
        load_backbone(model.backbone, init, from_images=True, stem=stem)  # type: ignore[arg-type]
    return model.train()


def rate_factor(spec: RecognitionSpec, name: str) -> float:
    """Return what a parameter's learning rate is multiplied by; without given weights all learn alike.

    Source: thesis sec. 4.2, "Pre-trained layers use a 100x smaller learning rate".
    """
    if init_file(spec.init) is None or name.startswith(CLASSIFIER):
        return 1.0
    return spec.optim.input_lr_factor if name.startswith(INPUT_LAYERS) else spec.optim.pretrained_lr_factor


def video_losses(model: Stream, batch: StreamBatch) -> Losses:
    """Return the cross-entropy of the mean logits over segments (TSN), mean over videos."""
    return {"loss": batch.weight * cross_entropy(model(batch.pictures).float(), batch.targets)}


def frame_losses(model: Stream, batch: StreamBatch) -> Losses:
    """Return the binary cross-entropy of every frame's own labels, mean over frames and classes."""
    logits = model.frame_logits(batch.pictures).float()
    return {"loss": batch.weight * binary_cross_entropy_with_logits(logits, batch.targets)}
