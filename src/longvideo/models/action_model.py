"""The action model of the long-term feature bank chapter: backbone, RoI head, feature bank operator, classifier."""

import torch
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.clip_classifier import ClipBackbone
from longvideo.models.feature_bank import NonLocalOperator, NoOperator, PoolOperator
from longvideo.models.roi_head import RoIHead

Operator = NonLocalOperator | PoolOperator | NoOperator


class ActionModel(nn.Module):
    """Score the actions of each box from its clip and, through the operator, from other times.

    `features` is the expensive half and `head` the cheap one: the features of a frozen backbone can be computed once.
    The classifier reads [S, operator output], where S is not reduced; the dropout before it acts on both.

    Args:
        backbone: Maps clips to feature maps.
        roi_head: Maps feature maps and boxes to box features.
        operator: Maps box features and slots to what the slots add.
        classes: Number of actions; a box can have several (sigmoid).
        dropout: Rate before the classifier.

    Source: thesis figure 7.3.
    """

    def __init__(
        self, backbone: ClipBackbone, roi_head: RoIHead, operator: Operator, classes: int, dropout: float
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.roi_head = roi_head
        self.operator = operator
        # Differs from paper: the text has no dropout here, the release has.
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.channels + operator.channels, classes)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def features(self, clips: Tensor, boxes: Tensor, clip_of_box: Tensor, per_step: bool = False) -> Tensor:
        """Compute the box features.

        Args:
            clips: [B, 3, T, H, W], normalised.
            boxes: [N, 4], pixels of the clip.
            clip_of_box: int64 [N], each box's clip in the batch.
            per_step: Keep the time steps apart; what an operator that reads "steps" needs.

        Returns:
            [N, C], or [N, T', C] with `per_step`.
        """
        maps = self.backbone(clips)
        return self.roi_head.per_step(maps, boxes, clip_of_box) if per_step else self.roi_head(maps, boxes, clip_of_box)

    def head(
        self,
        short: Tensor,
        bank: Tensor | None = None,
        valid: Tensor | None = None,
        clip_of_box: Tensor | None = None,
    ) -> Tensor:
        """Score boxes from their features.

        Args:
            short: S, [N, C].
            bank: Slots [B, M, C] that the boxes of a clip share, zeros where empty; for an operator that reads "steps"
                the features [N, T', C].
            valid: bool [B, M], which slots are not empty; None means all.
            clip_of_box: int64 [N], not decreasing, each box's row of `bank`; None means that each box has its own row.

        Returns:
            Logits [N, classes].
        """
        if self.operator.reads == "nothing":
            return self.classifier(self.dropout(short))
        if bank is None:
            raise UserError(f"expected a bank, which {type(self.operator).__name__} reads; found none: pass one")
        if valid is None:
            valid = torch.ones(bank.shape[:2], dtype=torch.bool, device=bank.device)
        if clip_of_box is None:
            clip_of_box = torch.arange(len(short), device=short.device)
        place = place_in_clip(clip_of_box, len(bank))
        table = short.new_zeros(len(bank), int(place.max()) + 1 if len(place) else 1, short.shape[1])
        table[clip_of_box, place] = short
        added = self.operator(table, bank, valid)[clip_of_box, place]
        return self.classifier(self.dropout(torch.cat([short, added], dim=1)))

    def forward(
        self, clips: Tensor, boxes: Tensor, clip_of_box: Tensor, bank: Tensor | None = None, valid: Tensor | None = None
    ) -> Tensor:
        """Score the boxes of clips, logits [N, classes]; arguments as in `features` and `head`.

        An operator that reads "steps" makes its own bank from the clip; pass none.
        """
        if self.operator.reads != "steps":
            return self.head(self.features(clips, boxes, clip_of_box), bank, valid, clip_of_box)
        steps = self.features(clips, boxes, clip_of_box, per_step=True)
        return self.head(steps.mean(dim=1), steps)


def place_in_clip(clip_of_box: Tensor, clips: int) -> Tensor:
    """Number the boxes of each clip from 0: int64 [N] for `clip_of_box` [N], which must not decrease."""
    counts = torch.bincount(clip_of_box, minlength=clips)
    first = torch.cumsum(counts, 0) - counts
    return torch.arange(len(clip_of_box), device=clip_of_box.device) - first[clip_of_box]
