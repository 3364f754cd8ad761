"""Batch norm over parts of a batch on a CPU whose channels come last in memory; torch's own would need copies."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from longvideo.training.global_norm import Normed

LAST = torch.channels_last_3d


def norm_parts(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, splits: int) -> Normed:
    """Normalise each of S parts of a batch [B, C, T, H, W]; part j has the clips i with i mod S = j.

    Args:
        x: In the memory of a CPU, in torch's memory format `channels_last_3d`; B is at least S.
        weight: [C], scale.
        bias: [C], shift.
        epsilon: Added to the variance.
        splits: S.

    Returns:
        Values in the memory format of x, mean and variance of the parts joined.

    Raises:
        ValueError: A part has a single value of each channel.
    """
    if len(x) // splits * x[0, 0].numel() < 2:
        raise ValueError(f"expected more than one value of a channel in each of {splits} parts, got {tuple(x.shape)}")
    values, joined = _NormParts.apply(x, weight, bias, epsilon, splits)
    return Normed(values, joined[0], joined[1])


class _NormParts(torch.autograd.Function):
    """With torch's operations, a dozen for each pass, starting them takes longer than they do."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, splits: int
    ) -> tuple[Tensor, Tensor]:
        from longvideo.training import norm_kernels  # takes half a second, which only some trainings need

        y = torch.empty_like(x, dtype=weight.dtype)
        parts, joined = weight.new_empty(2, splits, len(weight)), weight.new_empty(2, len(weight))
        means, factors = parts.numpy()
        given = _rows(x.to(y.dtype)), _array(weight), _array(bias), epsilon  # under autocast x is less
        norm_kernels.forward(*given, _rows(y), means, factors, joined.numpy())
        ctx.save_for_backward(x, weight, parts)
        ctx.mark_non_differentiable(joined)
        return y.to(x.dtype), joined

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        from longvideo.training import norm_kernels

        x, weight, parts = ctx.saved_tensors
        means, factors = parts.numpy()
        to_x = torch.empty_like(x, dtype=weight.dtype)
        to_weight, to_bias = torch.empty_like(weight), torch.empty_like(weight)
        upstream = gradient.to(weight.dtype).contiguous(memory_format=LAST)
        given = _rows(upstream), _rows(x.to(weight.dtype)), _array(weight), means, factors
        norm_kernels.backward(*given, _rows(to_x), _array(to_weight), _array(to_bias))
        return to_x.to(x.dtype), to_weight, to_bias, None, None


def _rows(x: Tensor) -> Any:
    """View [B, C, T, H, W] as it lies in memory, [B, T * H, W * C]."""
    return _array(x.permute(0, 2, 3, 4, 1)).reshape(len(x), x.shape[2] * x.shape[3], -1)


def _array(x: Tensor) -> Any:
    return x.detach().numpy()
