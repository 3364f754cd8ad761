"""Training a classifier of clips, whose shape may change from update to update."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.utils.data import Subset

from longvideo.data.random_clips import ClipBatch, RandomClips
from longvideo.data.recognition_csv import read_labels
from longvideo.models.build import build_clip_classifier
from longvideo.models.clip_classifier import ClipClassifier
from longvideo.models.pretrained import load_backbone
from longvideo.models.slow_pathway import load_slow_pathway
from longvideo.models.slowfast import SlowFast
from longvideo.specs.clips import ClipsSpec
from longvideo.tasks.clips.inputs import Shapes, last_shape, schedule_of
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.targets import SpanTargets, VideoTargets
from longvideo.tasks.training import Ending, Training
from longvideo.tasks.videos import labelled_videos
from longvideo.training.clip_batches import ClipBatches
from longvideo.training.device import precision
from longvideo.training.multigrid.grid import NormSplit, norm_split
from longvideo.training.multigrid.sampler import GridPlan
from longvideo.training.precise_norm import take_statistics
from longvideo.training.processes import Losses, Processes
from longvideo.training.sub_batch_norm import SubBatchNorm3d, join_statistics, norm_groups, set_norm_splits


def prepare_training(spec: ClipsSpec, files: InputFiles, seed: int, processes: Processes) -> Training:
    """Read what is trained on, and plan all updates.

    Raises:
        UserError: A file is missing or wrong, there is nothing to train on, or the values make no schedule.
    """
    labels = read_labels(files["labels"], files["label_map"])
    videos = labelled_videos(files, labels)
    there = {video.id: video for video in videos}
    several, world = spec.labels == "several", processes.world
    targets = SpanTargets(labels, there) if several else VideoTargets.of(labels)
    schedule = schedule_of(spec)
    share = (len(videos), seed, processes.rank, world)
    plan, last = GridPlan(schedule, *share), GridPlan(last_shape(schedule), *share)
    shapes = Shapes(spec.clip)
    clips = RandomClips(videos, targets, shapes(schedule.baseline.grid), spec.clip.flip, spec.clip.inverse)
    splits = tuple(norm_split(stage.base.batch, world, spec.norm_clips) for stage in schedule.stages)
    # Once, and by all processes alike.
    groups = norm_groups({split.devices for split in splits}, world)
    settling = Subset(ClipBatches(clips, last, shapes, seed, world), range(min(spec.precise_norm_batches, len(last))))

    def settle(model: ClipClassifier, batches: Iterator[ClipBatch]) -> None:
        set_norm_splits(model, splits[-1].splits, groups[splits[-1].devices])
        with precision(processes.device):
            take_statistics(model, lambda batch: model(batch.clips), batches)
        join_statistics(model, world)

    return Training(
        kind="clips",
        build=lambda: start_model(spec, len(labels.classes), seed, files.get("init")),
        batches=ClipBatches(clips, plan, shapes, seed, world),
        losses=ClipLosses(splits, groups, several),
        optim=spec.optim,
        schedule=plan,
        examples=len(videos),
        classes=tuple(range(1, len(labels.classes) + 1)),
        names=labels.classes,
        # After each update, and not only at the end: a state that is gone on from is that of one process.
        updated=(lambda model: join_statistics(model, world)) if world > 1 else None,
        ending=Ending(settling, settle) if len(settling) else None,
    )


def start_model(spec: ClipsSpec, classes: int, seed: int, init: Path | None) -> ClipClassifier:
    """Build the network; its backbone starts from `init`, if given, everything else from the seed."""
    torch.manual_seed(seed)
    model = build_clip_classifier(spec.architecture, classes, spec.dropout, SubBatchNorm3d)
    if init is not None and spec.inflate and isinstance(model.backbone, SlowFast):
        load_slow_pathway(model.backbone, spec.architecture, init)
    elif init is not None:
        load_backbone(model.backbone, init, from_images=spec.inflate)
    return model.train()


@dataclass
class ClipLosses:
    """The loss of a batch, with batch norm's statistics over as many clips as its stage says.

    Cross-entropy where a video has one label; where it has several, binary cross-entropy, mean over clips and classes.

    Attributes:
        splits: Of each stage.
        groups: Processes that normalise together, by their number.
        several: Whether a video has several labels.
    """

    splits: tuple[NormSplit, ...]
    groups: dict[int, dist.ProcessGroup | None]
    several: bool
    _set: tuple[ClipClassifier, int] | None = field(default=None, init=False)

    def __call__(self, model: ClipClassifier, batch: ClipBatch) -> Losses:
        """Return the loss."""
        if self._set != (model, batch.stage):  # not for each batch: it goes through all layers
            split = self.splits[batch.stage]
            set_norm_splits(model, split.splits, self.groups[split.devices])
            self._set = model, batch.stage
        logits = model(batch.clips).float()
        loss = binary_cross_entropy_with_logits if self.several else cross_entropy
        return {"loss": batch.weight * loss(logits, batch.targets)}
