import pytest
import torch

from longvideo.errors import UserError
from longvideo.models.c3d import C3D


def test_c3d_has_its_published_size_and_scores_clips() -> None:
    with torch.device("meta"):
        model = C3D()
        assert model(torch.empty(2, 3, 16, 112, 112)).shape == (2, 487)
        assert model.stages(torch.empty(2, 3, 16, 112, 112)).shape == (2, 512, 1, 4, 4)
    assert sum(parameter.numel() for parameter in model.parameters()) == 79_991_015


def test_other_clips_are_refused() -> None:
    with torch.device("meta"), pytest.raises(UserError, match="found 3x8x112x112"):
        C3D()(torch.empty(1, 3, 8, 112, 112))
