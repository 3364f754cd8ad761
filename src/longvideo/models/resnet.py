"""2D ResNets for single frames, motion vectors and residuals: the streams of CoViAR.

Read top to bottom: the architectures, the block, the network. Input are frames [N, inputs, H, W], normalised; output
are features [N, C, H', W'], for the ImageNet networks C = 512 or 2048 and H' = H / 32.

Names end in what distinguishes the variants: none is torchvision's network (activation after the sum, the bottleneck's
stride on its 3x3), `_v1` has that stride on the first 1x1, `_v2` normalises and activates before each convolution.

Source: He et al. 2016a (v1) and 2016b (v2); thesis sec. 4.1, "ResNet-152 (pre-activation) to model I-frames, and
ResNet-18 (pre-activation) to model the motion vectors and residuals".
"""

from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

Stages = tuple[int, int, int, int]  # one value for each of res2, res3, res4, res5


@dataclass(frozen=True)
class ResNetArchitecture:
    """All that distinguishes one ResNet from another, but for the channels of its input.

    Attributes:
        bottleneck: Blocks of 1x1, 3x3, 1x1 convolutions that widen fourfold; else of two 3x3.
        depths: Blocks of each stage.
        widths: Channels inside the blocks of each stage.
        strides: Stride of each stage's first block.
        pre_activation: Normalise and activate before each convolution instead of after it.
        stride_on: Which convolution of a bottleneck carries its stride.
    """

    bottleneck: bool
    depths: Stages
    widths: Stages = (64, 128, 256, 512)
    strides: Stages = (1, 2, 2, 2)
    stem_width: int = 64
    stem_kernel: int = 7
    stem_stride: int = 2
    stem_pool: bool = True
    pre_activation: bool = False
    stride_on: Literal["1x1", "3x3"] = "3x3"

    @property
    def expansion(self) -> int:
        """Channels that leave a block, as a multiple of those inside it."""
        return 4 if self.bottleneck else 1


RESNET_18 = ResNetArchitecture(bottleneck=False, depths=(2, 2, 2, 2))
RESNET_50 = ResNetArchitecture(bottleneck=True, depths=(3, 4, 6, 3))
RESNET_152 = ResNetArchitecture(bottleneck=True, depths=(3, 8, 36, 3))
# Made for 64x64 video and one CPU core: no pooling after the stem, one block a stage.
MINI = ResNetArchitecture(
    bottleneck=False,
    depths=(1, 1, 1, 1),
    widths=(16, 32, 64, 96),
    strides=(2, 2, 2, 1),
    stem_width=16,
    stem_kernel=5,
    stem_pool=False,
)

ARCHITECTURES = {
    "resnet18": RESNET_18,
    "resnet18_v2": replace(RESNET_18, pre_activation=True),
    "resnet50": RESNET_50,
    "resnet50_v1": replace(RESNET_50, stride_on="1x1"),
    "resnet50_v2": replace(RESNET_50, pre_activation=True),
    "resnet152": RESNET_152,
    "resnet152_v1": replace(RESNET_152, stride_on="1x1"),
    "resnet152_v2": replace(RESNET_152, pre_activation=True),
    "resnet_mini": MINI,  # for I-frames
    "resnet_mini_light": replace(MINI, widths=(16, 32, 48, 64)),  # for motion vectors and residuals
    "resnet_smoke": replace(MINI, widths=(4, 4, 4, 8), stem_width=4),
}


class Block(nn.Module):
    """A residual block of two or three convolutions, normalised and activated before or after each of them."""

    def __init__(self, inputs: int, inner: int, stride: int, architecture: ResNetArchitecture) -> None:
        super().__init__()
        a = architecture
        outputs = inner * a.expansion
        kernels = (1, 3, 1) if a.bottleneck else (3, 3)
        widths = (inputs, inner, inner, outputs) if a.bottleneck else (inputs, inner, outputs)
        strided = 1 if a.bottleneck and a.stride_on == "3x3" else 0
        conv = partial(nn.Conv2d, bias=False)
        for index, kernel in enumerate(kernels):
            before, after = widths[index : index + 2]
            step = stride if index == strided else 1
            self.add_module(f"conv{index + 1}", conv(before, after, kernel, step, padding=kernel // 2))
            self.add_module(f"norm{index + 1}", nn.BatchNorm2d(before if a.pre_activation else after))
        self.depth = len(kernels)
        self.pre_activation = a.pre_activation
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride != 1:
            self.shortcut.append(conv(inputs, outputs, 1, stride))
            if not a.pre_activation:
                self.shortcut.append(nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C', H / stride, W / stride]."""
        convs = [self.get_submodule(f"conv{number}") for number in range(1, self.depth + 1)]
        norms = [self.get_submodule(f"norm{number}") for number in range(1, self.depth + 1)]
        if self.pre_activation:
            y = torch.relu_(norms[0](x))
            skip = self.shortcut(y) if len(self.shortcut) else x
            y = convs[0](y)
            for norm, conv in zip(norms[1:], convs[1:]):
                y = conv(torch.relu_(norm(y)))
            return y + skip
        y = norms[0](convs[0](x))
        for norm, conv in zip(norms[1:], convs[1:]):
            y = norm(conv(torch.relu_(y)))
        return torch.relu_(y + self.shortcut(x))


class Stage(nn.Module):
    """Blocks of one resolution."""

    def __init__(self, inputs: int, architecture: ResNetArchitecture, index: int) -> None:
        super().__init__()
        width = architecture.widths[index]
        self.channels = width * architecture.expansion
        self.blocks = nn.Sequential(Block(inputs, width, architecture.strides[index], architecture))
        for _ in range(1, architecture.depths[index]):
            self.blocks.append(Block(self.channels, width, 1, architecture))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, channels, H / stride, W / stride]."""
        return self.blocks(x)


class ResNet(nn.Module):
    """A 2D ResNet without a classifier.

    Args:
        architecture: Its numbers.
        inputs: Channels of the input: 3 for colour and residuals, 2 for motion vectors.

    Attributes:
        channels: C of the features.
        stride: Input pixels per feature cell.
    """

    def __init__(self, architecture: ResNetArchitecture, inputs: int = 3) -> None:
        super().__init__()
        a = architecture
        self.conv1 = nn.Conv2d(inputs, a.stem_width, a.stem_kernel, a.stem_stride, a.stem_kernel // 2, bias=False)
        self.norm1 = nn.BatchNorm2d(a.stem_width)
        self.pool1 = nn.MaxPool2d(3, 2, 1) if a.stem_pool else nn.Identity()
        self.res2 = Stage(a.stem_width, a, 0)
        self.res3 = Stage(self.res2.channels, a, 1)
        self.res4 = Stage(self.res3.channels, a, 2)
        self.res5 = Stage(self.res4.channels, a, 3)
        self.channels = self.res5.channels
        self.norm5 = nn.BatchNorm2d(self.channels) if a.pre_activation else None
        self.stride = a.stem_stride * (2 if a.stem_pool else 1) * prod(a.strides)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames [N, inputs, H, W] to features [N, channels, H / stride, W / stride], rounded up."""
        frames = frames.contiguous(memory_format=torch.channels_last)
        x = self.pool1(torch.relu_(self.norm1(self.conv1(frames))))
        x = self.res5(self.res4(self.res3(self.res2(x))))
        return x if self.norm5 is None else torch.relu_(self.norm5(x))
