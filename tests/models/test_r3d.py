from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models.video import r2plus1d_18, r3d_18

from longvideo.models.catalogue import complexity_of
from longvideo.models.pretrained import load_model
from longvideo.models.r3d import R3D


@pytest.mark.parametrize(("network", "split"), [(r3d_18, False), (r2plus1d_18, True)])
def test_with_torchvisions_weights_it_scores_as_torchvisions_network(network, split: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs, ours = network().eval(), R3D(400, split).eval()
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    load_model(ours, tmp_path / "weights.safetensors")
    clips = torch.rand(1, 3, 8, 48, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(clips), theirs(clips), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "frames", "params", "gmacs"),
    [("r3d_18", 16, 33_371_472, 40.70), ("r3d_18", 8, 33_371_472, 20.35), ("r2plus1d_18", 16, 31_505_325, 40.52)],
)
def test_counts_are_those_of_torchvisions_networks(name: str, frames: int, params: int, gmacs: float) -> None:
    counted = complexity_of(name, frames=frames)
    assert counted.params == params
    assert counted.macs / 1e9 == pytest.approx(gmacs, rel=2e-4)
