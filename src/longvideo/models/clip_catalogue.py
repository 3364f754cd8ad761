"""The backbones for clips in the catalogue, with a classifier of whole clips or alone.

The name of a clip, "8x8", stands for the frames that a network, or its slow pathway, sees and their stride in the
video. Non-local blocks pool 1x2x2 positions, where "pool222" is in the name 2x2x2.

Source: "Beyond Short Clips", tables 3 to 6, thesis table 8.3 and the works that they quote: all at 256 pixels.
"""

from functools import partial

import torch

from longvideo.models.build import build_backbone, build_clip_classifier
from longvideo.models.sized import Entry, Sized, Sizes

KINETICS = 400
CHARADES = 157
AVA = 80
ALONE = 0
SIZE = 256
MINI_SIZE = 64

# Name: architecture, frames, classes.
CLIP_MODELS = {
    "slow_r50_4x16": ("slow_r50", 4, KINETICS),
    "slow_r50_8x8": ("slow_r50", 8, KINETICS),
    "i3d_r50_8x8": ("i3d_r50", 8, KINETICS),
    "i3d_nl_r50_8x8": ("i3d_nl_r50", 8, KINETICS),
    "i3d_r101_8x8": ("i3d_r101", 8, KINETICS),
    "i3d_nl_r101_8x8": ("i3d_nl_r101", 8, KINETICS),
    "i3d_r50_16x4": ("slow_r50", 16, KINETICS),  # thesis table 6.3, as the next
    "i3d_nl_r50_16x4": ("slow_nl_r50", 16, KINETICS),
    "i3d_nl_r50_32x2": ("r50_i3d_nl_strided", 32, KINETICS),  # the pre-training of chapter 7, as the next
    "i3d_nl_r101_32x2": ("r101_i3d_nl_strided", 32, KINETICS),
    "slowfast_r50_4x16": ("slowfast_r50_alpha8", 32, KINETICS),
    "slowfast_nl_r50_4x16": ("slowfast_nl_r50_alpha8", 32, KINETICS),
    "slowfast_r50_8x8": ("slowfast_r50", 32, KINETICS),
    "slowfast_nl_r50_8x8": ("slowfast_nl_r50", 32, KINETICS),
    "slowfast_r50_16x8": ("slowfast_r50", 64, KINETICS),
    "slowfast_r50_16x8_charades": ("slowfast_r50", 64, CHARADES),
    "slowfast_r101_8x8_50_50": ("slowfast_r101_50_50", 32, KINETICS),
    "slowfast_r101_8x8_50_101": ("slowfast_r101_50_101", 32, KINETICS),
    "slowfast_r101_8x8_101_101": ("slowfast_r101_101_101", 32, KINETICS),
    "slowfast_nl_r101_8x8_50_50": ("slowfast_nl_r101_50_50", 32, KINETICS),
    "slowfast_nl_r101_8x8_50_50_pool222": ("slowfast_nl_r101_50_50_pool222", 32, KINETICS),
    "slowfast_nl_r101_8x8_101_101": ("slowfast_nl_r101_101_101", 32, KINETICS),
    "slowfast_nl_r101_8x8_101_101_pool222": ("slowfast_nl_r101_101_101_pool222", 32, KINETICS),
    "slowfast_r101_16x8_50_50": ("slowfast_r101_50_50", 64, KINETICS),
    "slowfast_nl_r101_16x8_50_50": ("slowfast_nl_r101_50_50", 64, KINETICS),
    "slowfast_nl_r101_16x8_50_50_alone": ("slowfast_nl_r101_50_50", 64, ALONE),  # thesis table 8.3
    "slowfast_nl_r101_16x8_50_50_pool222": ("slowfast_nl_r101_50_50_pool222", 64, KINETICS),
    "slowfast_nl_r101_16x8_101_101": ("slowfast_nl_r101_101_101", 64, KINETICS),
    "slowfast_nl_r101_16x8_101_101_pool222": ("slowfast_nl_r101_101_101_pool222", 64, KINETICS),
    "r2plus1d_50_16": ("r2plus1d_50", 16, KINETICS),
    "r2plus1d_101_32": ("r2plus1d_101", 32, KINETICS),
    "ava_slow_r50": ("slow_r50_boxes", 4, AVA),
    "ava_slowfast_r50_32x2": ("slowfast_r50_boxes", 32, AVA),
    "ava_slowfast_nl_r101_32x2": ("slowfast_nl_r101_50_50_boxes", 32, AVA),
    "ava_slowfast_nl_r101_64x2": ("slowfast_nl_r101_50_50_boxes", 64, AVA),
    "slow_mini": ("slow_mini", 8, ALONE),
    "slow_nl_mini": ("slow_nl_mini", 8, ALONE),
    "i3d_mini": ("i3d_mini", 16, ALONE),
    "slowfast_mini": ("slowfast_mini", 16, ALONE),
    "slowfast_nl_mini": ("slowfast_nl_mini", 16, ALONE),
    "r2plus1d_mini": ("r2plus1d_mini", 16, ALONE),
}


def _sized(architecture: str, classes: int, sizes: Sizes) -> Sized:
    model = build_clip_classifier(architecture, classes) if classes else build_backbone(architecture)
    return Sized(model, (torch.empty(1, 3, sizes.frames, sizes.size, sizes.size),))


def clip_models() -> dict[str, Entry]:
    """List them."""
    entries = {}
    for name, (architecture, frames, classes) in CLIP_MODELS.items():
        default = Sizes(frames, MINI_SIZE if name.endswith("mini") else SIZE)
        summary = f"backbone{f' and {classes}-way classifier' if classes else ''}"
        entries[name] = Entry(partial(_sized, architecture, classes), default, summary)
    return entries
