"""The schedules of chapter 6's experiments save as many updates as the thesis says, and those compared take as many."""

from pathlib import Path

import pytest

from longvideo.specs.load import load_experiment, load_scale
from longvideo.tasks.clips.inputs import schedule_of

CONFIG = Path(__file__).parents[2] / "config"
FEWER = {
    "kinetics_slowfast/multigrid": 3.4,
    "kinetics_i3d/multigrid": 3.3,
    "something_slowfast/multigrid_10": 5.2,
    "something_slowfast/multigrid": 3.4,
    "something_slowfast/multigrid_20": 2.6,
    "charades_slowfast/multigrid_10": 5.3,
    "charades_slowfast/multigrid": 3.5,
    "charades_slowfast/multigrid_20": 2.6,
}
AS_MANY = {
    "kinetics_slowfast/multigrid": ("shapes_1", "shapes_2", "shapes_3", "short_1", "short_2", "no_fine_tuning"),
    "kinetics_i3d/multigrid": ("baseline_shorter", "nl_baseline_shorter"),
    "something_slowfast/multigrid_10": ("baseline_52",),
    "something_slowfast/multigrid": ("baseline_34",),
    "something_slowfast/multigrid_20": ("baseline_26",),
    "charades_slowfast/multigrid_10": ("baseline_53",),
    "charades_slowfast/multigrid": ("baseline_35",),
    "charades_slowfast/multigrid_20": ("baseline_26",),
}


def fewer(experiment: str, scale: str) -> float:
    return schedule_of(load_experiment(experiment, load_scale(scale, CONFIG), CONFIG)).iteration_factor


def test_multigrid_saves_the_printed_updates():
    assert {name: round(fewer(name, "paper"), 1) for name in FEWER} == FEWER


@pytest.mark.parametrize("scale", ["mini", "paper"])
def test_what_is_compared_takes_as_many_updates(scale):
    for name, others in AS_MANY.items():
        for other in others:
            assert fewer(f"{name.split('/')[0]}/{other}", scale) == pytest.approx(fewer(name, scale))


@pytest.mark.parametrize("scale", ["mini", "paper"])
def test_baselines_of_other_lengths_are_longer_or_shorter(scale):
    for name, factor in (("baseline_025", 4), ("baseline_05", 2), ("baseline_15", 2 / 3), ("baseline_20", 0.5)):
        assert fewer(f"kinetics_slowfast/{name}", scale) == pytest.approx(factor)
