"""Training a detector: it learns, it repeats itself to the bit, and an interruption leaves no trace."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from longvideo.data.ava import AvaDetections, AvaLabels
from longvideo.errors import UserError
from longvideo.metrics.box_ap import box_score
from longvideo.miniworld.render import actor_box, render
from longvideo.miniworld.stories.ava import tell
from longvideo.models.person_detector import Settings, build_detector
from longvideo.people.keyframes import Batch, to_floats
from longvideo.people.train_detector import train_detector
from longvideo.training.optimizer import build_optimizer
from longvideo.training.resume import STATE_FILE, Progress
from longvideo.training.schedule import Schedule

SIDE = 64


@pytest.fixture(scope="module")
def people() -> Batch:
    """Eight frames of a world, one every second, and their people."""
    script = tell(np.random.default_rng(0), 9, 2)
    images = [image for number, image in enumerate(render(script, SIDE, SIDE)) if number % 2 == 0][1:]
    boxes = [
        [actor_box(actor, frame, 1.0) for actor in script.actors if actor.visible[frame]] for frame in range(2, 18, 2)
    ]
    return Batch(list(to_floats(np.stack(images))), [SIDE * torch.tensor(frame) for frame in boxes])


def trained(
    people: Batch, folder: Path, seed: int = 0, identity: str = "", stop_at: int | None = None, lr: float = 0.02
) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = build_detector("faster_rcnn_smoke", Settings((SIDE,)))

    def draw(step: int) -> Batch:
        if step == stop_at:
            raise KeyboardInterrupt
        return Batch(people.frames[step % 4 : step % 4 + 4], people.boxes[step % 4 : step % 4 + 4])

    optimizer = build_optimizer(model, "sgd", lr, 1e-4, 0.9)
    schedule = Schedule(6, lr, (4,), 0.1, 2, 0.001)
    train_detector(model, draw, optimizer, schedule, seed, Progress(folder, identity), save_every_s=0.0)
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_training_repeats_itself_to_the_bit_and_follows_from_the_seed(people, tmp_path):
    first = trained(people, tmp_path / "a")
    assert same(first, trained(people, tmp_path / "b"))
    assert not same(first, trained(people, tmp_path / "c", seed=1))


@pytest.mark.parametrize("stop_at", [0, 3, 5])
def test_an_interrupted_training_ends_in_the_same_bits(people, tmp_path, stop_at):
    expected = trained(people, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(people, tmp_path / "parts", stop_at=stop_at)
    assert (tmp_path / "parts" / STATE_FILE).is_file() == (stop_at > 0)
    assert same(expected, trained(people, tmp_path / "parts"))


def test_a_diverged_training_is_a_user_error(people, tmp_path):
    with pytest.raises(UserError, match="expected a finite loss"):
        trained(people, tmp_path, lr=1e20)


def test_a_handful_of_frames_is_learned_by_heart(people, tmp_path):
    torch.manual_seed(0)
    model = build_detector("faster_rcnn_mini", Settings((SIDE,)))
    draw: Callable[[int], Batch] = lambda step: people  # noqa: E731
    optimizer = build_optimizer(model, "sgd", 0.03, 0.0, 0.9)
    train_detector(model, draw, optimizer, Schedule(60, 0.03, (50,), 0.1, 5), 0, Progress(tmp_path, ""))
    with torch.inference_mode():
        found = model(people.frames)
    rows = np.repeat(np.arange(8), [len(one["boxes"]) for one in found])
    box, score = (torch.cat([one[name] for one in found]).numpy() for name in ("boxes", "scores"))
    truth_rows = np.repeat(np.arange(8), [len(boxes) for boxes in people.boxes])
    true = torch.cat(people.boxes).numpy()
    videos = ("v",)

    def labels(count: int) -> np.ndarray:
        return np.zeros(count, np.int32)

    truth = AvaLabels(videos, labels(len(true)), truth_rows.astype(float), true, labels(len(true)), -np.ones(len(true)))
    detections = AvaDetections(videos, labels(len(box)), rows.astype(float), box, labels(len(box)), score)
    assert box_score(truth, detections).ap == 1.0
