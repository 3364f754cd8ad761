"""Batch norm over parts of a device's batch, or over several devices: what it computes stays as the batch changes.

Its state is that of `nn.BatchNorm3d`, whatever the number of parts, so that checkpoints go from one to the other.
"""

from collections.abc import Iterable, Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

from longvideo.training.channels_last_norm import norm_parts
from longvideo.training.global_norm import Normed, norm_over_group, record


class SubBatchNorm3d(nn.BatchNorm3d):
    """`nn.BatchNorm3d`, in training with statistics of each part of the batch; scale and shift are shared.

    Part j of S has the clips i with i mod S = j; where S does not divide the batch, some have one clip more. A batch of
    fewer clips has that many parts. With a group of processes there are no parts: statistics are those of their clips
    together.

    Running statistics follow the mean of the parts' means, and the mean of their variances plus the variance of their
    means, which is the variance over the whole batch.

    Args:
        channels: C.
        epsilon: Added to the variance.
        momentum: Of the running statistics.

    Attributes:
        splits: S.
        group: Processes that normalise together, or None.

    Source: thesis sec. 6.1.2, "Batch Normalization".
    """

    # Differs from paper: the authors' release keeps running statistics of each part and joins them for testing, when
    # the variance of their means has nearly averaged out; here it counts, as it does in the data.

    def __init__(self, channels: int, epsilon: float = 1e-5, momentum: float | None = 0.1) -> None:
        super().__init__(channels, epsilon, momentum)
        self.splits = 1
        self.group: dist.ProcessGroup | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape."""
        splits = min(self.splits, len(x))
        if not self.training or (splits == 1 and self.group is None):
            return super().forward(x)
        if self.group is not None:
            normed = norm_over_group(x, self.weight, self.bias, self.eps, self.group)
        elif x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last_3d):
            return norm_parts(x, self, splits)
        elif len(x) % splits:
            normed = self._unequal(x, splits)
        else:
            normed = self._equal(x, splits)
        record(self, normed.mean, normed.variance)
        return normed.values

    def _equal(self, x: Tensor, splits: int) -> Normed:
        """Normalise parts of equal size at once, as so many more channels."""
        shape = (len(x) // splits, splits * x.shape[1], *x.shape[2:])
        weight, bias = self.weight.repeat(splits), self.bias.repeat(splits)
        y, means, variances = _normed(x.reshape(shape), weight, bias, self.eps)
        values = y.view(x.shape)
        if x.is_contiguous(memory_format=torch.channels_last_3d):
            values = values.contiguous(memory_format=torch.channels_last_3d)
        means, variances = means.view(splits, -1), variances.view(splits, -1)
        return _joined(values, means, variances, means.new_full((splits,), 1 / splits))

    def _unequal(self, x: Tensor, splits: int) -> Normed:
        parts = [_normed(x[part::splits], self.weight, self.bias, self.eps) for part in range(splits)]
        values = torch.empty_like(x)
        for part, normed in enumerate(parts):
            values[part::splits] = normed.values
        shares = self.weight.new_tensor([len(normed.values) / len(x) for normed in parts])
        means, variances = torch.stack([n.mean for n in parts]), torch.stack([n.variance for n in parts])
        return _joined(values, means, variances, shares)


def set_norm_splits(model: nn.Module, splits: int, group: dist.ProcessGroup | None = None) -> None:
    """Set over what the sub-batch norms of a model compute their statistics, in place; nothing else of it changes.

    Args:
        model: Its other layers are left alone.
        splits: Parts of a device's batch, see `multigrid.grid.norm_split`.
        group: Processes that normalise together, of `norm_groups`; then there is one part.

    Raises:
        ValueError: There are both parts and a group, or no part.
    """
    if splits < 1 or (splits > 1 and group is not None):
        raise ValueError(f"expected splits of at least 1, and 1 for a group of processes, got {splits}")
    for norm in _sub_batch_norms(model):
        norm.splits, norm.group = splits, group


def norm_groups(devices: Iterable[int], world: int = 1) -> dict[int, dist.ProcessGroup | None]:
    """Join processes in groups of consecutive ones; all of them must call this alike, once for a training.

    Args:
        devices: The sizes of groups that will be needed; where one does not divide `world`, the last group is smaller.
        world: The number of processes.

    Returns:
        For each size the group of this process; None for size 1.
    """
    found: dict[int, dist.ProcessGroup | None] = {1: None}
    for size in sorted(set(devices) - {1}):
        ranks = [list(range(start, min(start + size, world))) for start in range(0, world, size)]
        group, _ = dist.new_subgroups_by_enumeration(ranks)
        assert isinstance(group, dist.ProcessGroup)
        found[size] = group
    return found


def join_statistics(model: nn.Module, world: int = 1) -> None:
    """Make the running statistics of sub-batch norms those of all processes, for testing and for checkpoints.

    Each process has seen clips of its own; all must call this alike. The variance is the mean of theirs plus the
    variance of their means.
    """
    norms = list(_sub_batch_norms(model))
    if world == 1 or not norms:
        return
    means = torch.cat([_running(norm)[0] for norm in norms])
    variances = torch.cat([_running(norm)[1] for norm in norms])
    mean = means.clone()
    dist.all_reduce(mean)
    mean /= world
    variance = variances + (means - mean).square()
    dist.all_reduce(variance)
    variance /= world
    sizes = [norm.num_features for norm in norms]
    for norm, own_mean, own_variance in zip(norms, mean.split(sizes), variance.split(sizes), strict=True):
        running_mean, running_var = _running(norm)
        running_mean.copy_(own_mean)
        running_var.copy_(own_variance)


def _sub_batch_norms(model: nn.Module) -> Iterator[SubBatchNorm3d]:
    return (module for module in model.modules() if isinstance(module, SubBatchNorm3d))


def _running(norm: nn.BatchNorm3d) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None and norm.running_var is not None
    return norm.running_mean, norm.running_var


def _normed(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Normed:
    """Normalise over a batch; what torch would add to running statistics is what it has found."""
    mean, variance = x.new_zeros(2, len(weight), dtype=weight.dtype)
    return Normed(functional.batch_norm(x, mean, variance, weight, bias, True, 1.0, epsilon), mean, variance)


def _joined(values: Tensor, means: Tensor, variances: Tensor, shares: Tensor) -> Normed:
    """Join the statistics of parts, [S, C], by their shares of the batch, [S]; autocast halves a product's digits."""
    mean = (shares[:, None] * means).sum(0)
    return Normed(values, mean, (shares[:, None] * (variances + (means - mean).square())).sum(0))
