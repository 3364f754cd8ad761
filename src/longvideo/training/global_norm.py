"""Batch norm over a batch that several processes share; torch's own works on GPUs only."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class _Sum(torch.autograd.Function):
    """Sum over processes; the gradient of each of their losses flows to each."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


class GlobalBatchNorm3d(nn.BatchNorm3d):
    """`nn.BatchNorm3d`, in training with the mean and variance of all processes' clips; its state is the same."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape; B may differ between processes."""
        if not self.training:
            return super().forward(x)
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        shape, dims = (1, -1, 1, 1, 1), (0, 2, 3, 4)
        values = x.to(self.running_mean.dtype)  # under autocast x is less
        count = values.new_tensor([values.numel() / values.shape[1]])
        total = _sum(torch.cat([values.sum(dims), count]))
        count = total[-1].detach()
        mean = total[:-1] / count
        # Squares of differences, not differences of squares: float32 has few digits to spare.
        centred = values - mean.view(shape)
        variance = _sum(centred.square().sum(dims)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale.view(shape) + self.bias.view(shape)).to(x.dtype)


def use_global_norms(module: nn.Module) -> None:
    """Replace each `nn.BatchNorm3d` inside a module by a global one of the same parameters and statistics."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm3d):
            norm = GlobalBatchNorm3d(child.num_features, child.eps, child.momentum)
            for own, value in (*child.named_parameters(), *child.named_buffers()):
                setattr(norm, own, value)
            setattr(module, name, norm.train(child.training))
        else:
            use_global_norms(child)


def _sum(values: Tensor) -> Tensor:
    return _Sum.apply(values)
