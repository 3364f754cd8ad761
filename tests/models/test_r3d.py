from pathlib import Path

import torch
from safetensors.torch import save_file
from torchvision.models.video import r3d_18

from longvideo.models.pretrained import load_model
from longvideo.models.r3d import R3D


def test_with_torchvisions_weights_it_scores_as_torchvisions_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs, ours = r3d_18().eval(), R3D(400).eval()
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    load_model(ours, tmp_path / "weights.safetensors")
    clips = torch.rand(1, 3, 8, 48, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(clips), theirs(clips), rtol=1e-4, atol=1e-4)
