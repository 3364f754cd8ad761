"""The non-local block inside a 3D CNN: every position of a clip attends over the clip's positions.

Used by `i3d.py` and `slowfast.py`. The feature bank operator of `feature_bank.py` is a different, modified block.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from longvideo.models.conv import Conv3d
from longvideo.models.norms import Norm, zero_scale

Attention = Literal["softmax", "dot_product"]


class NonLocalBlock(nn.Module):
    """Add to every position what it attends to among the pooled positions of the same clip.

    The block is an identity when it is new, so that it can be put into a pre-trained network.

    Args:
        channels: C; queries, keys and values have C / 2.
        norm: Makes the normalisation after the output convolution.
        frames_per_group: Cut the clip into groups of this many time steps and attend inside each;
            None attends over the whole clip.
        pool: Time, height and width over which keys and values are max-pooled.
        attention: "softmax" weighs the positions by the softmax of their products with the query, "dot_product" by
            the products divided by the number of positions.

    Source: thesis sec. 7.1.4 and 6.2.4 ("dot product"); Wang et al. 2018 (block, pooled keys).
    """

    def __init__(
        self,
        channels: int,
        norm: Norm,
        frames_per_group: int | None = None,
        pool: tuple[int, int, int] = (1, 2, 2),
        attention: Attention = "softmax",
    ) -> None:
        super().__init__()
        inner = channels // 2
        self.frames_per_group = frames_per_group
        self.pool = pool
        self.attention = attention
        self.theta = Conv3d(channels, inner, 1)
        self.phi = Conv3d(channels, inner, 1)
        self.g = Conv3d(channels, inner, 1)
        self.out = Conv3d(inner, channels, 1)
        self.norm = norm(channels)
        # 0.01 from res3 of a ResNet-50 on; in narrower networks as large as gives the same signal.
        std = 0.01 * max(1.0, 512 / channels) ** 0.5
        for convolution in (self.theta, self.phi, self.g, self.out):
            nn.init.normal_(convolution.weight, std=std)
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        # A zero convolution before batch norm would be divided by sqrt(eps): its scale is zeroed instead.
        if not zero_scale(self.norm):
            nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, T, H, W] to the same shape; T must be a multiple of `frames_per_group`."""
        B, C, T, H, W = x.shape
        group = self.frames_per_group or T
        grouped = x
        if group != T:
            grouped = x.view(B, C, T // group, group, H, W).transpose(1, 2).reshape(-1, C, group, H, W)
        # The shortest clips of multigrid training are shorter than what is pooled.
        pooled = F.max_pool3d(grouped, [min(pair) for pair in zip(self.pool, grouped.shape[2:])])
        query = self.theta(grouped).flatten(2).transpose(1, 2)  # [G, positions, C/2]
        key = self.phi(pooled).flatten(2)  # [G, C/2, pooled positions]
        value = self.g(pooled).flatten(2).transpose(1, 2)  # [G, pooled positions, C/2]
        products = torch.bmm(query, key)  # [G, positions, pooled positions]
        if self.attention == "softmax":
            weights = torch.softmax(products * query.shape[-1] ** -0.5, dim=-1)
        else:
            weights = products / key.shape[-1]
        read = torch.bmm(weights, value).transpose(1, 2).reshape(grouped.shape[0], -1, group, H, W)
        update = self.norm(self.out(read))
        if group != T:
            update = update.view(B, T // group, C, group, H, W).transpose(1, 2).reshape(B, C, T, H, W)
        return x + update
