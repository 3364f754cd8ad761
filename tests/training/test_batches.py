"""Batches of an action model follow from seed and step alone, and what they hold can be learned."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from longvideo.data.actions import Annotation, Keyframe, keyframes
from longvideo.data.ava import read_labels
from longvideo.data.clips import Clips
from longvideo.data.windows import Windows
from longvideo.errors import UserError
from longvideo.files.bank import Bank
from longvideo.files.manifest import Video
from longvideo.miniworld.stories.ava import LABELS
from longvideo.miniworld.write import write_world
from longvideo.models.build import OperatorChoice, build_action_model
from longvideo.training.batches import ActionBatch, ActionBatches
from longvideo.training.loading import batches_from
from longvideo.training.optimizer import build_optimizer

FPS, SECONDS, SIDE = 8, 10, 64
CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks as small as these only wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[list[Video], list[Keyframe]]:
    """Two generated videos and their annotated seconds."""
    folder = tmp_path_factory.mktemp("world")
    files = write_world(folder, "ava", "dev", 0, "train", 2, SECONDS, FPS, (SIDE, SIDE))
    videos = [Video(name, path, SECONDS * FPS, FPS, SIDE, SIDE, 0.0, "") for name, path in files.items()]
    annotation = Annotation(read_labels(folder / "labels.csv"), tuple(range(1, len(LABELS) + 1)))
    drawn = [(video, second, box) for video, second in annotation.keyframes for box in annotation.boxes(video, second)]
    video, second, box = (np.array(column) for column in zip(*drawn))
    return videos, keyframes(annotation, video, second, box, 0.9)


def with_bank(videos: list[Video], found: list[Keyframe], seed: int, rank: int = 0, world: int = 1) -> ActionBatches:
    """Batches of clips and windows of a random bank."""
    rows = [(frame.video, frame.second, box) for frame in found for box in frame.boxes]
    video, second, box = (np.array(column) for column in zip(*rows))
    features = np.random.default_rng(0).random((len(rows), 4)).astype(np.float16)
    bank = Bank(features, video, second, box, np.ones(len(rows), np.float32), np.zeros(len(rows), bool))
    clips = Clips(videos, frames=8, stride=2)
    windows = Windows(bank, 4, 2, 0.9)
    return ActionBatches(found, 3, seed, clips, (SIDE, SIDE + 8), SIDE, windows=windows, rank=rank, world=world)


def content(batch: ActionBatch) -> list[torch.Tensor | None]:
    return [batch.targets, batch.clip_of_box, batch.clips, batch.boxes, batch.features, batch.bank, batch.valid]


def same(one: ActionBatch, other: ActionBatch) -> bool:
    pairs = zip(content(one), content(other), strict=True)
    return all(torch.equal(a, b) if a is not None and b is not None else a is b for a, b in pairs)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_step_has_the_same_batch_wherever_a_training_began(world, workers):
    whole = list(batches_from(with_bank(*world, seed=5), 0, 4, 0, CPU))
    part = list(batches_from(with_bank(*world, seed=5), 2, 4, workers, CPU))
    assert len(whole) == 4 and len(part) == 2
    assert all(same(one, other) for one, other in zip(whole[2:], part, strict=True))
    assert not same(whole[0], whole[1])
    assert not same(whole[2], with_bank(*world, seed=6)[2])


def test_a_batch_joins_the_boxes_of_its_clips(world):
    found = world[1]
    batch = with_bank(*world, seed=0)[0]
    drawn = np.random.default_rng([0, 0, 2]).integers(len(found), size=3)
    owners = [place for place, index in enumerate(drawn) for _ in found[index].boxes]
    assert batch.clip_of_box.tolist() == owners
    assert batch.clips is not None and batch.clips.shape == (3, 3, 8, SIDE, SIDE)
    assert batch.boxes is not None and batch.boxes.shape == (len(owners), 4)
    assert batch.bank is not None and batch.bank.shape == (3, 4 * 2, 4)
    assert torch.equal(batch.targets, torch.from_numpy(np.concatenate([found[index].targets for index in drawn])))


@pytest.mark.parametrize("world_size", [2, 3])
def test_processes_share_a_batch_without_overlap(world, world_size):
    whole = with_bank(*world, seed=0)[1]
    parts = [with_bank(*world, 0, rank, world_size)[1] for rank in range(world_size)]
    assert all(part.clips is not None and len(part.clips) >= 1 for part in parts)
    for name in ("targets", "clips", "boxes", "bank", "valid"):
        assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(whole, name))
    assert all(part.clip_of_box[0] == 0 for part in parts)
    means = torch.stack([part.weight * part.targets.mean() for part in parts])
    torch.testing.assert_close(means.mean(), whole.weight * whole.targets.mean())
    assert whole.weight == 1


def test_more_processes_than_clips_of_a_batch_are_refused(world):
    with pytest.raises(UserError, match=r"expected optim.batch to be at least the number of processes, 4, found 3"):
        with_bank(*world, 0, 0, 4)


def test_the_same_clip_is_seen_differently_each_time(world):
    videos, found = world
    batches = with_bank(videos, found[:1], seed=0)
    views = [batches[step].clips[place].numpy().tobytes() for step in (0, 1) for place in range(3)]
    assert len(set(views)) >= 5  # few sizes and places are drawn from: two may be the same


def test_features_take_the_place_of_clips(world):
    found = world[1]
    numbers = np.arange(sum(len(frame.boxes) for frame in found), dtype=np.float16)
    bank = Bank(numbers[:, None], *(np.zeros(0) for _ in range(5)))
    batch = ActionBatches(found, 3, 0, features=bank)[1]
    drawn = np.random.default_rng([0, 1, 2]).integers(len(found), size=3)
    rows = np.concatenate([found[index].rows for index in drawn])
    assert batch.clips is None and batch.bank is None
    assert batch.features is not None and batch.features[:, 0].tolist() == rows.tolist()


def test_six_clips_are_learned_by_heart(world):
    videos, found = world
    torch.manual_seed(0)
    dataset = ActionBatches(found[4:10], 6, 0, Clips(videos, frames=8, stride=2), (SIDE, SIDE), SIDE)
    model = build_action_model("i3d_nl_mini", OperatorChoice("none"), len(LABELS), classifier_dropout=0.0)
    optimizer = build_optimizer(model, "adamw", 0.005, 0.0, 0.9)
    losses = []
    for batch in batches_from(dataset, 0, 60, 0, CPU):
        assert batch.clips is not None and batch.boxes is not None
        logits = model(batch.clips, batch.boxes, batch.clip_of_box)
        loss = binary_cross_entropy_with_logits(logits, batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.5
    assert np.median(losses[-10:]) < 0.03  # not the mean: a clip may not have been drawn for some steps
