"""Batch norm over parts of a batch whose channels come last in memory; `test_sub_batch_norm` has it against torch's."""

import pytest
import torch
from norm_cases import CHANNELS, clips, norms

from longvideo.training.channels_last_norm import norm_parts
from longvideo.training.sub_batch_norm import SubBatchNorm3d

LAST = torch.channels_last_3d


@pytest.mark.parametrize("splits", [1, 2, 6])
def test_gradients_are_those_of_finite_differences(splits):
    norm, _ = norms(splits)
    x = clips(6).detach().contiguous(memory_format=LAST).requires_grad_()
    torch.autograd.gradcheck(lambda x, *_: norm_parts(x, norm, splits), (x, norm.weight, norm.bias))


def test_a_mean_far_above_the_deviation_costs_few_digits():
    x = clips(8).float() + 1000
    parts = x.double().unflatten(0, (-1, 4))
    exact = parts.var((0, 3, 4, 5)).mean(0) + parts.mean((0, 3, 4, 5)).var(0, correction=0)
    norm = SubBatchNorm3d(CHANNELS, momentum=1.0)
    norm_parts(x.contiguous(memory_format=LAST), norm, 4)
    torch.testing.assert_close(norm.running_var.double(), exact, rtol=1e-3, atol=0)


@pytest.mark.parametrize("size", [8, 7])
def test_values_of_half_the_digits_keep_their_type_and_statistics_do_not(size):
    norm = SubBatchNorm3d(CHANNELS)
    norm.splits = 4
    x = clips(size).detach().bfloat16().contiguous(memory_format=LAST).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        y = norm(x)
    y.float().square().sum().backward()
    assert y.dtype == x.grad.dtype == torch.bfloat16 and norm.weight.grad.dtype == torch.float32
    exact = SubBatchNorm3d(CHANNELS)
    exact.splits = 4
    torch.testing.assert_close(y.float(), exact(x.detach().float().contiguous()), rtol=0.01, atol=0.01)
    torch.testing.assert_close(norm.running_var, exact.running_var)


def test_what_comes_after_may_write_over_the_result():
    norm, _ = norms(4)
    grads = []
    for activate in (torch.relu, torch.relu_):
        x = clips(8).detach().contiguous(memory_format=LAST).requires_grad_()
        activate(norm(x)).square().sum().backward()
        grads.append(x.grad)
    torch.testing.assert_close(*grads)


def test_a_single_value_has_no_statistics():
    with pytest.raises(ValueError, match="more than one value of a channel in each of 2 parts"):
        norm_parts(torch.ones(3, 2, 1, 1, 1), SubBatchNorm3d(2), 2)


def test_second_derivatives_are_refused():
    norm, _ = norms(2)
    x = clips(4).detach().contiguous(memory_format=LAST).requires_grad_()
    with pytest.raises(RuntimeError, match="second ones are wanted"):
        torch.autograd.grad(norm(x).square().sum(), x, create_graph=True)
