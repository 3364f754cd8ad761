"""From the backbone's feature map to one feature vector per box.

Boxes are in pixels of the clip, (x1, y1, x2, y2), and each names its clip by its index in the batch. A box stays in
place for the whole clip: the "straight tube" of the thesis, sec. 7.1.4.
"""

import torch
from torch import Tensor, nn

from longvideo.models.clip_classifier import averaged
from longvideo.models.slowfast import Maps

RESOLUTION = 7


class RoIHead(nn.Module):
    """RoIAlign to 7x7 cells, then their maximum.

    Args:
        stride: Pixels of the clip per feature cell.
    """

    def __init__(self, stride: int) -> None:
        # Imports for two seconds, which models without boxes need not. Not in the forward pass: it may be counted.
        from torchvision.ops import roi_align

        super().__init__()
        self.scale = 1 / stride
        self._align = roi_align

    def forward(self, features: Tensor | Maps, boxes: Tensor, clip_of_box: Tensor) -> Tensor:
        """Pool over the whole clip: features [B, C, T, H, W], boxes [N, 4], clip_of_box int64 [N] -> [N, C].

        The features of two pathways are averaged over time each, and put side by side.
        """
        return self._pool(averaged(features, (2,)), boxes, clip_of_box)

    def per_step(self, features: Tensor, boxes: Tensor, clip_of_box: Tensor) -> Tensor:
        """Pool each time step alone, for the short-term operator: the same arguments -> [N, T, C]."""
        B, C, T, H, W = features.shape
        steps = features.transpose(1, 2).reshape(B * T, C, H, W)
        step_of_box = clip_of_box[:, None] * T + torch.arange(T, device=clip_of_box.device)  # [N, T]
        pooled = self._pool(steps, boxes.repeat_interleave(T, dim=0), step_of_box.flatten())
        return pooled.view(-1, T, C)

    def _pool(self, maps: Tensor, boxes: Tensor, map_of_box: Tensor) -> Tensor:
        """Max-pool each box out of its map: maps [M, C, H, W], boxes [N, 4], map_of_box [N] -> [N, C]."""
        regions = torch.cat([map_of_box[:, None].to(boxes.dtype), boxes], dim=1)
        # The released models use the first RoIAlign: no half-pixel shift, as many samples as a cell covers positions.
        cells = self._align(maps, regions, RESOLUTION, self.scale, sampling_ratio=0, aligned=False)
        return cells.flatten(2).amax(dim=2)
