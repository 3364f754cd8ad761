import pytest
import torch
from torch import nn

from longvideo.models.bottleneck import Bottleneck
from longvideo.models.build import BACKBONES, build_backbone, build_clip_classifier

SMALL = [name for name in BACKBONES if name.endswith(("mini", "smoke"))]
LARGE = [name for name in BACKBONES if name not in SMALL]
# Of multigrid training on 16 frames of 64 pixels: the corners of its grid.
SHAPES = [(4, 32), (4, 45), (16, 64)]


class OtherNorm(nn.BatchNorm3d):
    pass


@pytest.mark.parametrize("name", SMALL)
def test_every_small_network_learns_from_one_step_at_every_shape_of_a_grid(name: str) -> None:
    torch.manual_seed(0)
    model = build_clip_classifier(name, classes=5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step, (frames, size) in enumerate(SHAPES):
        logits = model(torch.rand(2, 3, frames, size, size))
        assert logits.shape == (2, 5)
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, torch.tensor([1, 4])).backward()
        gradients = [value.grad for value in model.parameters()]
        assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
        # New blocks are their shortcuts, so that some parameters have nothing to learn from in the first step.
        assert step == 0 or next(model.backbone.parameters()).grad.abs().sum() > 0
        optimizer.step()


@pytest.mark.parametrize("name", LARGE)
def test_every_paper_network_takes_a_shape_of_multigrid_training(name: str) -> None:
    with torch.device("meta"):
        model = build_clip_classifier(name, classes=400)
        model(torch.empty(1, 3, 32, 158, 158)).sum().backward()
    assert all(value.grad is not None for value in model.parameters())


@pytest.mark.parametrize("name", [*SMALL, "r101_i3d_nl", "slowfast_nl_r101_50_50", "r2plus1d_101"])
def test_every_normalisation_is_made_by_what_is_passed(name: str) -> None:
    with torch.device("meta"):
        norms = {type(module) for module in build_backbone(name, OtherNorm).modules() if hasattr(module, "running_var")}
    assert norms == {OtherNorm}


@pytest.mark.parametrize("name", ["slow_smoke", "slow_nl_mini", "slowfast_smoke", "r2plus1d_smoke"])
def test_dropout_and_batch_norm_are_off_in_evaluation(name: str) -> None:
    torch.manual_seed(0)
    model = build_clip_classifier(name, classes=3).eval()
    clips = torch.rand(2, 3, 8, 32, 32)
    apart = torch.cat([model(clip[None]) for clip in clips])
    torch.testing.assert_close(model(clips), apart, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model.classifier(model.features(clips)), apart, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["slow_r50", "slowfast_r50"])
def test_new_blocks_are_their_shortcuts(name: str) -> None:
    torch.manual_seed(0)
    for block in build_backbone(name).eval().modules():
        if isinstance(block, Bottleneck):
            x = torch.rand(1, block.conv1.in_channels, 2, 4, 4)
            torch.testing.assert_close(block(x), block.shortcut(x).relu())
