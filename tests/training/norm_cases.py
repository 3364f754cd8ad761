"""Clips to normalise, and norms that must agree."""

import torch
from torch import nn

from longvideo.training.sub_batch_norm import SubBatchNorm3d

CHANNELS = 3


def clips(batch: int, seed: int = 0) -> torch.Tensor:
    """Clips whose level and contrast differ, so that their statistics do."""
    generator = torch.Generator().manual_seed(seed)
    shift, scale = torch.randn(2, batch, CHANNELS, 1, 1, 1, generator=generator, dtype=torch.float64)
    noise = torch.randn(batch, CHANNELS, 2, 3, 3, generator=generator, dtype=torch.float64)
    return (noise * scale + 2 * shift).requires_grad_()


def norms(splits: int) -> tuple[SubBatchNorm3d, list[nn.BatchNorm3d]]:
    """A sub-batch norm, and a plain one of the same scale and shift for each part."""
    torch.manual_seed(1)
    ours = SubBatchNorm3d(CHANNELS).double()
    nn.init.normal_(ours.weight)
    nn.init.normal_(ours.bias)
    ours.splits = splits
    plain = [nn.BatchNorm3d(CHANNELS).double() for _ in range(splits)]
    for norm in plain:
        norm.load_state_dict(ours.state_dict())
    return ours, plain
