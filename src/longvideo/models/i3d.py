"""I3D-NL: a ResNet inflated to 3D with non-local blocks, the backbone of the long-term feature bank models.

Read top to bottom: the architectures, the layers, the network. Input are clips [B, 3, T, H, W] of normalised RGB
(x / 255 - 0.45) / 0.225; output are features [B, C, T', H', W'], for R50 and R101 C = 2048, T' = T / 2, H' = H / 16.

Source: thesis sec. 7.1.4 and table 7.1.
"""

from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.nonlocal_block import NonLocalBlock

Shape = tuple[int, int, int]  # time, height, width
Stages = tuple[int, int, int, int]  # one value for each of res2, res3, res4, res5


@dataclass(frozen=True)
class I3DArchitecture:
    """All that distinguishes one I3D-NL network from another.

    Attributes:
        stem_width: Output channels of conv1.
        widths: Channels inside the bottlenecks of each stage; they leave the stage multiplied by `expansion`.
        temporal_kernels: For each stage, each block's temporal kernel size; as many entries as blocks.
        non_local: For each stage, the blocks that a non-local block follows.
        strides: Spatial stride of each stage's first block.
        res3_frames_per_group: Time steps per group inside which the non-local blocks of res3 attend; None: no groups.
        res5_dilation: Spatial dilation of the 3x3 convolutions of res5.
        norm: "frozen" is a fixed affine map of folded pre-trained statistics; "batch" is batch norm.
    """

    stem_width: int
    widths: Stages
    temporal_kernels: tuple[tuple[int, ...], ...]
    non_local: tuple[tuple[int, ...], ...]
    strides: Stages = (1, 2, 2, 1)
    stem_kernel: Shape = (5, 7, 7)
    stem_stride: Shape = (1, 2, 2)
    pool1: bool = True
    pool2: bool = True
    expansion: int = 4
    # Differs from paper: the text has no groups and no dilation; the released AVA models have both.
    res3_frames_per_group: int | None = 4
    res5_dilation: int = 2
    norm: Literal["frozen", "batch"] = "frozen"


ARCHITECTURES = {
    "r50_i3d_nl": I3DArchitecture(
        stem_width=64,
        widths=(64, 128, 256, 512),
        temporal_kernels=((3, 3, 3), (3, 1, 3, 1), (3, 1, 3, 1, 3, 1), (1, 3, 1)),
        non_local=((), (1, 3), (1, 3, 5), ()),
    ),
    "r101_i3d_nl": I3DArchitecture(
        stem_width=64,
        widths=(64, 128, 256, 512),
        temporal_kernels=((3, 3, 3), (3, 1, 3, 1), (3, 1) * 11 + (3,), (1, 3, 1)),
        non_local=((), (1, 3), (6, 13, 20), ()),
    ),
    # Made for 64x64 video with actors of 14 to 20 pixels, hence the output stride of 8, and to train on one CPU core.
    "i3d_nl_mini": I3DArchitecture(
        stem_width=16,
        stem_kernel=(3, 5, 5),
        widths=(8, 16, 32, 48),
        temporal_kernels=((3,), (3,), (3,), (3,)),
        non_local=((), (), (0,), ()),
        strides=(1, 2, 1, 1),
        expansion=2,
        res3_frames_per_group=None,
        res5_dilation=1,
        norm="batch",
    ),
    "i3d_nl_smoke": I3DArchitecture(
        stem_width=4,
        stem_kernel=(3, 3, 3),
        widths=(4, 4, 4, 8),
        temporal_kernels=((3,), (1,), (3,), (1,)),
        non_local=((), (), (0,), ()),
        strides=(1, 2, 1, 1),
        expansion=2,
        res3_frames_per_group=None,
        res5_dilation=1,
        norm="batch",
    ),
}


class FrozenAffine(nn.Module):
    """Scale and shift each channel by fixed values: batch norm with folded statistics, which nothing updates."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape."""
        return x * self.scale.view(-1, 1, 1, 1) + self.bias.view(-1, 1, 1, 1)  # type: ignore[operator]


NORMS: dict[str, type[nn.Module]] = {"frozen": FrozenAffine, "batch": nn.BatchNorm3d}


class Bottleneck(nn.Module):
    """The residual block of table 7.1: tx1x1, 1x3x3 (which carries the stride), 1x1x1; ReLU after the sum."""

    def __init__(
        self,
        channels: tuple[int, int, int],
        temporal_kernel: int,
        stride: int,
        dilation: int,
        norm: type[nn.Module],
    ) -> None:
        super().__init__()
        inputs, inner, outputs = channels
        conv = partial(nn.Conv3d, bias=False)
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
    """Bottlenecks of one resolution, some followed by a non-local block."""

    def __init__(self, inputs: int, architecture: I3DArchitecture, index: int) -> None:
        super().__init__()
        norm, inner = NORMS[architecture.norm], architecture.widths[index]
        outputs = inner * architecture.expansion
        dilation = architecture.res5_dilation if index == 3 else 1
        group = architecture.res3_frames_per_group if index == 1 else None
        self.blocks = nn.ModuleList()
        self.non_local = nn.ModuleDict()
        for block, temporal_kernel in enumerate(architecture.temporal_kernels[index]):
            stride = architecture.strides[index] if block == 0 else 1
            channels = (inputs if block == 0 else outputs, inner, outputs)
            self.blocks.append(Bottleneck(channels, temporal_kernel, stride, dilation, norm))
            if block in architecture.non_local[index]:
                self.non_local[str(block)] = NonLocalBlock(outputs, norm, group)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T, H / stride, W / stride]."""
        for index, block in enumerate(self.blocks):
            x = block(x)
            if str(index) in self.non_local:
                x = self.non_local[str(index)](x)
        return x


class I3D(nn.Module):
    """The I3D-NL network without a classifier.

    Attributes:
        channels: C of the features.
        stride: Input pixels per feature cell.
        temporal_stride: Input frames per feature time step.
        frame_multiple: The number of input frames must be a multiple of this.
    """

    def __init__(self, architecture: I3DArchitecture) -> None:
        super().__init__()
        a = architecture
        padding = (a.stem_kernel[0] // 2, a.stem_kernel[1] // 2, a.stem_kernel[2] // 2)
        self.conv1 = nn.Conv3d(3, a.stem_width, a.stem_kernel, a.stem_stride, padding, bias=False)
        self.norm1 = NORMS[a.norm](a.stem_width)
        self.pool1 = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)) if a.pool1 else nn.Identity()
        outputs = [a.stem_width] + [width * a.expansion for width in a.widths]
        self.res2 = Stage(outputs[0], a, 0)
        self.pool2 = nn.MaxPool3d((2, 1, 1)) if a.pool2 else nn.Identity()
        self.res3 = Stage(outputs[1], a, 1)
        self.res4 = Stage(outputs[2], a, 2)
        self.res5 = Stage(outputs[3], a, 3)
        for module in self.modules():
            if isinstance(module, nn.Conv3d) and module.bias is None:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.channels = outputs[-1]
        self.stride = a.stem_stride[1] * (2 if a.pool1 else 1) * prod(a.strides)
        self.temporal_stride = a.stem_stride[0] * (2 if a.pool2 else 1)
        self.frame_multiple = self.temporal_stride * ((a.res3_frames_per_group or 1) if a.non_local[1] else 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to features [B, C, T / temporal_stride, H / stride, W / stride]."""
        if clips.shape[2] == 0 or clips.shape[2] % self.frame_multiple:
            raise UserError(
                f"expected clips of a multiple of {self.frame_multiple} frames, found {clips.shape[2]} frames"
            )
        # Channels last makes a training step on a CPU up to twice as fast, and every layer passes it on.
        clips = clips.contiguous(memory_format=torch.channels_last_3d)
        x = torch.relu_(self.norm1(self.conv1(clips)))
        x = self.pool2(self.res2(self.pool1(x)))
        return self.res5(self.res4(self.res3(x)))
