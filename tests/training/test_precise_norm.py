"""Statistics for testing against those of all that was seen."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from longvideo.training.precise_norm import take_statistics
from longvideo.training.sub_batch_norm import SubBatchNorm3d, set_norm_splits


@given(seed=st.integers(0, 2**16), batches=st.integers(1, 4), clips=st.integers(1, 5), splits=st.integers(1, 3))
def test_statistics_are_those_of_all_batches_together(seed: int, batches: int, clips: int, splits: int) -> None:
    torch.manual_seed(seed)
    norms = nn.Sequential(SubBatchNorm3d(3), nn.BatchNorm3d(3))
    set_norm_splits(norms, splits)
    # Once of batches of one shape and once of others, of which nothing is left.
    for size in (5, 4):
        seen = [3 * torch.randn(clips, 3, 2, size, size) + torch.randn(3, 1, 1, 1) for _ in range(batches)]
        take_statistics(norms, norms, seen)
    first = norms[0]
    values = torch.cat(seen).transpose(0, 1).flatten(1)
    torch.testing.assert_close(first.running_mean, values.mean(1), rtol=1e-4, atol=1e-4)
    # Within batches variances are unbiased.
    torch.testing.assert_close(first.running_var, values.var(1, correction=0), rtol=0.05, atol=1e-4)
    assert [norm.momentum for norm in norms] == [0.1, 0.1]
    assert [int(norm.num_batches_tracked) for norm in norms] == [0, 0]


def test_nothing_else_changes_and_no_batch_is_refused() -> None:
    norm = nn.BatchNorm3d(2)
    norm(torch.randn(3, 2, 1, 2, 2))
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    with pytest.raises(ValueError, match="at least one batch"):
        take_statistics(norm, norm, [])
    assert norm.momentum == 0.1
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
