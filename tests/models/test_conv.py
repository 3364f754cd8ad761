"""Narrow convolutions against torch's own, whichever way they go."""

import pytest
import torch
from torch import nn

from longvideo.models.conv import Conv3d


@pytest.mark.parametrize("clips", [1, 15, 16])
@pytest.mark.parametrize("memory_format", [torch.channels_last_3d, torch.contiguous_format])
@pytest.mark.parametrize(
    "numbers",
    [
        {"kernel_size": 1},
        {"kernel_size": (3, 1, 1), "padding": (1, 0, 0), "bias": False},
        {"kernel_size": (5, 1, 1), "padding": (2, 0, 0), "stride": (4, 1, 1)},
        {"kernel_size": (3, 1, 1), "dilation": (2, 1, 1)},
        {"kernel_size": 1, "stride": (1, 2, 2)},
        {"kernel_size": (1, 3, 3), "padding": (0, 1, 1)},
        {"kernel_size": (1, 3, 2), "padding": (0, 2, 1), "stride": (1, 2, 1), "dilation": (1, 2, 1), "bias": False},
        {"kernel_size": 1, "groups": 2},
    ],
)
def test_values_gradients_and_memory_are_those_of_torch(numbers, memory_format, clips) -> None:
    torch.manual_seed(0)
    own, theirs = Conv3d(4, 6, **numbers), nn.Conv3d(4, 6, **numbers)
    theirs.load_state_dict(own.state_dict())
    x = torch.randn(clips, 4, 8, 5, 3).contiguous(memory_format=memory_format)
    inputs = [x.detach().clone().requires_grad_() for _ in (own, theirs)]
    found, expected = (conv(given) for conv, given in zip((own, theirs), inputs))
    assert found.is_contiguous(memory_format=memory_format) or found.stride() == expected.stride()
    torch.testing.assert_close(found, expected)
    weights = torch.randn_like(expected)
    for y in (found, expected):
        (y * weights).sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    for mine, other in zip(own.parameters(), theirs.parameters()):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-4)
        assert mine.grad.is_contiguous()
    with torch.no_grad():
        assert torch.equal(own(x), theirs(x))
