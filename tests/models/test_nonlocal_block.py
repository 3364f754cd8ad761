import pytest
import torch
from torch import nn

from longvideo.models.nonlocal_block import NonLocalBlock


def opened(frames_per_group: int | None = None) -> NonLocalBlock:
    """A block without normalisation whose output layer is not zero, so that it does something."""
    torch.manual_seed(0)
    block = NonLocalBlock(6, lambda channels: nn.Identity(), frames_per_group)
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.5)
    return block


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", [nn.BatchNorm3d, lambda channels: nn.Identity()])
def test_a_new_block_is_an_identity(norm: type[nn.Module], training: bool) -> None:
    block = NonLocalBlock(6, norm).train(training)
    clip = torch.rand(2, 6, 4, 4, 4)
    assert torch.equal(block(clip), clip)


def test_each_position_reads_the_pooled_positions_by_softmax() -> None:
    block = opened()
    clip = torch.rand(1, 6, 2, 2, 4)
    pooled = torch.stack([clip[0, :, t, :, x : x + 2].amax(dim=(1, 2)) for t in range(2) for x in (0, 2)])  # [4, 6]

    def linear(layer: nn.Conv3d, rows: torch.Tensor) -> torch.Tensor:
        return rows @ layer.weight.flatten(1).T + layer.bias

    for t, y, x in ((0, 0, 0), (1, 1, 3)):
        here = clip[0, :, t, y, x]
        weights = torch.softmax(linear(block.phi, pooled) @ linear(block.theta, here) / 3**0.5, dim=0)
        expected = here + linear(block.out, weights @ linear(block.g, pooled))
        torch.testing.assert_close(block(clip)[0, :, t, y, x], expected)


def test_a_dot_product_is_divided_by_the_number_of_pooled_positions() -> None:
    block, clip = opened(), torch.rand(1, 6, 5, 2, 4)
    block.attention, block.pool = "dot_product", (2, 2, 2)
    # The last of 5 frames is not in any pool.
    pooled = torch.stack(
        [clip[..., t : t + 2, :, x : x + 2].amax(dim=(2, 3, 4)) for t in (0, 2) for x in (0, 2)], dim=2
    )
    query, key, value = (layer.weight.flatten(1) for layer in (block.theta, block.phi, block.g))
    query, key = query @ clip[0, :, 4, 1, 3] + block.theta.bias, key @ pooled[0] + block.phi.bias[:, None]
    read = (value @ pooled[0] + block.g.bias[:, None]) @ (query @ key) / 4
    expected = clip[0, :, 4, 1, 3] + block.out.weight.flatten(1) @ read + block.out.bias
    torch.testing.assert_close(block(clip)[0, :, 4, 1, 3], expected)


def test_groups_are_clips_of_their_own() -> None:
    clip = torch.rand(2, 6, 8, 4, 4)
    expected = torch.cat([opened()(clip[:, :, start : start + 4]) for start in (0, 4)], dim=2)
    torch.testing.assert_close(opened(frames_per_group=4)(clip), expected)
    assert not torch.allclose(opened()(clip), expected)


def test_memory_layout_does_not_matter() -> None:
    clip = torch.rand(2, 6, 8, 4, 4)
    block = opened(frames_per_group=4)
    torch.testing.assert_close(block(clip.contiguous(memory_format=torch.channels_last_3d)), block(clip))
