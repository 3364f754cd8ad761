"""Batch norm's statistics for testing, taken anew by the weights that training ends with.

Running statistics lag behind the weights, and in multigrid training they follow clips of all sizes.

Source: Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm", sec. 3; the authors' release of multigrid training takes
200 batches of the shape that training ends with, without a short cycle.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

Batch = TypeVar("Batch")


@torch.no_grad()
def take_statistics(model: nn.Module, forward: Callable[[Batch], object], batches: Iterable[Batch]) -> None:
    """Replace the running statistics of all 3D batch norms, in place, by those of some batches.

    The mean is that of the batches' means; the variance the mean of their variances plus the variance of their means.

    Args:
        model: In training mode; nothing else of it changes.
        forward: Runs the model on a batch.
        batches: At least one.

    Raises:
        ValueError: There is no batch.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm3d)]
    own = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        # Running statistics are then those of the last batch, and what counts batches is not that of training.
        norm.momentum, norm.num_batches_tracked = 1.0, torch.tensor(0, device=norm.weight.device)
    seen: list[list[Tensor]] = []
    try:
        for batch in batches:
            forward(batch)
            seen.append([_statistics(norm) for norm in norms])
    finally:
        for norm, (momentum, tracked) in zip(norms, own, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, tracked
    if not seen:
        raise ValueError("expected at least one batch to take batch norm's statistics from, got none")
    for norm, statistics in zip(norms, zip(*seen), strict=True):
        means, variances = torch.stack(statistics).double().unbind(1)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.copy_(means.mean(0))
        norm.running_var.copy_(variances.mean(0) + means.var(0, correction=0))


def _statistics(norm: nn.BatchNorm3d) -> Tensor:
    """Return a copy of mean and variance, [2, C]."""
    assert norm.running_mean is not None and norm.running_var is not None
    return torch.stack([norm.running_mean, norm.running_var])
