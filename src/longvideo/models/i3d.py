"""I3D, a ResNet inflated to 3D, with or without non-local blocks; Slow-only is the same network by other numbers.

Read top to bottom: the architectures, the network; its blocks are in `bottleneck.py`. Input are clips [B, 3, T, H, W]
of normalised RGB (x / 255 - 0.45) / 0.225; output are features [B, C, T', H', W'].

The I3D-NL of chapter 7 are backbones for boxes (C = 2048, T' = T / 2, H' = H / 16), whose normalisations are frozen.
For pre-training they have temporal strides in conv1 and pool1, which are removed afterwards ("_strided" here, T' = T /
8). The others are for the classification of clips, H' = H / 32, and the slow_ ones keep every frame: T' = T. What
chapter 6 calls I3D (table 6.3) is Slow-only of 16 frames; its I3D-NL is slow_nl_r50.

Source: thesis sec. 7.1.4 and table 7.1; sec. 6.2.4 and table 6.3; Feichtenhofer et al. 2019 (Slow-only); Wang et al.
2018 (I3D of 8 and 32 frames).
"""

from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.bottleneck import Shape, Stage, Stages, initialise
from longvideo.models.nonlocal_block import Attention, NonLocalBlock
from longvideo.models.norms import NORMS, Norm


@dataclass(frozen=True)
class I3DArchitecture:
    """All that distinguishes one network of this family from another.

    Attributes:
        stem_width: Output channels of conv1.
        widths: Channels inside the bottlenecks of each stage; they leave the stage multiplied by `expansion`.
        temporal_kernels: For each stage, each block's temporal kernel size; as many entries as blocks.
        non_local: For each stage, the blocks that a non-local block follows.
        strides: Spatial stride of each stage's first block.
        pool1: Whether conv1 is followed by max pooling of 3x3 and stride 2.
        pool1_time: Kernel and stride of that pooling in time.
        pool2: Whether res2 is followed by max pooling of 2 frames.
        non_local_pool: Time, height and width over which the keys of non-local blocks are pooled.
        attention: How non-local blocks weigh positions.
        res3_frames_per_group: Time steps per group inside which the non-local blocks of res3 attend; None: no groups.
        res5_dilation: Spatial dilation of the 3x3 convolutions of res5.
        norm: "frozen" is a fixed affine map of folded pre-trained statistics; "batch" is batch norm.
        zero_last_scale: New blocks begin as their shortcut.
    """

    stem_width: int
    widths: Stages
    temporal_kernels: tuple[tuple[int, ...], ...]
    non_local: tuple[tuple[int, ...], ...]
    strides: Stages = (1, 2, 2, 1)
    stem_kernel: Shape = (5, 7, 7)
    stem_stride: Shape = (1, 2, 2)
    pool1: bool = True
    pool1_time: tuple[int, int] = (1, 1)
    pool2: bool = True
    expansion: int = 4
    non_local_pool: Shape = (1, 2, 2)
    attention: Attention = "softmax"
    # Differs from paper: the text has no groups and no dilation; the released AVA models have both.
    res3_frames_per_group: int | None = 4
    res5_dilation: int = 2
    norm: Literal["frozen", "batch"] = "frozen"
    zero_last_scale: bool = False


WIDTHS: Stages = (64, 128, 256, 512)
NO_BLOCKS = ((), (), (), ())
FIVE_BLOCKS = ((), (1, 3), (1, 3, 5), ())

R50_BOXES = I3DArchitecture(64, WIDTHS, ((3, 3, 3), (3, 1, 3, 1), (3, 1, 3, 1, 3, 1), (1, 3, 1)), FIVE_BLOCKS)
R101_KERNELS = (*R50_BOXES.temporal_kernels[:2], (3, 1) * 11 + (3,), R50_BOXES.temporal_kernels[3])
R101_BOXES = replace(R50_BOXES, temporal_kernels=R101_KERNELS, non_local=((), (1, 3), (6, 13, 20), ()))
# Before the temporal strides of conv1 and pool1 are removed; the text says only that there were some, and Wang et al.
# 2018, table 1, has these.
STRIDED = partial(
    replace, stem_stride=(2, 2, 2), pool1_time=(3, 2), strides=(1, 2, 2, 2), res5_dilation=1, norm="batch"
)
CLASSIFIER = partial(
    replace, strides=(1, 2, 2, 2), res3_frames_per_group=None, res5_dilation=1, norm="batch", zero_last_scale=True
)
I3D_NL_R50, I3D_NL_R101 = CLASSIFIER(R50_BOXES), CLASSIFIER(R101_BOXES)
SLOW_KERNELS = ((1,) * 3, (1,) * 4, (3,) * 6, (3,) * 3)
SLOW_R50 = replace(I3D_NL_R50, stem_kernel=(1, 7, 7), temporal_kernels=SLOW_KERNELS, non_local=NO_BLOCKS, pool2=False)

# Made for 64x64 video with actors of 14 to 20 pixels, hence the output stride of 8, and to train on one CPU core.
NL_MINI = I3DArchitecture(
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
)
NL_SMOKE = replace(
    NL_MINI, stem_width=4, stem_kernel=(3, 3, 3), widths=(4, 4, 4, 8), temporal_kernels=((3,), (1,), (3,), (1,))
)
# For whole clips, of 48x48 video; with one block per stage, motion must be looked for from res3 on to be found.
MINI = replace(
    NL_MINI, strides=(1, 2, 1, 1), non_local=NO_BLOCKS, stem_kernel=(3, 7, 7), stem_stride=(1, 4, 4), pool1=False
)
SLOW = partial(replace, stem_kernel=(1, 7, 7), temporal_kernels=((1,), (3,), (3,), (3,)), pool2=False)

ARCHITECTURES = {
    "r50_i3d_nl": R50_BOXES,
    "r101_i3d_nl": R101_BOXES,
    "r50_i3d_nl_strided": STRIDED(R50_BOXES),
    "r101_i3d_nl_strided": STRIDED(R101_BOXES),
    "i3d_r50": replace(I3D_NL_R50, non_local=NO_BLOCKS),
    "i3d_nl_r50": I3D_NL_R50,
    "i3d_r101": replace(I3D_NL_R101, non_local=NO_BLOCKS),
    "i3d_nl_r101": I3D_NL_R101,
    "slow_r50": SLOW_R50,
    "slow_nl_r50": replace(SLOW_R50, non_local=FIVE_BLOCKS, attention="dot_product"),
    "slow_r50_boxes": replace(SLOW_R50, strides=(1, 2, 2, 1), res5_dilation=2),
    "i3d_nl_mini": NL_MINI,
    "i3d_nl_smoke": NL_SMOKE,
    "i3d_mini": MINI,
    "i3d_smoke": replace(NL_SMOKE, non_local=NO_BLOCKS),
    "slow_mini": SLOW(MINI),
    "slow_nl_mini": SLOW(MINI, non_local=NL_MINI.non_local, attention="dot_product"),
    "slow_smoke": SLOW(NL_SMOKE, non_local=NO_BLOCKS),
}


class I3D(nn.Module):
    """A network of this family without a classifier.

    Args:
        architecture: Its numbers.
        norm: Makes the normalisation of a number of channels; None: what the architecture says.

    Attributes:
        channels: C of the features.
        stride: Input pixels per feature cell.
        temporal_stride: Input frames per feature time step.
        frame_multiple: The number of input frames must be a multiple of this.
    """

    def __init__(self, architecture: I3DArchitecture, norm: Norm | None = None) -> None:
        super().__init__()
        a, norm = architecture, norm or NORMS[architecture.norm]
        kernel, step = a.pool1_time
        self.conv1 = nn.Conv3d(3, a.stem_width, a.stem_kernel, a.stem_stride, _half(a.stem_kernel), bias=False)
        self.norm1 = norm(a.stem_width)
        pool1 = nn.MaxPool3d((kernel, 3, 3), (step, 2, 2), _half((kernel, 3, 3)))
        self.pool1 = pool1 if a.pool1 else nn.Identity()
        outputs = [a.stem_width] + [width * a.expansion for width in a.widths]
        stages = []
        for index in range(4):
            group = a.res3_frames_per_group if index == 1 else None
            block = partial(
                NonLocalBlock, norm=norm, frames_per_group=group, pool=a.non_local_pool, attention=a.attention
            )
            dilation = a.res5_dilation if index == 3 else 1
            around = (outputs[index], a.widths[index], outputs[index + 1])
            stages.append(
                Stage(around, a.temporal_kernels[index], a.strides[index], dilation, norm, a.non_local[index], block)
            )
        self.res2 = stages[0]
        self.pool2 = nn.MaxPool3d((2, 1, 1)) if a.pool2 else nn.Identity()
        self.res3, self.res4, self.res5 = stages[1:]
        initialise(self, a.zero_last_scale)
        self.channels = outputs[-1]
        self.stride = a.stem_stride[1] * (2 if a.pool1 else 1) * prod(a.strides)
        self.temporal_stride = a.stem_stride[0] * (step if a.pool1 else 1) * (2 if a.pool2 else 1)
        self.frame_multiple = self.temporal_stride * ((a.res3_frames_per_group or 1) if a.non_local[1] else 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to features [B, C, T / temporal_stride, H / stride, W / stride], rounded up."""
        if clips.shape[2] == 0 or clips.shape[2] % self.frame_multiple:
            raise UserError(
                f"expected clips of a multiple of {self.frame_multiple} frames, found {clips.shape[2]} frames"
            )
        # Channels last makes a training step on a CPU up to twice as fast, and every layer passes it on.
        clips = clips.contiguous(memory_format=torch.channels_last_3d)
        x = torch.relu_(self.norm1(self.conv1(clips)))
        x = self.pool2(self.res2(self.pool1(x)))
        return self.res5(self.res4(self.res3(x)))


def _half(kernel: Shape) -> Shape:
    """Return the padding that keeps the size."""
    return kernel[0] // 2, kernel[1] // 2, kernel[2] // 2
