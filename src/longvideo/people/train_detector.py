"""Train a detector: Faster R-CNN's losses of a batch, and the loop over them."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn, optim

from longvideo.models.person_detector import PERSON
from longvideo.people.keyframes import Batch
from longvideo.training.loop import Records, fit
from longvideo.training.resume import Progress
from longvideo.training.schedule import Schedule


def detection_losses(model: nn.Module, batch: Batch, device: torch.device) -> dict[str, Tensor]:
    """Return the losses of Faster R-CNN: where proposals are and their boxes, what they show and the boxes of that."""
    targets = [
        {"boxes": boxes.to(device), "labels": torch.full((len(boxes),), PERSON, dtype=torch.int64, device=device)}
        for boxes in batch.boxes
    ]
    losses: dict[str, Tensor] = model([frame.to(device) for frame in batch.frames], targets)
    return losses


def train_detector(
    model: nn.Module,
    draw: Callable[[int], Batch],
    optimizer: optim.Optimizer,
    schedule: Schedule,
    seed: int,
    progress: Progress,
    save_every_s: float = 20.0,
) -> Records:
    """Train `model` in place and leave it in evaluation mode; see `training.loop.fit`.

    Args:
        model: A detector, on the device that it is trained on.
        draw: The batch of a step; the same for the same step.
        optimizer: Over the parameters of `model`.
        schedule: Updates and learning rates.
        seed: What the choice of proposals in each step follows from, with the step's number.
        progress: State of interrupted trainings.
        save_every_s: Seconds between two writings of the state.

    Raises:
        UserError: The loss is no longer a number.
    """
    device = next(model.parameters()).device

    def batches_from(start: int) -> Iterator[Batch]:
        yield from map(draw, range(start, schedule.steps))

    def losses_of(batch: Batch) -> dict[str, Tensor]:
        return detection_losses(model, batch, device)

    records = fit(model.train(), batches_from, losses_of, optimizer, schedule, seed, progress, save_every_s)
    model.eval()
    return records
