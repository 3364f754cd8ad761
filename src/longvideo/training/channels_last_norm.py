"""Batch norm over parts of a batch whose channels come last in memory, where torch's own would need copies."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from longvideo.training.global_norm import Normed


def norm_parts(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, splits: int) -> Normed:
    """Normalise each of S parts of a batch [B, C, T, H, W]; part j has the clips i with i mod S = j.

    Args:
        x: In torch's memory format `channels_last_3d`; S must divide B.
        weight: [C], scale.
        bias: [C], shift.
        epsilon: Added to the variance.
        splits: S.

    Returns:
        Values in the memory format of x; mean and variance are those of the parts, [S, C].
    """
    return Normed(*_NormParts.apply(x, weight, bias, epsilon, splits))


class _NormParts(torch.autograd.Function):
    """Passes over long rows of memory, all in the memory of the result: new memory costs more than a pass."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, splits: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        count = x.numel() // (splits * len(weight))
        y = torch.empty_like(x, dtype=weight.dtype)
        rows, values = _rows(x.to(y.dtype), splits), _rows(y, splits)  # under autocast x is less
        mean = _mean(rows, len(weight))
        # Squares of differences, not differences of squares: float32 has few digits to spare.
        torch.sub(rows, _tiled(mean, rows), out=values)
        variance = _mean(values.square_(), len(weight))
        factor = torch.rsqrt(variance + epsilon)
        scale = weight * factor
        torch.addcmul(_tiled(bias - mean * scale, rows), rows, _tiled(scale, rows), out=values)
        ctx.save_for_backward(x, weight, mean, factor)
        variance *= count / (count - 1)
        ctx.mark_non_differentiable(mean, variance)
        return y.to(x.dtype), mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, weight, mean, factor = ctx.saved_tensors
        splits, channels = mean.shape
        count = x.numel() // mean.numel()
        to_x = torch.empty_like(x, dtype=weight.dtype)
        upstream = gradient.to(weight.dtype).contiguous(memory_format=torch.channels_last_3d)
        rows, values, upstream = _rows(x.to(weight.dtype), splits), _rows(to_x, splits), _rows(upstream, splits)
        torch.sub(rows, _tiled(mean, rows), out=values)
        to_weight = _mean(values.mul_(upstream), channels) * factor
        to_bias = _mean(upstream, channels)
        # scale * (upstream - its mean - normed * the mean of upstream * normed)
        scale = weight * factor
        slope = scale * factor * to_weight
        torch.addcmul(_tiled(mean * slope - scale * to_bias, rows), rows, _tiled(-slope, rows), out=values)
        values.addcmul_(upstream, _tiled(scale, rows))
        return to_x.to(x.dtype), to_weight.sum(0) * count, to_bias.sum(0) * count, None, None


def _rows(x: Tensor, splits: int) -> Tensor:
    """View [B, C, T, H, W] as it lies in memory, [B/S, S, T*H, W*C]."""
    batch, channels, frames, height, width = x.shape
    return x.permute(0, 2, 3, 4, 1).view(batch // splits, splits, frames * height, width * channels)


def _tiled(values: Tensor, rows: Tensor) -> Tensor:
    """Repeat [S, C] along the rows, [S, 1, W*C]: torch is slow on rows as short as C may be."""
    splits, channels = values.shape
    width = rows.shape[-1] // channels
    return values[:, None].expand(splits, width, channels).reshape(splits, 1, width * channels)


def _mean(rows: Tensor, channels: int) -> Tensor:
    """Average over each part, [S, C]; over several dimensions at once torch is several times slower."""
    return rows.mean(2).mean(0).view(rows.shape[1], -1, channels).mean(1)
