"""SlowFast: a slow pathway on few frames and a light fast one on all, which the slow one listens to.

Read top to bottom: the architectures, one pathway, the connections, the network; the pathways' blocks are those of
`bottleneck.py`. Input are clips [B, 3, T, H, W] of normalised RGB (x / 255 - 0.45) / 0.225, with the frames of the fast
pathway: "4x16" (alpha 8), "8x8" and "16x8" (alpha 4) are the frames of the slow one and their stride in the video, for
T = 32, 32 and 64.
Output are the features of both, slow [B, C, T / alpha, H / 32, W / 32] and fast [B, C', T, H / 32, W / 32].

"50_50" and "101_101" say in how many blocks of res4 a ResNet-101 has temporal kernels, in the slow and in the fast
pathway: as many as a ResNet-50 has, 6, or all 23.

Source: Feichtenhofer et al. 2019 and its release; thesis sec. 6.2 (alpha 4, beta 1/8) and 8.2.3; "Beyond Short Clips",
sec. 4.
"""

from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.bottleneck import Shape, Stage, Stages, initialise
from longvideo.models.conv import Conv3d
from longvideo.models.nonlocal_block import Attention, NonLocalBlock
from longvideo.models.norms import Norm

Kernels = tuple[tuple[int, ...], ...]
STAGES = ("res2", "res3", "res4", "res5")


@dataclass(frozen=True)
class SlowFastArchitecture:
    """All that distinguishes one SlowFast network from another.

    Attributes:
        slow_kernels: For each stage, each block's temporal kernel size in the slow pathway.
        fast_kernels: The same in the fast pathway; both have as many blocks.
        alpha: Frames of the fast pathway per frame of the slow one.
        beta_inverse: Channels of the slow pathway per channel of the fast one.
        fusion_kernel: Temporal kernel of the connections from fast to slow.
        fusion_ratio: Channels that a connection gives per channel of the fast pathway.
        widths: Channels inside the slow pathway's bottlenecks; they leave the stage multiplied by `expansion`.
        strides: Spatial stride of each stage's first block.
        slow_stem_kernel: Of conv1 in the slow pathway.
        pool1: Whether conv1 is followed by max pooling of 3x3 and stride 2.
        non_local: For each stage, the blocks of the slow pathway that a non-local block follows.
        non_local_pool: Time, height and width over which the keys of non-local blocks are pooled.
        attention: How non-local blocks weigh positions.
        res5_dilation: Spatial dilation of the 3x3 convolutions of res5.
        zero_last_scale: New blocks begin as their shortcut.
    """

    slow_kernels: Kernels
    fast_kernels: Kernels
    alpha: int = 4
    beta_inverse: int = 8
    fusion_kernel: int = 7
    fusion_ratio: int = 2
    stem_width: int = 64
    widths: Stages = (64, 128, 256, 512)
    strides: Stages = (1, 2, 2, 2)
    slow_stem_kernel: Shape = (1, 7, 7)
    fast_stem_kernel: Shape = (5, 7, 7)
    stem_stride: Shape = (1, 2, 2)
    pool1: bool = True
    expansion: int = 4
    non_local: tuple[tuple[int, ...], ...] = ((), (), (), ())
    non_local_pool: Shape = (1, 2, 2)
    attention: Attention = "dot_product"
    res5_dilation: int = 1
    zero_last_scale: bool = True


def _kernels(early: int, res4: tuple[int, ...]) -> Kernels:
    """Return the temporal kernels of a ResNet-50 or 101 with `early` in res2 and res3."""
    return (early,) * 3, (early,) * 4, res4, (3,) * 3


SIX, SIX_OF_23, ALL_23 = (3,) * 6, (3,) * 6 + (1,) * 17, (3,) * 23
R50 = SlowFastArchitecture(_kernels(1, SIX), _kernels(3, SIX))
R50_ALPHA_8 = replace(R50, alpha=8, fusion_kernel=5)
R101 = replace(R50, slow_kernels=_kernels(1, ALL_23), fast_kernels=_kernels(3, ALL_23), fusion_kernel=5)
R101_50_101 = replace(R101, slow_kernels=_kernels(1, SIX_OF_23))
R101_50_50 = replace(R101_50_101, fast_kernels=_kernels(3, SIX_OF_23))
NL_R50 = partial(replace, non_local=((), (1, 3), (1, 3, 5), ()))
NL_R101 = partial(replace, non_local=((), (), (6, 13, 20), ()))
BOXES = partial(replace, strides=(1, 2, 2, 1), res5_dilation=2)
# For 48x48 video and one CPU core; alpha is 2 "to avoid a degenerated slow pathway" (thesis sec. 6.2.3) in clips of 8
# frames, of which multigrid training begins with 2. With one block per stage, blocks that begin as their shortcut, or a
# fast pathway of a quarter of the width, are slow to find out that anything moves. The output stride of 8 leaves 3x3
# cells of multigrid's smallest crops, 24 pixels; with 16, they did not help the larger ones.
MINI = SlowFastArchitecture(
    slow_kernels=((1,), (1,), (3,), (3,)),
    fast_kernels=((3,), (3,), (3,), (3,)),
    alpha=2,
    beta_inverse=2,
    fusion_kernel=3,
    stem_width=16,
    widths=(8, 16, 24, 32),
    strides=(1, 2, 1, 1),
    slow_stem_kernel=(1, 7, 7),
    fast_stem_kernel=(3, 7, 7),
    stem_stride=(1, 4, 4),
    pool1=False,
    expansion=2,
    zero_last_scale=False,
)

ARCHITECTURES = {
    "slowfast_r50_alpha8": R50_ALPHA_8,
    "slowfast_r50": R50,
    "slowfast_r50_alpha2": replace(R50, alpha=2),  # thesis sec. 6.2.3, for clips of 16 frames
    "slowfast_nl_r50_alpha8": NL_R50(R50_ALPHA_8),
    "slowfast_nl_r50": NL_R50(R50),
    "slowfast_r101_50_50": R101_50_50,
    "slowfast_r101_50_101": R101_50_101,
    "slowfast_r101_101_101": R101,
    "slowfast_nl_r101_50_50": NL_R101(R101_50_50),
    "slowfast_nl_r101_50_50_pool222": NL_R101(R101_50_50, non_local_pool=(2, 2, 2)),
    "slowfast_nl_r101_101_101": NL_R101(R101),
    "slowfast_nl_r101_101_101_pool222": NL_R101(R101, non_local_pool=(2, 2, 2)),
    "slowfast_r50_boxes": BOXES(R50),
    "slowfast_nl_r101_50_50_boxes": NL_R101(BOXES(R101_50_50), non_local_pool=(2, 2, 2)),
    "slowfast_mini": MINI,
    "slowfast_mini_alpha1": replace(MINI, alpha=1),
    "slowfast_mini_deep": replace(
        MINI, slow_kernels=((1,), (1,), (3,) * 3, (3,)), fast_kernels=((3,), (3,), (3,) * 3, (3,))
    ),
    "slowfast_nl_mini": replace(MINI, non_local=((), (), (0,), ())),
    "slowfast_smoke": replace(MINI, stem_width=8, widths=(8, 8, 8, 8), slow_stem_kernel=(1, 3, 3)),
}


class Maps(NamedTuple):
    """Features of both pathways, [B, C, T / alpha, H, W] and [B, C', T, H, W]."""

    slow: Tensor
    fast: Tensor


class Pathway(nn.Module):
    """One of the two: a stem and four stages, which the network runs one by one.

    Args:
        architecture: The network's numbers.
        thinner: The pathway's channels are those of the architecture divided by this.
        joining: Channels that join the pathway's own before each stage.
        stem_kernel: Of conv1.
        kernels: For each stage, each block's temporal kernel size.
        non_local: For each stage, the blocks that a non-local block follows.
        norm: Makes the normalisations.

    Attributes:
        leaving: Channels that leave the stem and each stage.
    """

    def __init__(
        self,
        architecture: SlowFastArchitecture,
        thinner: int,
        joining: tuple[int, ...],
        stem_kernel: Shape,
        kernels: Kernels,
        non_local: tuple[tuple[int, ...], ...],
        norm: Norm,
    ) -> None:
        super().__init__()
        a = architecture
        stem_width, *widths = (width // thinner for width in (a.stem_width, *a.widths))
        self.leaving = (stem_width, *(width * a.expansion for width in widths))
        padding = (stem_kernel[0] // 2, stem_kernel[1] // 2, stem_kernel[2] // 2)
        self.conv1 = nn.Conv3d(3, stem_width, stem_kernel, a.stem_stride, padding, bias=False)
        self.norm1 = norm(stem_width)
        self.pool1 = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)) if a.pool1 else nn.Identity()
        attention = partial(NonLocalBlock, norm=norm, pool=a.non_local_pool, attention=a.attention)
        for index, stage in enumerate(STAGES):
            channels = (self.leaving[index] + joining[index], widths[index], self.leaving[index + 1])
            dilation = a.res5_dilation if stage == "res5" else 1
            numbers = (channels, kernels[index], a.strides[index], dilation, norm, non_local[index], attention)
            self.add_module(stage, Stage(*numbers))

    def stem(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to [B, C, T, H', W']."""
        return self.pool1(torch.relu_(self.norm1(self.conv1(clips))))


class SlowFast(nn.Module):
    """The SlowFast network without a classifier.

    Args:
        architecture: Its numbers.
        norm: Makes the normalisation of a number of channels; None: batch norm.

    Attributes:
        channels: C + C', of the features of both pathways; C is `channels_of[0]`.
        stride: Input pixels per feature cell.
        temporal_stride: Input frames per time step of the slow pathway: alpha.
        frame_multiple: The number of input frames must be a multiple of this, alpha too.
    """

    def __init__(self, architecture: SlowFastArchitecture, norm: Norm | None = None) -> None:
        super().__init__()
        a, norm = architecture, norm or nn.BatchNorm3d
        fast = Pathway(a, a.beta_inverse, (0, 0, 0, 0), a.fast_stem_kernel, a.fast_kernels, ((), (), (), ()), norm)
        joining = tuple(channels * a.fusion_ratio for channels in fast.leaving[:-1])
        self.slow = Pathway(a, 1, joining, a.slow_stem_kernel, a.slow_kernels, a.non_local, norm)
        self.fast = fast
        kernel, padding = (a.fusion_kernel, 1, 1), (a.fusion_kernel // 2, 0, 0)
        self.joins = nn.ModuleDict()  # what joins the slow pathway before each stage
        for stage, inputs, outputs in zip(STAGES, fast.leaving, joining):
            conv = Conv3d(inputs, outputs, kernel, (a.alpha, 1, 1), padding, bias=False)
            self.joins[stage] = nn.Sequential(conv, norm(outputs), nn.ReLU(inplace=True))
        initialise(self, a.zero_last_scale)
        self.channels_of = (self.slow.leaving[-1], fast.leaving[-1])
        self.channels = sum(self.channels_of)
        self.stride = a.stem_stride[1] * (2 if a.pool1 else 1) * prod(a.strides)
        self.temporal_stride = self.frame_multiple = a.alpha

    def forward(self, clips: Tensor) -> Maps:
        """Map clips [B, 3, T, H, W] to features of H / stride x W / stride cells, rounded up."""
        frames = clips.shape[2]
        if frames == 0 or frames % self.frame_multiple:
            raise UserError(f"expected clips of a multiple of {self.frame_multiple} frames, found {frames} frames")
        # Channels last makes a training step on a CPU faster, and every layer passes it on.
        clips = clips.contiguous(memory_format=torch.channels_last_3d)
        chosen = torch.tensor(slow_frames(frames, self.frame_multiple), device=clips.device)
        few = clips.index_select(2, chosen).contiguous(memory_format=torch.channels_last_3d)
        slow, fast = self.slow.stem(few), self.fast.stem(clips)
        for stage in STAGES:
            slow = torch.cat([slow, self.joins[stage](fast)], dim=1)
            slow, fast = self.slow.get_submodule(stage)(slow), self.fast.get_submodule(stage)(fast)
        return Maps(slow, fast)


def slow_frames(frames: int, alpha: int) -> list[int]:
    """Return which of a clip's frames the slow pathway sees: frames / alpha, the first and the last among them.

    Differs from paper: every alpha-th frame there; the released models were trained on these.
    """
    few = frames // alpha
    return [index * (frames - 1) // max(few - 1, 1) for index in range(few)]
