"""Schedules of the authors' release and iteration factors that the thesis prints."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.grid import LONG_FACTORS, Grid
from longvideo.training.multigrid.schedule import Baseline
from longvideo.training.multigrid.settings import SETTINGS

# The released recipe: as the thesis', with 8 devices instead of 128.
K400 = Baseline(239, 0.1, Grid(64, 32, 224), (94, 154, 196), warmup_epochs=34, warmup_lr=0.01)
SSV2, CHARADES, I3D = (SETTINGS[name].baseline for name in ("ssv2", "charades", "i3d"))


def ends(schedule, fine_tuning=False):
    return [stage.end for stage in schedule.stages if stage.fine_tuning == fine_tuning]


@pytest.mark.parametrize(
    ("baseline", "cycles", "tuning"),
    [
        (K400, [73, 110, 142, 158, 205, 228, 248, 259, 291, 308, 322, 329], [343, 358]),
        # The last shape of the second cycle gets no epoch: ends are rounded, not lengths.
        (SSV2, [11, 16, 21, 24, 27, 28, 30, 30], [31, 33]),
        (CHARADES, [31, 47, 60, 67, 73, 76, 79, 80], [83, 86]),
        # By hand: each cycle takes 39.75 of 106 epochs' updates, 159 epochs in all.
        (I3D, [32, 49, 63, 70, 103, 119, 133, 140], [149, 159]),
    ],
)
def test_stages_end_as_in_the_release(baseline, cycles, tuning):
    schedule = multigrid_schedule(baseline)
    assert ends(schedule) == cycles
    assert ends(schedule, fine_tuning=True) == tuning
    assert schedule.epochs == tuning[-1]
    assert [stage.start for stage in schedule.stages] == [0, *[stage.end for stage in schedule.stages[:-1]]]


@pytest.mark.parametrize(
    ("drops", "total", "frames", "whole", "factors"),
    [
        ((94, 154, 196), 239, 32, True, (5.182, 3.423, 2.557)),
        ((150, 190), 230, 64, False, (5.156, 3.437, 2.578)),
        ((20, 24), 28, 64, False, (5.262, 3.508, 2.631)),
        ((37.5, 75), 100, 16, False, (4.896, 3.264, 2.448)),
        ((600, 1000), 1200, 8, False, (5.181, 3.454, 2.590)),
    ],
    ids=["k400", "ssv2", "charades", "i3d", "one_gpu"],
)
def test_so_many_fewer_updates(drops, total, frames, whole, factors):
    baseline = Baseline(total, 0.1, Grid(16, frames, 224), drops)
    found = [
        multigrid_schedule(baseline, epoch_factor=factor, whole_epochs=whole).iteration_factor for factor in (1, 1.5, 2)
    ]
    assert [round(value, 3) for value in found] == list(factors)


def test_learning_rates_follow_the_long_cycle_alone():
    schedule = multigrid_schedule(K400)
    in_lrs = [8, 4, 2, 1, 0.8, 0.4, 0.2, 0.1, 0.08, 0.04, 0.02, 0.01, 0.01, 0.001]
    assert [stage.lr / K400.lr for stage in schedule.stages] == pytest.approx(in_lrs)
    # The first half of fine-tuning has the last but one rate, the second half the last.
    assert schedule.rate(342.99) == pytest.approx(0.001)
    assert schedule.rate(343) == pytest.approx(0.0001)
    # The warm-up is as many epochs long as the baseline's, and leads to the scaled rate.
    assert [schedule.rate(epoch) for epoch in (0, 17, 34, 73)] == pytest.approx([0.01, 0.405, 0.8, 0.4])


def test_an_empty_stage_is_never_current():
    schedule = multigrid_schedule(SSV2)
    assert schedule.stages[7].start == schedule.stages[7].end == 30
    assert [schedule.stage_at(epoch) for epoch in (0, 29.99, 30, 32.99, 33)] == [0, 6, 8, 9, 9]


def test_long_cycles_without_short_ones_and_the_other_way_round():
    long = multigrid_schedule(K400, short=False)
    assert [stage.grids for stage in long.stages[:4]] == [
        (Grid(512, 8, 158),), (Grid(256, 16, 158),), (Grid(128, 16, 224),), (Grid(64, 32, 224),)
    ]  # fmt: skip
    assert long.stages[-1].base == K400.grid
    short = multigrid_schedule(K400, long=False, fine_tune=False)
    assert {stage.grids for stage in short.stages} == {(Grid(256, 32, 112), Grid(128, 32, 158), Grid(64, 32, 224))}
    assert ends(short) == [141, 231, 294, 358]
    assert [stage.lr for stage in short.stages] == pytest.approx([0.1, 0.01, 0.001, 0.0001])
    # A batch of 7/3 times as many clips: so many fewer updates for as many epochs.
    assert short.iteration_factor * short.epochs / K400.epochs == pytest.approx(7 / 3)


def test_without_cycles_it_is_the_baseline():
    schedule = multigrid_schedule(K400, long=False, short=False, epoch_factor=1)
    assert ends(schedule) == [94, 154, 196, 239]
    assert schedule.iteration_factor == schedule.relative_cost == 1
    assert {stage.grids for stage in schedule.stages} == {(K400.grid,)}


def test_a_single_cycle_has_each_shape_once_and_saves_more():
    single = multigrid_schedule(K400, cycles="single")
    assert [base for base, _ in groupby(stage.base for stage in single.stages)] == [
        grids.base for grids in multigrid_schedule(K400).stages[:4]
    ]
    assert not any(stage.fine_tuning for stage in single.stages)
    assert single.iteration_factor > multigrid_schedule(K400).iteration_factor
    # It is still at a part of the updates that the learning rate drops.
    exact = multigrid_schedule(K400, cycles="single", whole_epochs=False)
    before = sum(exact.iterations(stage) for stage in exact.stages if stage.level == 0)
    assert before * exact.iteration_factor == pytest.approx(94)


def test_a_cosine_falls_over_all_epochs_and_keeps_the_scaling():
    single = multigrid_schedule(K400, cycles="single", policy="cosine")
    assert len(single.stages) == 4
    multi = multigrid_schedule(K400, policy="cosine")
    assert [stage.end for stage in multi.stages] == [*ends(multigrid_schedule(K400)), 358]
    for schedule in (single, multi):
        middle = schedule.stages[schedule.stage_at(schedule.epochs / 2)]
        assert schedule.rate(schedule.epochs / 2) == pytest.approx(0.1 * middle.base.batch / 64 / 2)
        assert schedule.rate(schedule.epochs - 1e-6) < 1e-9


@given(
    drops=st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique_by=lambda drop: round(drop, 2)),
    batch=st.integers(1, 64),
    short=st.booleans(),
    fine_tune=st.booleans(),
    factor=st.floats(0.5, 3),
)
def test_each_shape_of_a_cycle_has_as_many_updates_and_each_rate_its_share(drops, batch, short, fine_tune, factor):
    baseline = Baseline(100, 0.1, Grid(batch, 32, 224), tuple(100 * drop for drop in sorted(drops)))
    schedule = multigrid_schedule(baseline, short=short, fine_tune=fine_tune, epoch_factor=factor, whole_epochs=False)
    assert schedule.epochs == pytest.approx(100 * factor)
    times = [0, *baseline.drop_at, 100]
    cycles = [
        list(stages) for _, stages in groupby((s for s in schedule.stages if not s.fine_tuning), lambda s: s.level)
    ]
    assert len(cycles) == len(times) - 1 - fine_tune
    for cycle, start, end in zip(cycles, times, times[1:], strict=False):
        updates = [schedule.iterations(stage) * schedule.iteration_factor for stage in cycle]
        assert updates == pytest.approx([(end - start) / 4] * 4)
    tuning = [schedule.iterations(stage) * schedule.iteration_factor for stage in schedule.stages if stage.fine_tuning]
    assert tuning == pytest.approx([(100 - times[-2]) / 2] * 2 if fine_tune else [])


@given(shapes=st.integers(1, 4), factor=st.floats(0.5, 8))
def test_updates_can_be_given_instead_of_epochs(shapes, factor):
    schedule = multigrid_schedule(K400, factors=LONG_FACTORS[-shapes:], iteration_factor=factor, whole_epochs=False)
    assert schedule.iteration_factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"drop_at": (20, 10)}, {}, "expected drops that rise between 0 and 30 epochs, found 20, 10"),
        ({"drop_at": (10, 30)}, {}, "found 10, 30"),
        ({"epochs": 0}, {}, "expected epochs, batch, frames, size and rates above 0"),
        ({"lr": float("nan")}, {}, "expected epochs, batch"),
        ({"drop_at": ()}, {}, "expected at least one drop of the learning rate before fine-tuning, found none"),
        ({}, {"factors": ((0.5, 1.5),)}, "above 0 and at most 1, found 0.5, 1.5"),
        ({}, {"factors": ()}, "above 0 and at most 1, found 0.5, 0.707107"),
        ({}, {"epoch_factor": 0}, "expected the factor of epochs or iterations to be above 0, found 0"),
        ({}, {"epoch_factor": 0.01}, "expected a schedule of at least an epoch, found 0.3"),
    ],
)  # fmt: skip
def test_what_makes_no_schedule_is_one_line(values, options, message):
    with pytest.raises(UserError) as error:
        multigrid_schedule(
            Baseline(**{"epochs": 30, "lr": 0.1, "grid": Grid(8, 8, 64), "drop_at": (10,)} | values), **options
        )
    assert message in str(error.value) and "\n" not in str(error.value)
