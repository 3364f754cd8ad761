import pytest
import torch
from torch import nn

from longvideo.errors import UserError
from longvideo.models.slowfast import ARCHITECTURES, SlowFast, slow_frames


def mini() -> SlowFast:
    torch.manual_seed(0)
    return SlowFast(ARCHITECTURES["slowfast_mini"]).eval()


def test_pathways_keep_their_frames_and_thin_their_channels() -> None:
    with torch.device("meta"):
        slow, fast = SlowFast(ARCHITECTURES["slowfast_r50"])(torch.empty(2, 3, 32, 224, 256))
    assert slow.shape == (2, 2048, 8, 7, 8)
    assert fast.shape == (2, 256, 32, 7, 8)


@pytest.mark.parametrize(("frames", "alpha"), [(8, 4), (8, 8), (16, 2), (16, 4), (32, 4), (32, 8), (64, 4), (128, 8)])
def test_the_slow_pathway_sees_the_frames_of_the_release(frames: int, alpha: int) -> None:
    # The release truncates evenly spaced numbers.
    assert slow_frames(frames, alpha) == torch.linspace(0, frames - 1, frames // alpha).long().tolist()


def test_only_the_connections_tell_the_slow_pathway_of_the_other_frames() -> None:
    network, clip = mini(), torch.rand(1, 3, 8, 32, 32)
    seen = slow_frames(8, 2)
    touched = clip.clone()
    touched[:, :, [frame for frame in range(8) if frame not in seen]] += 1
    before, after = network(clip), network(touched)
    assert not torch.equal(before.slow, after.slow)
    assert not torch.equal(before.fast, after.fast)
    for join in network.joins.values():
        nn.init.zeros_(join[1].weight)
    assert torch.equal(network(clip).slow, network(touched).slow)


def test_the_fast_pathway_does_not_listen() -> None:
    network, clip = mini(), torch.rand(1, 3, 8, 32, 32)
    before = network(clip)
    nn.init.ones_(network.slow.norm1.bias)
    after = network(clip)
    assert not torch.equal(before.slow, after.slow)
    assert torch.equal(before.fast, after.fast)


def test_clips_that_the_pathways_do_not_divide_are_refused() -> None:
    with pytest.raises(UserError, match="multiple of 2 frames, found 7 frames"):
        mini()(torch.rand(1, 3, 7, 32, 32))
