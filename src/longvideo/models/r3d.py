"""R3D-18, an 18-layer ResNet of 3x3x3 convolutions, and R(2+1)D-18, where each is one over space and one over time.

Thesis table 4.3 compares the former with CoViAR as Res3D. Input are clips [B, 3, T, H, W], normalised, of the thesis
8 x 112 x 112; output are logits [B, classes].

Source: Tran et al. 2017, "ConvNet Architecture Search for Spatiotemporal Feature Learning", table 1; Tran et al. 2018,
"A Closer Look at Spatiotemporal Convolutions for Action Recognition". torchvision's `r3d_18` and `r2plus1d_18` are the
same networks.
"""

from functools import partial

import torch
from torch import Tensor, nn

from longvideo.models.conv import Conv3d

WIDTHS = (64, 128, 256, 512)
BLOCKS_PER_STAGE = 2
FACTORED_STEM_WIDTH = 45
SPORTS_1M_CLASSES = 487


def factored(inputs: int, inner: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int]) -> nn.Sequential:
    """Make a convolution over space and one over time, batch norm and ReLU between; sizes are [time, space]."""
    (time, space), (time_stride, space_stride) = kernel, stride
    over_space = (1, space, space), (1, space_stride, space_stride), (0, space // 2, space // 2)
    over_time = (time, 1, 1), (time_stride, 1, 1), (time // 2, 0, 0)
    return nn.Sequential(
        Conv3d(inputs, inner, *over_space, bias=False),
        nn.BatchNorm3d(inner),
        nn.ReLU(inplace=True),
        Conv3d(inner, outputs, *over_time, bias=False),
    )


class Block(nn.Module):
    """Two 3x3x3 convolutions and a shortcut; the first carries the stride, in space and time."""

    def __init__(self, inputs: int, outputs: int, stride: int, split: bool) -> None:
        super().__init__()
        conv = partial(nn.Conv3d, bias=False)
        # As many channels between the two parts as give the first convolution the parameters of one that is not split.
        inner = 27 * inputs * outputs // (9 * inputs + 3 * outputs)

        def wide(channels: int, stride: int) -> nn.Module:
            if split:
                return factored(channels, inner, outputs, (3, 3), (stride, stride))
            return conv(channels, outputs, 3, stride, padding=1)

        self.conv1 = wide(inputs, stride)
        self.norm1 = nn.BatchNorm3d(outputs)
        self.conv2 = wide(outputs, 1)
        self.norm2 = nn.BatchNorm3d(outputs)
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm3d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T / stride, H / stride, W / stride]."""
        y = torch.relu_(self.norm1(self.conv1(x)))
        return torch.relu_(self.norm2(self.conv2(y)) + self.shortcut(x))


class R3D(nn.Module):
    """R3D-18 or R(2+1)D-18 with its classifier.

    Args:
        classes: Number of actions.
        split: R(2+1)D instead of R3D.
    """

    def __init__(self, classes: int = SPORTS_1M_CLASSES, split: bool = False) -> None:
        super().__init__()
        self.conv1: nn.Module
        if split:
            self.conv1 = factored(3, FACTORED_STEM_WIDTH, WIDTHS[0], (3, 7), (1, 2))
        else:
            self.conv1 = nn.Conv3d(3, WIDTHS[0], (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
        self.norm1 = nn.BatchNorm3d(WIDTHS[0])
        self.blocks = nn.Sequential()
        channels = WIDTHS[0]
        for stage, width in enumerate(WIDTHS):
            for block in range(BLOCKS_PER_STAGE):
                self.blocks.append(Block(channels, width, 2 if stage and not block else 1, split))
                channels = width
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to logits [B, classes]."""
        x = self.blocks(torch.relu_(self.norm1(self.conv1(clips))))
        return self.classifier(x.mean(dim=(2, 3, 4)))
