from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.sampler import GridPlan, GridSampler, Sample
from longvideo.training.multigrid.schedule import Baseline, MultigridSchedule


def a_schedule(epochs=8, batch=4, **options) -> MultigridSchedule:
    return multigrid_schedule(Baseline(epochs, 0.1, Grid(batch, 8, 64), (epochs / 2, 3 * epochs / 4)), **options)


@st.composite
def trainings(draw: st.DrawFn):
    """Schedules of all kinds with the plans of all processes."""
    world = draw(st.integers(1, 5))
    options = {name: draw(st.booleans()) for name in ("long", "short", "fine_tune", "whole_epochs")}
    batch = draw(st.integers(world, 40))
    schedule = a_schedule(draw(st.integers(2, 9)), batch, epoch_factor=draw(st.floats(0.6, 2)), **options)
    videos, seed = draw(st.integers(world, 300)), draw(st.integers(0, 2**31))
    return [GridPlan(schedule, videos, seed, rank, world) for rank in range(world)], videos


def epoch_of(plan: GridPlan, step: int) -> int:
    return next(epoch for epoch in range(10**6) if step in plan.steps_of(epoch))


@given(trainings())
def test_each_video_is_seen_once_per_epoch_whatever_the_number_of_processes(training):
    plans, videos = training
    schedule = plans[0].schedule
    seen = 0
    for epoch in range(int(schedule.epochs)):
        steps = plans[0].steps_of(epoch)
        found = [video for step in steps for plan in plans for video in plan[step].videos]
        assert sorted(found) == list(range(videos))
        seen += len(steps)
    # What is left of an epoch in which the schedule ends.
    rest = [video for step in range(seen, len(plans[0])) for plan in plans for video in plan[step].videos]
    expected = round(schedule.epochs % 1 * videos)
    assert len(set(rest)) == len(rest) == (expected if expected >= len(plans) else 0)


@given(trainings())
def test_a_batch_is_shared_evenly_and_no_small_rest_is_left(training):
    plans, _ = training
    schedule, world = plans[0].schedule, len(plans)
    smallest = min(grid.batch for stage in schedule.stages for grid in stage.grids)
    for step in range(len(plans[0])):
        draws = [plan[step] for plan in plans]
        first = draws[0]
        assert {draw.grid for draw in draws} == {first.grid} and {draw.stage for draw in draws} == {first.stage}
        shares = [len(draw.videos) for draw in draws]
        assert min(shares) >= 1 and max(shares) - min(shares) <= 1
        assert [place for draw in draws for place in draw.places] == list(range(first.grid.batch))
        asked = schedule.stages[first.stage].grids[step % len(schedule.stages[first.stage].grids)]
        assert (first.grid.frames, first.grid.size) == (asked.frames, asked.size)
        assert first.grid.batch <= asked.batch or first.grid.batch < 2 * world
        assert first.grid.batch >= smallest // 2 or len(plans[0].steps_of(epoch_of(plans[0], step))) == 1
        assert first.epoch < schedule.epochs
        assert plans[0].rate(step) == schedule.rate(first.epoch)


@settings(max_examples=50)
@given(trainings(), st.data())
def test_it_goes_on_from_any_update_and_says_how_many_there_are(training, data):
    plans, videos = training
    plan = plans[-1]
    everything = list(GridSampler(plan))
    assert len(everything) == len(GridSampler(plan)) == len(plan) == plan.steps == sum(plan.steps_by_stage())
    start = data.draw(st.integers(0, len(plan)))
    again = GridPlan(plan.schedule, videos, plan._seed, plan._rank, plan._world)
    rest = GridSampler(again, range(start, len(again)))
    assert len(rest) == len(plan) - start
    assert list(rest) == everything[start:]
    with pytest.raises(IndexError):
        plan[len(plan)]


@given(videos=st.integers(6, 200), world=st.integers(2, 3), seed=st.integers(0, 99))
def test_batches_do_not_depend_on_the_number_of_processes(videos, world, seed):
    schedule = a_schedule(batch=6)
    alone = GridPlan(schedule, videos, seed)
    shared = [GridPlan(schedule, videos, seed, rank, world) for rank in range(world)]
    assert len(alone) == len(shared[0])
    for step in range(0, len(alone), 7):
        assert alone[step].videos == sum((plan[step].videos for plan in shared), ())


def test_updates_are_as_many_as_the_schedule_says():
    schedule = a_schedule(epochs=12, batch=16)
    videos = 256 * 3 * 8  # whole short cycles in each epoch, of all stages
    plan = GridPlan(schedule, videos, 0)
    wanted = [(stage.end - stage.start) * videos / stage.mean_batch for stage in schedule.stages]
    assert plan.steps_by_stage() == pytest.approx(wanted, rel=0.02, abs=2)
    shapes = Counter(plan[step].grid[1:] for step in plan.steps_of(0))
    assert set(shapes) == {(2, 32), (2, 45)}
    assert shapes[2, 45] == pytest.approx(2 * shapes[2, 32], abs=3)


def test_epochs_and_seeds_differ_in_their_order_and_small_data_sets_see_every_shape():
    schedule = a_schedule(long=False)
    first, second = (GridPlan(schedule, 40, seed) for seed in (0, 1))
    again = first.steps_of(1).start
    assert first[0].videos[:4] not in (second[0].videos[:4], first[again].videos[:4])
    # One batch per epoch: the short cycle goes on in the next epoch.
    few = GridPlan(schedule, 4, 0)
    assert [few[step].grid.size for step in range(6)] == [32, 45, 64] * 2


def test_samples_say_what_to_read():
    plan = GridPlan(a_schedule(), 100, 0, 1, 2)
    samples = next(iter(GridSampler(plan, plan.steps_of(3))))
    draw = plan[plan.steps_of(3).start]
    assert samples[0] == Sample(
        draw.videos[0], draw.grid.frames, draw.grid.size, plan.steps_of(3).start, draw.grid.batch // 2
    )


@pytest.mark.parametrize(
    ("videos", "batch", "world", "message"),
    [
        (3, 8, 4, "expected a video for each of 4 processes in every batch, found 3 videos and batches of 8"),
        (30, 2, 4, "found 30 videos and batches of 2"),
        (0, 2, 1, "found 0 videos"),
    ],
)
def test_too_many_processes_are_one_line(videos, batch, world, message):
    with pytest.raises(UserError) as error:
        GridPlan(a_schedule(batch=batch), videos, 0, 0, world)
    assert message in str(error.value) and "\n" not in str(error.value)
