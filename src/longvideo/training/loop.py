"""The training loop: the same weights to the bit, whether it was interrupted or not (on a CPU)."""

import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import torch
from torch import nn, optim
from tqdm import tqdm

from longvideo.errors import UserError
from longvideo.training.device import derived_seed, precision, seed_draws
from longvideo.training.optimizer import RATE_FACTOR
from longvideo.training.processes import Losses, Processes
from longvideo.training.resume import Progress, asked_to_end
from longvideo.training.stopwatch import Stopwatch

Batch = TypeVar("Batch")
Records = list[dict[str, Any]]

RECORDS = 100
"""Times that the loss is recorded during a training."""


class Rates(Protocol):
    """A number of updates, and the learning rate of each, counted from 0."""

    @property
    def steps(self) -> int:
        """Updates of the whole training."""
        ...

    def rate(self, step: int) -> float:
        """Return the learning rate of an update."""
        ...


def fit(
    model: nn.Module,
    batches_from: Callable[[int], Iterator[Batch]],
    losses_of: Callable[[Batch], Losses],
    optimizer: optim.Optimizer,
    schedule: Rates,
    seed: int,
    progress: Progress,
    save_every_s: float = 20.0,
    processes: Processes | None = None,
    watch: Stopwatch | None = None,
) -> Records:
    """Train `model` in place, going on from the state in `progress` if there is one.

    Where several processes train together, each passes its part of the batches, and `losses_of` as
    `Processes.spread` makes it; the first alone writes states and shows how far the training is.

    Args:
        model: On the device that it is trained on, in training mode.
        batches_from: Yields the batches of all steps from a given one on; the same step always gets the same batch.
        losses_of: Losses of a batch by name; their sum is minimised.
        optimizer: Over the parameters of `model`.
        schedule: Updates and learning rates.
        seed: What dropout and other choices inside the model follow from, with the step's number.
        progress: State of interrupted trainings.
        save_every_s: Seconds between two writings of the state.
        processes: Those that train together; None for this one alone.
        watch: Gets the seconds that the updates took, those before an interruption included.

    Returns:
        Records of step, learning rate and losses, evenly spread over the training.

    Raises:
        UserError: The loss is no longer a number.
        SystemExit: The process was asked to end by SIGTERM; the state is written.
    """
    device = next(model.parameters()).device
    processes = processes or Processes(device)
    # Dropout differs between the parts of a batch, and is the same for one process as ever.
    part = (processes.rank,) if processes.world > 1 else ()
    watch = watch or Stopwatch()
    start, records, seconds = progress.restore(model, optimizer, processes.from_first)
    watch.go_on(seconds)
    every = max(1, schedule.steps // RECORDS)
    began = saved = time.monotonic()
    batches = batches_from(start)
    hidden = not (processes.first and sys.stderr.isatty())
    bar = tqdm(range(start, schedule.steps), "train", schedule.steps, initial=start, disable=hidden)
    with asked_to_end(processes.first) as asked:
        for step in bar:
            with watch.timing("data"):
                batch = next(batches)
            with watch.timing("update"):
                rate = schedule.rate(step)
                for group in optimizer.param_groups:
                    group["lr"] = rate * group.get(RATE_FACTOR, 1.0)
                seed_draws(derived_seed(seed, step, *part), device)
                with precision(device):
                    losses = losses_of(batch)
                loss = torch.stack([value.float() for value in losses.values()]).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if (step + 1) % every == 0 or step + 1 == schedule.steps:
                    values = {name: value.item() for name, value in processes.mean(losses).items()}
                    if not math.isfinite(sum(values.values())):
                        problem = f"step {step}: expected a finite loss, found {sum(values.values())}"
                        raise UserError(f"{problem}; lower optim.lr in the experiment")
                    values = {name: round(value, 6) for name, value in values.items()}
                    records.append({"step": step + 1, "lr": rate, **values})
                    bar.set_postfix(values)
            if (
                processes.first
                and step + 1 < schedule.steps
                and (asked.is_set() or time.monotonic() - saved > save_every_s)
            ):
                progress.save(step + 1, model, optimizer, records, watch.seconds)
                saved = time.monotonic()
                if asked.is_set():
                    print(f"asked to end after step {step + 1}; the same command goes on from there", file=sys.stderr)
                    sys.exit(128 + signal.SIGTERM)
    took = time.monotonic() - began
    if processes.first and took > 0 and schedule.steps > start:
        share = (watch.seconds["data_wall_s"] - seconds.get("data_wall_s", 0.0)) / took
        print(f"{schedule.steps - start} steps in {took:.1f} s, {share:.0%} of it waiting for data", file=sys.stderr)
    return records
