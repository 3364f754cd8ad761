"""The residual blocks and stages that I3D, Slow-only and SlowFast are made of.

Source: thesis tables 6.3 and 7.1; He et al. 2016a, with the stride on the 3x3.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from longvideo.models.conv import Conv3d
from longvideo.models.nonlocal_block import NonLocalBlock
from longvideo.models.norms import Norm, zero_scale

Shape = tuple[int, int, int]  # time, height, width
Stages = tuple[int, int, int, int]  # one value for each of res2, res3, res4, res5


class Bottleneck(nn.Module):
    """The residual block of table 7.1: tx1x1, 1x3x3 (which carries the stride), 1x1x1; ReLU after the sum."""

    def __init__(
        self, channels: tuple[int, int, int], temporal_kernel: int, stride: int, dilation: int, norm: Norm
    ) -> None:
        super().__init__()
        inputs, inner, outputs = channels
        conv = partial(Conv3d, bias=False)
        self.conv1 = conv(inputs, inner, (temporal_kernel, 1, 1), padding=(temporal_kernel // 2, 0, 0))
        self.norm1 = norm(inner)
        strides, dilations = (1, stride, stride), (1, dilation, dilation)
        self.conv2 = conv(inner, inner, (1, 3, 3), strides, padding=(0, dilation, dilation), dilation=dilations)
        self.norm2 = norm(inner)
        self.conv3 = conv(inner, outputs, 1)
        self.norm3 = norm(outputs)
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride=(1, stride, stride)), norm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T, H / stride, W / stride]."""
        y = torch.relu_(self.norm1(self.conv1(x)))
        y = torch.relu_(self.norm2(self.conv2(y)))
        return torch.relu_(self.norm3(self.conv3(y)) + self.shortcut(x))


class Stage(nn.Module):
    """Bottlenecks of one resolution, some followed by a non-local block.

    Args:
        channels: What enters the stage, what is inside its blocks, and what leaves them.
        temporal_kernels: Each block's temporal kernel size; as many entries as blocks.
        stride: Spatial stride of the first block.
        dilation: Spatial dilation of the 3x3 convolutions.
        norm: Makes the normalisations.
        non_local: The blocks that a non-local block follows.
        attention: Makes a non-local block for a number of channels.
    """

    def __init__(
        self,
        channels: tuple[int, int, int],
        temporal_kernels: tuple[int, ...],
        stride: int,
        dilation: int,
        norm: Norm,
        non_local: tuple[int, ...],
        attention: Callable[[int], NonLocalBlock],
    ) -> None:
        super().__init__()
        inputs, inner, outputs = channels
        self.blocks = nn.ModuleList()
        self.non_local = nn.ModuleDict()
        for block, temporal_kernel in enumerate(temporal_kernels):
            around = (inputs if block == 0 else outputs, inner, outputs)
            self.blocks.append(Bottleneck(around, temporal_kernel, stride if block == 0 else 1, dilation, norm))
            if block in non_local:
                self.non_local[str(block)] = attention(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T, H / stride, W / stride]."""
        for index, block in enumerate(self.blocks):
            x = block(x)
            if str(index) in self.non_local:
                x = self.non_local[str(index)](x)
        return x


def initialise(network: nn.Module, zero_last_scale: bool) -> None:
    """Draw the weights of convolutions without a bias, that is, of all but those of non-local blocks.

    Args:
        network: Any network of this module's blocks.
        zero_last_scale: Zero the scale of each block's last normalisation: at first every block is its shortcut.

    Source: He et al. 2015 (normal, by what leaves a convolution); Goyal et al. 2017 (zeroed scales).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d) and module.bias is None:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, Bottleneck) and zero_last_scale:
            zero_scale(module.norm3)
