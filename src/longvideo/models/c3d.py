"""C3D: a plain 3D CNN on clips of 16 frames, which thesis table 4.3 compares with CoViAR.

Input are clips [B, 3, 16, 112, 112], normalised; output are logits [B, classes].

Source: Tran et al. 2015, figure 3.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from longvideo.errors import UserError

CLIP = (3, 16, 112, 112)
WIDTHS = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Channels of the 3x3x3 convolutions of each stage; every stage ends in max pooling."""
HIDDEN = 4096
SPORTS_1M_CLASSES = 487


class C3D(nn.Module):
    """C3D with its classifier, whose first layer fixes the size of the clip.

    Args:
        classes: Number of actions.
        dropout: Rate after each hidden layer of the classifier.
    """

    def __init__(self, classes: int = SPORTS_1M_CLASSES, dropout: float = 0.5) -> None:
        super().__init__()
        self.stages = nn.Sequential()
        channels = CLIP[0]
        for index, widths in enumerate(WIDTHS):
            stage = nn.Sequential()
            for before, after in pairwise((channels, *widths)):
                stage.extend([nn.Conv3d(before, after, 3, padding=1), nn.ReLU(inplace=True)])
            channels = widths[-1]
            # The first stage keeps the 16 frames; the last, of 2x7x7, is padded to end in 1x4x4.
            size = (1, 2, 2) if index == 0 else (2, 2, 2)
            stage.append(nn.MaxPool3d(size, padding=(0, 1, 1) if index == len(WIDTHS) - 1 else 0))
            self.stages.append(stage)
        self.hidden = nn.Sequential()
        for before, after in pairwise((channels * 4 * 4, HIDDEN, HIDDEN)):
            self.hidden.extend([nn.Linear(before, after), nn.ReLU(inplace=True), nn.Dropout(dropout)])
        self.classifier = nn.Linear(HIDDEN, classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips [B, 3, 16, 112, 112] to logits [B, classes].

        Raises:
            UserError: The clips have another size.
        """
        if tuple(clips.shape[1:]) != CLIP:
            found = "x".join(map(str, clips.shape[1:]))
            raise UserError(f"expected clips of {'x'.join(map(str, CLIP))} for C3D, found {found}")
        return self.classifier(self.hidden(torch.flatten(self.stages(clips), 1)))
