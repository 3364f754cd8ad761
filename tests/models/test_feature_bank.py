import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from longvideo.models.feature_bank import NonLocalOperator, PoolOperator, ShortTermOperator


def opened(pre_activation: bool = True, mask_padding: bool = False) -> NonLocalOperator:
    """A small operator in evaluation whose output layers are not zero, so that attention shows."""
    torch.manual_seed(0)
    operator = NonLocalOperator(6, dim=4, layers=2, pre_activation=pre_activation, mask_padding=mask_padding)
    for parameter in operator.parameters():
        nn.init.normal_(parameter, std=0.5)
    return operator.eval()


BOXES = 3


def padded(rows: int, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """For two clips: features of their boxes, banks whose last slots are empty, and which slots are not."""
    torch.manual_seed(rows)
    bank = torch.cat([torch.rand(2, rows, 6), torch.zeros(2, padding, 6)], dim=1)
    return torch.rand(2, BOXES, 6), bank, torch.arange(rows + padding).expand(2, -1) < rows


@pytest.mark.parametrize(("layers", "parameters"), [(1, 3_148_800), (2, 4_199_424), (3, 5_250_048)])
def test_parameters_of_the_released_operators(layers: int, parameters: int) -> None:
    with torch.device("meta"):
        operator = NonLocalOperator(2048, dim=512, layers=layers)
    assert sum(parameter.numel() for parameter in operator.parameters()) == parameters


@pytest.mark.parametrize("pre_activation", [True, False])
def test_non_local_operator_follows_its_definition(pre_activation: bool) -> None:
    operator = opened(pre_activation)
    short, bank, valid = padded(rows=3, padding=2)
    result = operator(short, bank, valid)
    for n, box in itertools.product(range(2), range(BOXES)):
        updated, slots = operator.reduce_short(short[n, box]), operator.reduce_bank(bank[n])
        for layer in operator.layers:
            weights = torch.softmax(layer.phi(slots) @ layer.theta(updated) / 2, dim=0)  # 2 = sqrt(dim); no masking
            read = weights @ layer.g(slots)
            if pre_activation:
                normed = (read - read.mean()) / (read.var(correction=0) + 1e-5).sqrt()
                updated = updated + layer.out(normed.clamp(min=0))
            else:
                out = layer.out(read)
                updated = (updated + (out - out.mean()) / (out.var(correction=0) + 1e-5).sqrt()).clamp(min=0)
        torch.testing.assert_close(result[n, box], updated)


def test_a_new_operator_returns_the_reduced_feature_and_learns() -> None:
    operator = NonLocalOperator(6, dim=4, layers=2, dropout=0.0)
    short, bank, valid = padded(rows=3, padding=0)
    result = operator(short, bank, valid)
    assert torch.equal(result, operator.reduce_short(short))
    result.sum().backward()
    assert all(layer.out.weight.grad.abs().sum() > 0 for layer in operator.layers)


def test_weights_start_at_the_released_scale_and_narrow_ones_at_the_same_gain() -> None:
    torch.manual_seed(0)
    for inputs, dim in ((2048, 512), (128, 32)):
        operator = NonLocalOperator(inputs, dim)
        narrowing = (2048 / inputs) ** 0.5
        for layer in (operator.reduce_bank, operator.layers[0].theta):
            assert layer.weight.std().item() == pytest.approx(0.01 * narrowing, rel=0.05)
            assert not layer.bias.any()


def test_dropout_acts_in_training_only() -> None:
    operator, (short, bank, valid) = opened(), padded(rows=3, padding=0)
    assert torch.equal(operator(short, bank, valid), operator(short, bank, valid))
    operator.train()
    assert not torch.equal(operator(short, bank, valid), operator(short, bank, valid))


@settings(max_examples=20)
@given(rows=st.integers(1, 5), padding=st.integers(1, 4), kind=st.sampled_from(["nl", "avg", "max"]))
def test_masked_padding_changes_nothing(rows: int, padding: int, kind: str) -> None:
    short, bank, valid = padded(rows, padding)
    bank = bank - 1.0  # negative features, so that even the maximum would see an empty slot
    bank[:, rows:] = 0.0
    operator = opened(mask_padding=True) if kind == "nl" else PoolOperator(6, kind, mask_padding=True)
    torch.testing.assert_close(operator(short, bank, valid), operator(short, bank[:, :rows], valid[:, :rows]))


@pytest.mark.parametrize("kind", ["nl", "avg", "max"])
def test_padding_takes_part_by_default(kind: str) -> None:
    short, bank, valid = padded(rows=3, padding=2)
    operator = opened() if kind == "nl" else PoolOperator(6, kind)
    change = (operator(short, bank, valid) - operator(short, bank[:, :3], valid[:, :3])).abs().max()
    assert (change > 1e-4) == (kind != "max")  # features are not negative: zeros are never the maximum
    if kind == "avg":
        mean = bank[:, :3].sum(dim=1, keepdim=True) / 5
        torch.testing.assert_close(operator(short, bank, valid), mean.expand(-1, BOXES, -1))


@pytest.mark.parametrize("kind", ["avg", "max"])
def test_an_empty_bank_reads_zeros_when_masked(kind: str) -> None:
    short, bank, valid = padded(rows=0, padding=3)
    assert torch.equal(PoolOperator(6, kind, mask_padding=True)(short, bank, valid), torch.zeros(2, BOXES, 6))


def test_an_empty_bank_leaves_attention_finite_when_masked() -> None:
    operator, (short, bank, valid) = opened(mask_padding=True), padded(rows=0, padding=3)
    result = operator(short, bank, valid)
    result.sum().backward()
    assert result.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in operator.parameters())


def test_the_short_term_operator_is_the_same_operator_on_the_clips_own_steps() -> None:
    torch.manual_seed(0)
    sto = ShortTermOperator(6, dim=4).eval()
    nl = NonLocalOperator(6, dim=4).eval()
    nl.load_state_dict(sto.state_dict())
    steps, valid = torch.rand(2, 5, 6), torch.ones(2, 5, dtype=torch.bool)
    short = steps.mean(dim=1, keepdim=True)
    assert torch.equal(sto(short, steps, valid), nl(short, steps, valid))
    assert (sto.reads, nl.reads) == ("steps", "bank")
