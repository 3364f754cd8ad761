"""Normalisation layers of 3D networks, which are passed to them as what makes one for a number of channels."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Norm = Callable[[int], nn.Module]


class FrozenAffine(nn.Module):
    """Scale and shift each channel by fixed values: batch norm with folded statistics, which nothing updates."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape."""
        return x * self.scale.view(-1, 1, 1, 1) + self.bias.view(-1, 1, 1, 1)  # type: ignore[operator]


NORMS: dict[str, Norm] = {"frozen": FrozenAffine, "batch": nn.BatchNorm3d}


def zero_scale(norm: nn.Module) -> bool:
    """Zero the scale that training learns, so that the layer gives zeros at first; return whether there is one."""
    weight = getattr(norm, "weight", None)
    if not isinstance(weight, nn.Parameter):
        return False
    nn.init.zeros_(weight)
    return True
