"""Res3D: an 18-layer ResNet of 3x3x3 convolutions, which thesis table 4.3 compares with CoViAR.

Input are clips [B, 3, T, H, W], normalised, of the thesis 8 x 112 x 112; output are logits [B, classes].

Source: Tran et al. 2017, "ConvNet Architecture Search for Spatiotemporal Feature Learning", table 1; torchvision's
`r3d_18` is the same network.
"""

from functools import partial

import torch
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
BLOCKS_PER_STAGE = 2
SPORTS_1M_CLASSES = 487


class Block(nn.Module):
    """Two 3x3x3 convolutions and a shortcut; the first carries the stride, in space and time."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        conv = partial(nn.Conv3d, bias=False)
        self.conv1 = conv(inputs, outputs, 3, stride, padding=1)
        self.norm1 = nn.BatchNorm3d(outputs)
        self.conv2 = conv(outputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm3d(outputs)
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm3d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to [B, C', T / stride, H / stride, W / stride]."""
        y = torch.relu_(self.norm1(self.conv1(x)))
        return torch.relu_(self.norm2(self.conv2(y)) + self.shortcut(x))


class R3D(nn.Module):
    """Res3D-18 with its classifier.

    Args:
        classes: Number of actions.
    """

    def __init__(self, classes: int = SPORTS_1M_CLASSES) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, WIDTHS[0], (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
        self.norm1 = nn.BatchNorm3d(WIDTHS[0])
        self.blocks = nn.Sequential()
        channels = WIDTHS[0]
        for stage, width in enumerate(WIDTHS):
            for block in range(BLOCKS_PER_STAGE):
                self.blocks.append(Block(channels, width, 2 if stage and not block else 1))
                channels = width
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to logits [B, classes]."""
        x = self.blocks(torch.relu_(self.norm1(self.conv1(clips))))
        return self.classifier(x.mean(dim=(2, 3, 4)))
