"""Batch norm over a batch that several processes share; torch's own works on GPUs only."""

from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn


class _Sum(torch.autograd.Function):
    """Sum over the processes of a group; the gradient of each of their losses flows to each."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, group: dist.ProcessGroup | None) -> Tensor:
        ctx.group = group
        total = values.clone()
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.clone()
        dist.all_reduce(total, group=ctx.group)
        return total, None


class Normed(NamedTuple):
    """What batch norm made of its input.

    Attributes:
        values: Of the shape of the input.
        mean: [C], over which it was centred.
        variance: [C], unbiased.
    """

    values: Tensor
    mean: Tensor
    variance: Tensor


def norm_over_group(
    x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, group: dist.ProcessGroup | None = None
) -> Normed:
    """Normalise [B, C, T, H, W] with mean and variance of the clips of several processes; B may differ between them.

    Args:
        x: Of this process.
        weight: [C], scale.
        bias: [C], shift.
        epsilon: Added to the variance.
        group: The processes; None for all.
    """
    shape, dims = (1, -1, 1, 1, 1), (0, 2, 3, 4)
    values = x.to(weight.dtype)  # under autocast x is less
    count = values.new_tensor([values.numel() / values.shape[1]])
    total = _sum(torch.cat([values.sum(dims), count]), group)
    count = total[-1].detach()
    mean = total[:-1] / count
    # Squares of differences, not differences of squares: float32 has few digits to spare.
    centred = values - mean.view(shape)
    variance = _sum(centred.square().sum(dims), group) / count
    scale = weight * torch.rsqrt(variance + epsilon)
    normed = (centred * scale.view(shape) + bias.view(shape)).to(x.dtype)
    return Normed(normed, mean.detach(), variance.detach() * count / (count - 1))


class GlobalBatchNorm3d(nn.BatchNorm3d):
    """`nn.BatchNorm3d`, in training with the mean and variance of all processes' clips; its state is the same."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape; B may differ between processes."""
        if not self.training:
            return super().forward(x)
        normed = norm_over_group(x, self.weight, self.bias, self.eps)
        record(self, normed.mean, normed.variance)
        return normed.values


def record(norm: nn.BatchNorm3d, mean: Tensor, variance: Tensor) -> None:
    """Let a norm's running statistics follow the mean and variance, [C], of an update, which carry no gradient."""
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    norm.num_batches_tracked.add_(1)
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance, norm.momentum)


def replace_norms(module: nn.Module, old: type[nn.BatchNorm3d], new: type[nn.BatchNorm3d]) -> None:
    """Replace each norm of one kind inside a module by one of another, with the same parameters and statistics.

    Args:
        module: Changed in place; optimizers keep their hold on its parameters.
        old: The kind, `nn.BatchNorm3d` or one that is made from it; not those that are made from `old`.
        new: The other kind.
    """
    for name, child in module.named_children():
        if type(child) is old:
            norm = new(child.num_features, child.eps, child.momentum)
            for own, value in (*child.named_parameters(), *child.named_buffers()):
                setattr(norm, own, value)
            setattr(module, name, norm.train(child.training))
        else:
            replace_norms(child, old, new)


def _sum(values: Tensor, group: dist.ProcessGroup | None) -> Tensor:
    return _Sum.apply(values, group)
