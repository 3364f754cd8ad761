"""Batches read ahead by worker processes."""

from collections.abc import Iterator
from typing import Protocol, Self, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset


class Movable(Protocol):
    """A batch that knows its tensors."""

    def to(self, device: torch.device) -> Self:
        """Move all tensors to `device`."""
        ...


B = TypeVar("B", bound=Movable)


def batches_from(dataset: Dataset[B], start: int, end: int, workers: int, device: torch.device) -> Iterator[B]:
    """Yield the batches of steps `start` to `end` on `device`, read ahead by `workers` processes if there are any."""
    loader: DataLoader[B] = DataLoader(
        dataset,
        batch_size=None,
        sampler=range(start, end),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None,
    )
    for batch in loader:
        yield batch.to(device)
