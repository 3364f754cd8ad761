"""R(2+1)D: residual networks whose 3x3x3 convolutions are split into one over time and one over space.

Read top to bottom: the architectures, the block, the network. Input are clips [B, 3, T, H, W] of normalised RGB
(x / 255 - 0.45) / 0.225; output are features [B, C, T / 4, H / 32, W / 32].

Source: Tran et al. 2018; "Beyond Short Clips", sec. 4, whose printed cost these bottlenecks have.
"""

from dataclasses import dataclass
from functools import partial
from math import prod

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.bottleneck import Shape, Stages
from longvideo.models.conv import Conv3d
from longvideo.models.norms import Norm, zero_scale


@dataclass(frozen=True)
class R2Plus1DArchitecture:
    """All that distinguishes one R(2+1)D network from another.

    Attributes:
        depths: Blocks of each stage.
        widths: Channels inside the bottlenecks of each stage; they leave the stage multiplied by `expansion`.
        strides: Spatial stride of each stage's first block.
        temporal_strides: Temporal stride of each stage's first block.
        temporal_kernel: Frames that the convolutions over time see.
        zero_last_scale: New blocks begin as their shortcut.
    """

    depths: Stages
    widths: Stages = (64, 128, 256, 512)
    strides: Stages = (2, 2, 2, 2)
    temporal_strides: Stages = (1, 1, 2, 2)
    stem_width: int = 64
    stem_kernel: Shape = (1, 7, 7)
    stem_stride: Shape = (1, 2, 2)
    temporal_kernel: int = 3
    expansion: int = 4
    zero_last_scale: bool = True


ARCHITECTURES = {
    "r2plus1d_50": R2Plus1DArchitecture((3, 4, 6, 3)),
    "r2plus1d_101": R2Plus1DArchitecture((3, 4, 23, 3)),
    # For 64x64 video and one CPU core.
    "r2plus1d_mini": R2Plus1DArchitecture(
        (1, 1, 1, 1), (16, 16, 32, 64), (2, 2, 2, 1), (1, 1, 2, 1), stem_width=16, stem_kernel=(1, 5, 5)
    ),
    "r2plus1d_smoke": R2Plus1DArchitecture(
        (1, 1, 1, 1), (4, 4, 4, 8), (2, 2, 2, 1), (1, 1, 2, 1), 8, stem_kernel=(1, 3, 3), expansion=2
    ),
}


class Bottleneck(nn.Module):
    """1x1x1, tx1x1 and 1x3x3 (which carry the strides), 1x1x1; ReLU between all of them and after the sum."""

    def __init__(
        self, channels: tuple[int, int, int], temporal_kernel: int, temporal_stride: int, stride: int, norm: Norm
    ) -> None:
        super().__init__()
        inputs, inner, outputs = channels
        conv = partial(Conv3d, bias=False)
        self.conv1 = conv(inputs, inner, 1)
        self.norm1 = norm(inner)
        # Differs from paper: space before time there; the public networks, and the printed cost, have time first.
        over_time, over_space = (temporal_kernel, 1, 1), (1, 3, 3)
        self.conv2_time = conv(inner, inner, over_time, (temporal_stride, 1, 1), (temporal_kernel // 2, 0, 0))
        self.norm2_time = norm(inner)
        self.conv2_space = conv(inner, inner, over_space, (1, stride, stride), (0, 1, 1))
        self.norm2_space = norm(inner)
        self.conv3 = conv(inner, outputs, 1)
        self.norm3 = norm(outputs)
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride != 1 or temporal_stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, (temporal_stride, stride, stride)), norm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T / temporal_stride, H / stride, W / stride], rounded up."""
        y = torch.relu_(self.norm1(self.conv1(x)))
        y = torch.relu_(self.norm2_time(self.conv2_time(y)))
        y = torch.relu_(self.norm2_space(self.conv2_space(y)))
        return torch.relu_(self.norm3(self.conv3(y)) + self.shortcut(x))


class Stage(nn.Module):
    """Blocks of one resolution."""

    def __init__(self, inputs: int, architecture: R2Plus1DArchitecture, index: int, norm: Norm) -> None:
        super().__init__()
        a, inner = architecture, architecture.widths[index]
        self.channels = inner * a.expansion
        strides = (a.temporal_strides[index], a.strides[index])
        self.blocks = nn.Sequential(Bottleneck((inputs, inner, self.channels), a.temporal_kernel, *strides, norm))
        for _ in range(1, a.depths[index]):
            self.blocks.append(Bottleneck((self.channels, inner, self.channels), a.temporal_kernel, 1, 1, norm))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, channels, T / temporal_stride, H / stride, W / stride], rounded up."""
        return self.blocks(x)


class R2Plus1D(nn.Module):
    """The R(2+1)D network without a classifier.

    Args:
        architecture: Its numbers.
        norm: Makes the normalisation of a number of channels; None: batch norm.

    Attributes:
        channels: C of the features.
        stride: Input pixels per feature cell.
        temporal_stride: Input frames per feature time step.
        frame_multiple: Any number of input frames fits, so 1.
    """

    def __init__(self, architecture: R2Plus1DArchitecture, norm: Norm | None = None) -> None:
        super().__init__()
        a, norm = architecture, norm or nn.BatchNorm3d
        padding = (a.stem_kernel[0] // 2, a.stem_kernel[1] // 2, a.stem_kernel[2] // 2)
        self.conv1 = nn.Conv3d(3, a.stem_width, a.stem_kernel, a.stem_stride, padding, bias=False)
        self.norm1 = norm(a.stem_width)
        self.res2 = Stage(a.stem_width, a, 0, norm)
        self.res3 = Stage(self.res2.channels, a, 1, norm)
        self.res4 = Stage(self.res3.channels, a, 2, norm)
        self.res5 = Stage(self.res4.channels, a, 3, norm)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if isinstance(module, Bottleneck) and a.zero_last_scale:
                zero_scale(module.norm3)
        self.channels = self.res5.channels
        self.stride = a.stem_stride[1] * prod(a.strides)
        self.temporal_stride = a.stem_stride[0] * prod(a.temporal_strides)
        self.frame_multiple = 1

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to features [B, C, T / temporal_stride, H / stride, W / stride], rounded up."""
        if clips.shape[2] == 0:
            raise UserError("expected clips of at least 1 frame, found none")
        clips = clips.contiguous(memory_format=torch.channels_last_3d)
        x = torch.relu_(self.norm1(self.conv1(clips)))
        return self.res5(self.res4(self.res3(self.res2(x))))
