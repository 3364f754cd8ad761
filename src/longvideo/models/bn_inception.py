"""BN-Inception, the 2D network of the optical flow stream.

Read top to bottom: the architectures, the layers, the network. Input are frames [N, inputs, H, W], of the flow stream
10 channels: five consecutive flow fields, x and y of each; output are features [N, C, H / 32, W / 32], C = 1024. The
dropout before the classifier belongs to `coviar.Stream`.

Source: Ioffe and Szegedy 2015, figure 5; Wang et al. 2016 (TSN), whose flow stream it is; thesis sec. 4.2.3.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from longvideo.errors import UserError


@dataclass(frozen=True)
class Branches:
    """The channels of the branches of one Inception module.

    Attributes:
        one: Of the 1x1 branch; 0: none.
        three: Of the 3x3 branch: reduced, output.
        deep: Of the deep branch, of two 3x3: reduced, both outputs.
        pool: What its pooling branch takes, the average or the maximum of 3x3.
        projection: Of the 1x1 after the pooling; 0: the pooled input itself, and the module has a stride of 2.
    """

    one: int
    three: tuple[int, int]
    deep: tuple[int, int]
    pool: str
    projection: int

    def outputs(self, inputs: int) -> int:
        """Channels that leave the module."""
        return self.one + self.three[1] + self.deep[1] + (self.projection or inputs)


@dataclass(frozen=True)
class BNInceptionArchitecture:
    """All that distinguishes one BN-Inception from another, but for the channels of its input.

    Attributes:
        stem: Channels of conv1, of conv2's 1x1 and of conv2's 3x3.
        modules: The Inception modules by name, first to last.
        stem_kernel: Side of conv1.
        stem_pools: Whether conv1 and conv2 are followed by max pooling of stride 2.
    """

    stem: tuple[int, int, int]
    modules: dict[str, Branches]
    stem_kernel: int = 7
    stem_pools: tuple[bool, bool] = (True, True)


ARCHITECTURES = {
    "bn_inception": BNInceptionArchitecture(
        stem=(64, 64, 192),
        modules={
            "3a": Branches(64, (64, 64), (64, 96), "average", 32),
            "3b": Branches(64, (64, 96), (64, 96), "average", 64),
            "3c": Branches(0, (128, 160), (64, 96), "maximum", 0),
            "4a": Branches(224, (64, 96), (96, 128), "average", 128),
            "4b": Branches(192, (96, 128), (96, 128), "average", 128),
            # Differs from paper: figure 5 projects to 96 in 4c and 4d; the released network, TSN's, to 128.
            "4c": Branches(160, (128, 160), (128, 160), "average", 128),
            "4d": Branches(96, (128, 192), (160, 192), "average", 128),
            "4e": Branches(0, (128, 192), (192, 256), "maximum", 0),
            "5a": Branches(352, (192, 320), (160, 224), "average", 128),
            "5b": Branches(352, (192, 320), (192, 224), "maximum", 128),
        },
    ),
    # Made for 64x64 video and one CPU core.
    "bn_inception_mini": BNInceptionArchitecture(
        stem=(16, 16, 24),
        stem_kernel=5,
        stem_pools=(False, True),
        modules={
            "3a": Branches(16, (12, 16), (8, 12), "average", 12),
            "3c": Branches(0, (16, 24), (12, 16), "maximum", 0),
            "4a": Branches(32, (16, 24), (16, 24), "average", 16),
            "5b": Branches(32, (24, 32), (16, 24), "maximum", 16),
        },
    ),
    "bn_inception_smoke": BNInceptionArchitecture(
        stem=(4, 4, 4),
        stem_kernel=3,
        stem_pools=(True, True),
        modules={"3a": Branches(4, (4, 4), (4, 4), "average", 4), "3c": Branches(0, (4, 4), (4, 4), "maximum", 0)},
    ),
}


class Conv(nn.Module):
    """Convolution, batch norm, ReLU; the bias, which batch norm makes idle, is that of the released weights."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        return torch.relu_(self.norm(self.conv(x)))


def halve(x: Tensor) -> Tensor:
    """Take the maximum of 3x3 at every second place; the last window hangs over the edge, as in the release."""
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


class Inception(nn.Module):
    """Up to four branches on the same input, joined by channels."""

    def __init__(self, inputs: int, numbers: Branches) -> None:
        super().__init__()
        self.average = numbers.pool == "average"
        self.stride = 1 if numbers.projection else 2
        self.one = Conv(inputs, numbers.one) if numbers.one else None
        reduced, outputs = numbers.three
        self.three = nn.Sequential(Conv(inputs, reduced), Conv(reduced, outputs, 3, self.stride))
        reduced, outputs = numbers.deep
        self.deep = nn.Sequential(
            Conv(inputs, reduced), Conv(reduced, outputs, 3), Conv(outputs, outputs, 3, self.stride)
        )
        self.projection = Conv(inputs, numbers.projection) if numbers.projection else None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C', H / stride, W / stride]."""
        if self.average:
            pooled = F.avg_pool2d(x, 3, 1, 1)
        else:
            pooled = F.max_pool2d(x, 3, 1, 1) if self.stride == 1 else halve(x)
        branches = [] if self.one is None else [self.one(x)]
        branches += [self.three(x), self.deep(x), pooled if self.projection is None else self.projection(pooled)]
        return torch.cat(branches, dim=1)


class BNInception(nn.Module):
    """BN-Inception without a classifier.

    Args:
        architecture: Its numbers.
        inputs: Channels of the input: 10 for five flow fields.

    Attributes:
        channels: C of the features.
        stride: Input pixels per feature cell.
    """

    def __init__(self, architecture: BNInceptionArchitecture, inputs: int = 10) -> None:
        super().__init__()
        first, reduced, channels = architecture.stem
        self.conv1 = Conv(inputs, first, architecture.stem_kernel, 2)
        self.conv2 = nn.Sequential(Conv(first, reduced), Conv(reduced, channels, 3))
        self.stem_pools = architecture.stem_pools
        self.inception = nn.ModuleDict()
        self.stride = 2 ** (1 + sum(architecture.stem_pools))
        for name, numbers in architecture.modules.items():
            module = Inception(channels, numbers)
            self.inception[name] = module
            self.stride *= module.stride
            channels = numbers.outputs(channels)
        self.channels = channels
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames [N, inputs, H, W] to features [N, channels, H / stride, W / stride].

        Raises:
            UserError: Height or width is no multiple of the stride; the branches would differ in size.
        """
        height, width = frames.shape[-2:]
        if height % self.stride or width % self.stride:
            raise UserError(f"expected frames with sides of a multiple of {self.stride}, found {width}x{height}")
        x = self.conv1(frames.contiguous(memory_format=torch.channels_last))
        x = self.conv2(halve(x) if self.stem_pools[0] else x)
        x = halve(x) if self.stem_pools[1] else x
        for module in self.inception.values():
            x = module(x)
        return x
