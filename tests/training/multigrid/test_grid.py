import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.training.multigrid.grid import LONG_FACTORS, Grid, NormSplit, norm_split, scaled_grid, short_cycle
from longvideo.training.multigrid.settings import SETTINGS

K400 = Grid(64, 32, 224)


def test_base_shapes_are_those_of_the_release():
    assert [scaled_grid(K400, *factors) for factors in LONG_FACTORS] == [
        Grid(8 * 64, 8, 158), Grid(4 * 64, 16, 158), Grid(2 * 64, 16, 224), Grid(64, 32, 224)
    ]  # fmt: skip
    assert scaled_grid(Grid(4, 32, 320), 1, 0.5**0.5).size == 226


def test_sides_can_be_of_a_multiple_which_changes_nothing_else():
    cycle = short_cycle(K400, 0.5, 1, multiple=32)
    assert [grid.size for grid in cycle] == [128, 160, 224]  # 112 lies between 96 and 128
    assert [grid._replace(size=0) for grid in cycle] == [grid._replace(size=0) for grid in short_cycle(K400, 0.5, 1)]


@pytest.mark.parametrize(
    ("factors", "sizes", "multiples"),
    [
        (LONG_FACTORS[0], [112, 158, 158], [2, 1, 1]),
        (LONG_FACTORS[1], [112, 158, 158], [2, 1, 1]),
        (LONG_FACTORS[2], [112, 158, 224], [4, 2, 1]),
        (LONG_FACTORS[3], [112, 158, 224], [4, 2, 1]),
    ],
)
def test_the_short_cycle_is_around_the_full_side_not_the_current_one(factors, sizes, multiples):
    cycle = short_cycle(K400, *factors)
    assert [grid.size for grid in cycle] == sizes
    assert [grid.batch / cycle[-1].batch for grid in cycle] == multiples
    assert {grid.frames for grid in cycle} == {cycle[-1].frames}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_batch_of_the_thesis_costs_the_same(name):
    base = SETTINGS[name].baseline.grid
    grids = {grid for factors in LONG_FACTORS for grid in short_cycle(base, *factors)}
    assert all(grid.points / base.points == pytest.approx(1, abs=0.01) for grid in grids)


@given(
    base=st.builds(Grid, st.integers(16, 512), st.integers(1, 64), st.integers(64, 352)),
    time=st.floats(0.1, 1),
    space=st.floats(0.25, 1),
)
def test_every_batch_costs_about_the_same(base, time, space):
    grid = scaled_grid(base, time, max(space, 50 / base.size))
    assert 1 <= grid.frames <= base.frames and grid.size <= base.size
    assert grid.points / base.points == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("batch", "devices", "splits"),
    [
        # The releases' recipes for Kinetics-400 and for the two smaller data sets, and the thesis' for Kinetics-400.
        (64, 8, [(8, 1), (4, 1), (2, 1), (1, 1)]),
        (16, 8, [(2, 1), (1, 1), (1, 2), (1, 4)]),
        (512, 128, [(4, 1), (2, 1), (1, 1), (1, 2)]),
        (8, 1, [(8, 1), (4, 1), (2, 1), (1, 1)]),
        (8, 0, [(8, 1), (4, 1), (2, 1), (1, 1)]),
        (3, 2, [(1, 1), (1, 1), (1, 2), (1, 2)]),
    ],
)
def test_batch_norm_sees_about_eight_clips(batch, devices, splits):
    bases = [scaled_grid(Grid(batch, 32, 224), *factors).batch for factors in LONG_FACTORS]
    assert [norm_split(base, devices) for base in bases] == [NormSplit(*split) for split in splits]


def test_with_the_short_cycle_batch_norm_sees_up_to_four_times_as_many():
    cycle = short_cycle(K400, 1, 1)
    splits = norm_split(cycle[-1].batch, 8).splits
    assert [grid.batch / 8 / splits for grid in cycle] == [32, 16, 8]
