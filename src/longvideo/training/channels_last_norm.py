"""Batch norm over parts of a batch on a CPU whose channels come last in memory; torch's own would need copies."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

LAST = torch.channels_last_3d


def norm_parts(x: Tensor, norm: nn.BatchNorm3d, splits: int) -> Tensor:
    """Normalise each of S parts of a batch [B, C, T, H, W]; part j has the clips i with i mod S = j.

    Args:
        x: In the memory of a CPU, in torch's memory format `channels_last_3d`; B is at least S.
        norm: Scale, shift and epsilon are its own, and its running statistics follow those of the parts joined.
        splits: S.

    Returns:
        Values in the memory format of x.

    Raises:
        ValueError: A part has a single value of each channel.
    """
    clips, _, frames, height, width = x.shape
    if clips // splits * frames * height * width < 2:
        raise ValueError(f"expected more than one value of a channel in each of {splits} parts, got {tuple(x.shape)}")
    values: Tensor = _NormParts.apply(x, norm.weight, norm.bias, norm, splits)
    return values


class _NormParts(torch.autograd.Function):
    """With torch's operations, a dozen for each pass, starting them takes longer than they do.

    What surrounds the loops is short for the same reason: an update calls this forty times.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, norm: nn.BatchNorm3d, splits: int) -> Tensor:
        from longvideo.training import norm_kernels  # takes half a second, which only some trainings need

        running = norm.running_mean, norm.running_var, norm.num_batches_tracked
        assert norm.momentum is not None
        y = torch.empty_like(x, dtype=weight.dtype)
        scale, shift = _array(weight), _array(bias)
        ctx.means, ctx.factors = np.empty((2, splits, len(scale)), scale.dtype)
        given = _rows(x.to(y.dtype)), scale, shift, norm.eps, norm.momentum  # under autocast x is less
        norm_kernels.forward(*given, _rows(y), ctx.means, ctx.factors, *map(_array, running))
        ctx.save_for_backward(x, weight)
        return y.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        from longvideo.training import norm_kernels

        if gradient.requires_grad:
            raise RuntimeError("expected first derivatives alone, found that second ones are wanted of norm_parts")
        x, weight = ctx.saved_tensors
        to_x = torch.empty_like(x, dtype=weight.dtype)
        to_weight, to_bias = torch.empty_like(weight), torch.empty_like(weight)
        upstream = gradient.to(weight.dtype).contiguous(memory_format=LAST)
        given = _rows(upstream), _rows(x.to(weight.dtype)), _array(weight), ctx.means, ctx.factors
        norm_kernels.backward(*given, _rows(to_x), _array(to_weight), _array(to_bias))
        return to_x.to(x.dtype), to_weight, to_bias, None, None


def _rows(x: Tensor) -> Any:
    """View [B, C, T, H, W] as it lies in memory, [B, T * H, W * C]."""
    clips, channels, frames, height, width = x.shape
    seen = _array(x).transpose(0, 2, 3, 4, 1)
    return seen.reshape((clips, frames * height, width * channels), copy=False)


def _array(x: Tensor | None) -> Any:
    assert x is not None
    return x.detach().numpy()
