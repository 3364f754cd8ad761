"""CoViAR: one 2D CNN each for I-frames, motion vectors and residuals, whose scores are summed.

A video is S temporal segments, of each one frame of a stream. A stream scores every frame by itself; the video's logits
are the mean over its segments, before the softmax (on Charades, labelled by frame, training takes the frames' own).
The temporal stream on optical flow is a `Stream` as well.

Source: thesis sec. 4.1; temporal segments of Wang et al. 2016 (TSN).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from longvideo.models.bn_inception import BNInception
from longvideo.models.resnet import ResNet

FrameBackbone = ResNet | BNInception

STREAM_CHANNELS = {"iframe": 3, "motion": 2, "residual": 3, "flow": 10}
"""Channels of a frame of each stream; of flow, x and y of five consecutive fields."""
RELEASED_WEIGHTS = {"iframe": 2.0, "motion": 1.0, "residual": 1.0}
"""Of the released code; the text sums the scores."""


class Stream(nn.Module):
    """One stream: a 2D backbone and a linear classifier, run on each frame by itself.

    Args:
        backbone: Maps frames [N, C, H, W] to features [N, backbone.channels, H', W'].
        inputs: C, channels of a frame.
        classes: Number of actions.
        data_bn: Batch norm on the input, with which the released code begins the streams of motion vectors and
            residuals; the text has none.
        dropout: Rate before the classifier; none for CoViAR, TSN's flow stream has 0.7.
    """

    def __init__(
        self, backbone: FrameBackbone, inputs: int, classes: int, data_bn: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.data_bn = nn.BatchNorm2d(inputs) if data_bn else nn.Identity()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.channels, classes)
        nn.init.normal_(self.classifier.weight, std=0.001)
        nn.init.zeros_(self.classifier.bias)

    def frame_logits(self, frames: Tensor) -> Tensor:
        """Score each frame: [B, S, C, H, W] to logits [B, S, classes]."""
        features = self.backbone(self.data_bn(frames.flatten(0, 1))).mean(dim=(2, 3))
        return self.classifier(self.dropout(features)).unflatten(0, frames.shape[:2])

    def forward(self, frames: Tensor) -> Tensor:
        """Score videos by the mean over their segments: [B, S, C, H, W] to logits [B, classes]."""
        return self.frame_logits(frames).mean(dim=1)


class CoViAR(nn.Module):
    """The three streams on one group of pictures: an I-frame and the P-frames that refer to it.

    Streams are trained apart; this joins trained ones for inference, and says what a frame costs.
    """

    def __init__(self, iframe: Stream, motion: Stream, residual: Stream) -> None:
        super().__init__()
        self.iframe = iframe
        self.motion = motion
        self.residual = residual

    def forward(self, iframe: Tensor, motion: Tensor, residual: Tensor) -> Tensor:
        """Score each P-frame: its two scores and that of its I-frame, summed.

        Args:
            iframe: [B, 1, 3, H, W].
            motion: [B, T, 2, H, W], accumulated motion vectors of the T P-frames.
            residual: [B, T, 3, H, W], their accumulated residuals.

        Returns:
            Logits [B, T, classes].
        """
        parts = (self.iframe(iframe)[:, None], self.motion.frame_logits(motion), self.residual.frame_logits(residual))
        return fuse([part.expand_as(parts[1]) for part in parts])


def fuse(scores: Sequence[Tensor], weights: Sequence[float] | None = None) -> Tensor:
    """Join the scores of streams: their weighted sum.

    Args:
        scores: Mean logits of each stream, all of one shape [..., classes].
        weights: One for each stream; None sums, as the text does. The release has 2, 1, 1 for I-frames, motion vectors
            and residuals. Late fusion with optical flow is the same sum over CoViAR's fused scores and the flow's.

    Raises:
        ValueError: Weights or shapes do not fit each other.

    Source: thesis sec. 4.1, "a simple summing of scores", and 4.2.3, late fusion.
    """
    weights = [1.0] * len(scores) if weights is None else weights
    if not scores or len(weights) != len(scores) or len({tuple(score.shape) for score in scores}) > 1:
        shapes = [tuple(score.shape) for score in scores]
        raise ValueError(f"expected one weight for each score and scores of one shape, got {list(weights)}, {shapes}")
    return torch.stack([weight * score for weight, score in zip(weights, scores)]).sum(dim=0)
