import torch
from torchvision.models.video import r3d_18

from longvideo.models.r3d import R3D


def test_with_torchvisions_weights_it_scores_as_torchvisions_network() -> None:
    torch.manual_seed(0)
    theirs, ours = r3d_18().eval(), R3D(400).eval()
    # The same layers in the same order.
    state = dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    assert sum("num_batches" in name for name in state) == sum("num_batches" in name for name in theirs.state_dict())
    ours.load_state_dict(state)
    clips = torch.rand(1, 3, 8, 48, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(clips), theirs(clips), rtol=1e-4, atol=1e-4)
