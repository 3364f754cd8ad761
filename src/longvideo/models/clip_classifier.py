"""A classifier of whole clips on any backbone for clips: average over time and space, dropout, one linear layer.

A video is scored by the mean of its clips' probabilities, which is not this module's job.
"""

import torch
from torch import Tensor, nn

from longvideo.models.i3d import I3D
from longvideo.models.r2plus1d import R2Plus1D
from longvideo.models.slowfast import Maps, SlowFast

ClipBackbone = I3D | SlowFast | R2Plus1D


def averaged(features: Tensor | Maps, dims: tuple[int, ...]) -> Tensor:
    """Average features over some dimensions, time among them; those of two pathways are then put side by side.

    Args:
        features: [B, C, T, H, W], of one pathway or of each.
        dims: What to average over: (2, 3, 4) gives [B, C], (2,) gives [B, C, H, W].
    """
    if isinstance(features, Tensor):
        return features.mean(dim=dims)
    return torch.cat([pathway.mean(dim=dims) for pathway in features], dim=1)


class ClipClassifier(nn.Module):
    """Score the actions of clips of any length and size that the backbone takes.

    Args:
        backbone: Maps clips to feature maps.
        classes: Number of actions.
        dropout: Rate before the classifier.
    """

    def __init__(self, backbone: ClipBackbone, classes: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.channels, classes)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def features(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to features [B, C]."""
        return averaged(self.backbone(clips), (2, 3, 4))

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, T, H, W] to logits [B, classes]."""
        return self.classifier(self.dropout(self.features(clips)))
