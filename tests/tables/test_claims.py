import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from longvideo.tables.claims import (
    FAILS,
    HOLDS,
    NOT_TESTABLE,
    UNDECIDED,
    judge,
    judge_greater,
    judge_no_gain,
    judge_trend,
)

# Multiples of 1/8 add and subtract without rounding, so that exact statements stay exact.
values = st.integers(-4000, 4000).map(lambda number: number / 8)
pairs = st.lists(st.tuples(values, values), min_size=2, max_size=6)
SWAPPED = {HOLDS: FAILS, FAILS: HOLDS, UNDECIDED: UNDECIDED}


def by_seed(numbers):
    return dict(enumerate(numbers))


@given(pairs)
def test_swapping_the_sides_flips_the_verdict(numbers):
    left, right = (by_seed(side) for side in zip(*numbers))
    forward, backward = judge_greater(left, right), judge_greater(right, left)
    assert backward.verdict == SWAPPED[forward.verdict]
    assert (backward.low, backward.high) == (-forward.high, -forward.low)


@given(pairs, values)
def test_adding_a_constant_to_both_sides_changes_nothing(numbers, constant):
    left, right = (by_seed(side) for side in zip(*numbers))
    moved = [{seed: value + constant for seed, value in side.items()} for side in (left, right)]
    assert judge_greater(*moved) == judge_greater(left, right)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=6))
def test_identical_values_are_undecided(numbers):
    same = by_seed(numbers)
    assert judge_greater(same, same).verdict == UNDECIDED
    assert judge_trend([same, same, same], [3, 5, 10]).verdict == UNDECIDED


@given(st.lists(values, min_size=2, max_size=8))
def test_the_interval_is_that_of_scipys_one_sample_t_test(numbers):
    assume(len(set(numbers)) > 1)
    expected = stats.ttest_1samp(numbers, 0).confidence_interval(0.95)
    verdict = judge(by_seed(numbers))
    assert (verdict.low, verdict.high) == pytest.approx(tuple(expected), rel=1e-9, abs=1e-9)


def test_pairing_decides_what_independent_means_would_not():
    left, right = {0: 60.0, 1: 40.0, 2: 20.0}, {0: 59.0, 1: 39.1, 2: 18.9}
    assert judge_greater(left, right).verdict == HOLDS
    assert judge_greater(left, {0: 39.1, 1: 18.9, 2: 59.0}).verdict == UNDECIDED


def test_only_seeds_that_have_both_sides_count():
    verdict = judge_greater({0: 2.0, 1: 3.0, 2: 4.0}, {1: 1.0, 2: 1.9, 7: 0.0})
    assert verdict.seeds == (1, 2)
    assert verdict.difference == pytest.approx(2.05)


@pytest.mark.parametrize(("left", "right"), [({}, {}), ({0: 1.0}, {1: 1.0}), ({0: 9.0}, {0: 1.0})])
def test_below_two_seeds_nothing_is_decided(left, right):
    verdict = judge_greater(left, right)
    assert verdict.verdict == NOT_TESTABLE
    assert "seed" in verdict.reason


def test_a_trend_is_the_slope_per_doubling():
    cells = [{0: 10.0 + 2 * math.log2(x), 1: 5.0 + 4 * math.log2(x)} for x in (2, 3, 60)]
    assert judge_trend(cells, [2, 3, 60]).difference == pytest.approx(3.0)


def test_a_falling_trend_is_the_same_slope_downwards():
    cells = [{0: 10.0 - x, 1: 12.0 - x} for x in (1, 2, 4)]
    assert judge_trend(cells, [1, 2, 4]).verdict == FAILS
    assert judge_trend(cells, [1, 2, 4], falls=True).verdict == HOLDS


@pytest.mark.parametrize("x", [[1, 2], [1, 1, 1], [0, 1, 2]])
def test_a_trend_without_usable_x_is_refused(x):
    with pytest.raises(ValueError, match="trend"):
        judge_trend([{0: 1.0, 1: 1.0}] * 3, x)


BASE, REAL = {0: 20.0, 1: 22.0, 2: 24.0}, {0: 30.0, 1: 32.5, 2: 33.5}


@pytest.mark.parametrize(("kept", "expected"), [(0.0, HOLDS), (0.1, HOLDS), (0.4, FAILS), (1.0, FAILS)])
def test_a_control_holds_when_it_keeps_less_than_its_share(kept, expected):
    control = {seed: BASE[seed] + kept * (REAL[seed] - BASE[seed]) for seed in BASE}
    verdict = judge_no_gain(control, BASE, REAL, share=0.25)
    assert verdict.verdict == expected
    assert "the real thing +10.00" in verdict.reason


def test_a_control_has_nothing_to_show_where_the_real_gain_is_not_shown():
    harmful = {seed: value - 10 for seed, value in BASE.items()}
    verdict = judge_no_gain({seed: value - 20 for seed, value in BASE.items()}, BASE, harmful, share=0.25)
    assert verdict.verdict == NOT_TESTABLE
    assert "no gain is shown" in verdict.reason
