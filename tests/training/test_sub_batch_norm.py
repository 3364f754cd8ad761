"""Batch norm over parts of a batch and over several processes, against torch's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from norm_cases import CHANNELS, clips, norms
from torch import nn
from train_calls import places

from longvideo.training.global_norm import replace_norms
from longvideo.training.sub_batch_norm import SubBatchNorm3d, norm_groups, set_norm_splits


@given(batch=st.integers(1, 20), splits=st.integers(1, 9), last=st.booleans())
def test_it_is_plain_batch_norm_on_every_part(batch, splits, last):
    ours, plain = norms(min(splits, batch))
    ours.splits = splits
    x, same = clips(batch), clips(batch)
    layout = torch.channels_last_3d if last else torch.contiguous_format
    y = ours(x.contiguous(memory_format=layout))
    assert y.is_contiguous(memory_format=layout)
    parts = [norm(same[part :: len(plain)]) for part, norm in enumerate(plain)]
    expected = torch.empty_like(y)
    for part, found in enumerate(parts):
        expected[part :: len(plain)] = found
    torch.testing.assert_close(y, expected)
    upstream = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view(y.shape)
    (y * upstream).sum().backward()
    (expected * upstream).sum().backward()
    torch.testing.assert_close(x.grad, same.grad)
    for name in ("weight", "bias"):
        summed = torch.stack([getattr(norm, name).grad for norm in plain]).sum(0)
        torch.testing.assert_close(getattr(ours, name).grad, summed)


@given(batch=st.integers(1, 20), splits=st.integers(1, 9), updates=st.integers(1, 3))
def test_statistics_for_testing_are_those_of_the_parts_joined(batch, splits, updates):
    splits = min(splits, batch)
    ours, plain = norms(splits)
    mean, variance = ours.running_mean.clone(), ours.running_var.clone()
    for norm in plain:
        norm.momentum = 1.0  # it keeps the statistics of the last batch alone
    shares = torch.tensor([len(range(part, batch, splits)) / batch for part in range(splits)], dtype=torch.float64)
    for update in range(updates):
        x = clips(batch, update)
        ours(x)
        for part, norm in enumerate(plain):
            norm(x[part::splits])
        means, variances = (
            torch.stack([getattr(norm, name) for norm in plain]) for name in ("running_mean", "running_var")
        )
        joined = shares @ means
        mean = 0.9 * mean + 0.1 * joined
        variance = 0.9 * variance + 0.1 * (shares @ variances + shares @ (means - joined) ** 2)
    torch.testing.assert_close(ours.running_mean, mean)
    torch.testing.assert_close(ours.running_var, variance)
    assert ours.num_batches_tracked == updates
    tested = plain[0].eval()
    tested.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours.eval()(x), tested(x))


def test_the_joined_variance_is_that_of_the_whole_batch():
    ours, _ = norms(4)
    ours.momentum = 1.0
    x = clips(64)
    ours(x)
    torch.testing.assert_close(ours.running_var, x.var((0, 2, 3, 4)), rtol=0.01, atol=0)


def test_a_model_keeps_its_weights_optimizer_and_checkpoints():
    model = nn.Sequential(
        nn.Conv3d(3, CHANNELS, 1), nn.BatchNorm3d(CHANNELS), nn.Sequential(nn.BatchNorm3d(CHANNELS))
    ).double()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    parameters = list(model.parameters())
    replace_norms(model, nn.BatchNorm3d, SubBatchNorm3d)
    assert all(one is other for one, other in zip(parameters, model.parameters(), strict=True))
    set_norm_splits(model, 4)
    assert [type(norm) for norm in model[1:]] == [SubBatchNorm3d, nn.Sequential] and model[2][0].splits == 4
    model(clips(8))
    trained = model.state_dict()
    assert trained.keys() == state.keys()
    assert not torch.equal(trained["1.running_var"], state["1.running_var"])
    replace_norms(model, SubBatchNorm3d, nn.BatchNorm3d)
    assert type(model[1]) is nn.BatchNorm3d
    model.load_state_dict(trained)


def test_the_number_of_parts_changes_at_once_and_only_training():
    ours, _ = norms(1)
    x = clips(8)
    whole = ours(x)
    set_norm_splits(ours, 8)
    assert not torch.allclose(ours(x), whole, atol=0.1)
    tested = ours.eval()(x)
    set_norm_splits(ours, 2)
    assert torch.equal(ours(x), tested)


def test_parts_of_several_processes_are_refused():
    with pytest.raises(ValueError, match="expected splits of at least 1"):
        set_norm_splits(nn.Identity(), 0)
    assert norm_groups([1, 1]) == {1: None}


SHARED = """
import sys, torch
from torch import distributed as dist
from longvideo.training.distributed import joined
from longvideo.training.sub_batch_norm import join_statistics, norm_groups, set_norm_splits
sys.path.insert(0, {tests!r})
from norm_cases import clips, norms

torch.set_num_threads(1)
with joined(torch.device("cpu"), 60) as processes:
    rank = processes.rank
    groups = norm_groups([1, 2], processes.world)
    whole, (plain,) = norms(1)
    x = clips(5)
    mine = clips(5).detach()[2 * rank : 2 + 3 * rank].requires_grad_()  # two clips here, three there
    set_norm_splits(whole, 1, groups[2])
    upstream = torch.linspace(-1, 1, x.numel(), dtype=x.dtype).view(x.shape)
    y, expected = whole(mine), plain(x)
    torch.testing.assert_close(y, expected[2 * rank : 2 + 3 * rank])
    (y * upstream[2 * rank : 2 + 3 * rank]).sum().backward()
    (expected * upstream).sum().backward()
    torch.testing.assert_close(mine.grad, x.grad[2 * rank : 2 + 3 * rank])
    grad = whole.weight.grad.clone()
    dist.all_reduce(grad)
    torch.testing.assert_close(grad, plain.weight.grad)
    torch.testing.assert_close(dict(whole.named_buffers()), dict(plain.named_buffers()))

    # Alone again: each process has statistics of its own, which are joined for testing.
    set_norm_splits(whole, 1, groups[1])
    whole.momentum = 1.0
    both = clips(8)
    whole(both[4 * rank : 4 + 4 * rank])
    join_statistics(whole, processes.world)
    parts = [both[:4], both[4:]]
    means = torch.stack([part.mean((0, 2, 3, 4)) for part in parts])
    variances = torch.stack([part.var((0, 2, 3, 4)) for part in parts])
    torch.testing.assert_close(whole.running_mean, means.mean(0))
    torch.testing.assert_close(whole.running_var, variances.mean(0) + means.var(0, correction=0))
"""


def test_two_processes_normalise_as_one():
    code = SHARED.format(tests=str(Path(__file__).parent))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)} | place,
        )
        for place in places(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
