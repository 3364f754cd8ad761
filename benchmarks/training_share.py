"""How much of a training step is spent waiting for data: python benchmarks/training_share.py

Generates a few videos of the mini world, decodes them as the mini scale does, and trains the mini 3D CNN for some
steps on one thread. Prints the time to load a batch and to compute on it, and the share of loading, side by side.
"""

import tempfile
import time
from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from longvideo.data.actions import Annotation, keyframes
from longvideo.data.ava import read_label_map, read_labels
from longvideo.data.clips import Clips
from longvideo.files.manifest import Video
from longvideo.miniworld.write import write_world
from longvideo.models.build import OperatorChoice, build_action_model
from longvideo.specs.load import load_experiment, load_scale
from longvideo.training.batches import ActionBatches
from longvideo.training.optimizer import build_optimizer
from longvideo.video.resample import transcode

VIDEOS, STEPS = 24, 40


def main() -> None:
    """Print the two times and the share."""
    torch.set_num_threads(1)
    scale = load_scale("mini")
    spec = load_experiment("ava_cnn/support_2", scale)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_world(folder, "ava", "dev", 0, "train", VIDEOS, 60, 8, (64, 64))
        videos = []
        for video, path in files.items():
            target = folder / f"{video}.decoded.mp4"
            decode = scale.decode
            facts = transcode(path, target, decode.fps, decode.short_side, decode.gop, decode.crf)
            videos.append(
                Video(video, target, facts.frames, facts.fps, facts.width, facts.height, 0.0, "", facts.shots)
            )
        classes = tuple(label.id for label in read_label_map(folder / "label_map.pbtxt"))
        annotation = Annotation(read_labels(folder / "labels.csv"), classes)
        drawn = annotation.listed()
        examples = keyframes(annotation, drawn.video, drawn.time_s, drawn.boxes, 0.9)
        clips = Clips(videos, spec.clip.frames, spec.clip.stride)
        batches = ActionBatches(examples, spec.optim.batch, 0, clips, spec.clip.train_short_side, spec.clip.train_crop)
        model = build_action_model(spec.architecture, OperatorChoice("none"), len(classes)).train()
        optimizer = build_optimizer(model, "sgd", 0.05, 1e-4, 0.9)
        loading = computing = 0.0
        for step in range(STEPS):
            began = time.perf_counter()
            batch = batches[step]
            loaded = time.perf_counter()
            assert batch.clips is not None and batch.boxes is not None
            logits = model(batch.clips, batch.boxes, batch.clip_of_box)
            loss = binary_cross_entropy_with_logits(logits, batch.targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step >= STEPS // 4:  # the first steps open files and fill caches
                loading += loaded - began
                computing += time.perf_counter() - loaded
        counted = STEPS - STEPS // 4
        print(f"loading   {1000 * loading / counted:7.1f} ms per batch of {spec.optim.batch} clips")
        print(f"computing {1000 * computing / counted:7.1f} ms")
        print(f"share of loading: {loading / (loading + computing):.0%}")


if __name__ == "__main__":
    main()
