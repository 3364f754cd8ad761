import pytest
from made_up_runs import write_run

from longvideo.errors import UserError
from longvideo.tables.collect import MetricsFolder, gaps_in_words


def put(root, experiment_id, seed, value, unit="%", path_seed=None, device="cpu"):
    write_run(root, experiment_id, seed, {"map": (value, unit)}, path_seed, device=device)


def test_mean_and_errors_are_those_over_the_seeds(tmp_path):
    for seed, value in enumerate((10.0, 12.0, 17.0)):
        put(tmp_path, "a/b", seed, value)
    found = MetricsFolder(tmp_path, [0, 1, 2]).measure("a/b", "map", "%")
    assert found.state == "measured"
    assert found.per_seed == {0: 10.0, 1: 12.0, 2: 17.0}
    assert found.mean == pytest.approx(13.0)
    assert found.deviation == pytest.approx(13**0.5)
    assert found.error == pytest.approx((13 / 3) ** 0.5)


def test_what_has_not_run_stays_empty_and_is_named(tmp_path):
    put(tmp_path, "a/b", 0, 10.0)
    put(tmp_path, "a/b", 2, None)
    folder = MetricsFolder(tmp_path, [0, 1, 2])
    some, none = folder.measure("a/b", "map"), folder.measure("a/c", "map")
    assert (some.state, some.per_seed, some.error) == ("partial", {0: 10.0}, None)
    assert some.missing == {1: "not run", 2: "undefined"}
    assert (none.state, none.mean) == ("not run", None)
    assert folder.measure("a/b", "groups.CLIP").state == "undefined"
    assert gaps_in_words([some, none]) == [
        "not run for seed 1: a/b map",
        "undefined for seed 2: a/b map",
        "not run for seeds 0, 1, 2: a/c map",
    ]


def test_only_the_seeds_of_the_run_count(tmp_path):
    put(tmp_path, "a/b", 0, 10.0)
    put(tmp_path, "a/b", 7, 99.0)
    assert MetricsFolder(tmp_path, [0]).measure("a/b", "map").per_seed == {0: 10.0}


def test_fractions_become_percent_and_other_units_are_refused(tmp_path):
    put(tmp_path, "a/b", 0, 0.25, unit="")
    put(tmp_path, "a/c", 0, 3.0, unit="ms")
    folder = MetricsFolder(tmp_path, [0])
    assert folder.measure("a/b", "map", "%").per_seed == {0: 25.0}
    assert folder.measure("a/b", "map").per_seed == {0: 0.25}
    with pytest.raises(UserError, match="unit '%', found 'ms'"):
        folder.measure("a/c", "map", "%")


def test_metrics_of_another_run_under_this_name_are_refused(tmp_path):
    put(tmp_path, "a/b", 5, 10.0, path_seed=0)
    with pytest.raises(UserError, match="expected metrics of a/b seed 0, found a/b seed 5"):
        MetricsFolder(tmp_path, [0]).measure("a/b", "map")


def test_a_mean_or_a_difference_is_taken_seed_by_seed(tmp_path):
    for seed, (first, second) in enumerate(((10.0, 30.0), (12.0, 20.0), (17.0, None))):
        put(tmp_path, "a/b", seed, first)
        put(tmp_path, "a/c", seed, second)
    folder = MetricsFolder(tmp_path, [0, 1, 2])
    mean = folder.combine([(0.5, "a/b", "map"), (0.5, "a/c", "map")], "%")
    assert (mean.per_seed, mean.missing, mean.state) == ({0: 20.0, 1: 16.0}, {2: "undefined"}, "partial")
    assert mean.name == "mean of a/b, a/c map"
    gain = folder.combine([(1.0, "a/c", "map"), (-1.0, "a/b", "map")], "%")
    assert gain.per_seed == {0: 20.0, 1: 8.0} and gain.name == "a/c - a/b map"
    assert folder.combine([(1.0, "a/b", "map")], "%") == folder.measure("a/b", "map", "%")


def test_a_ratio_is_taken_seed_by_seed_of_one_device(tmp_path):
    for seed, (over, under, device) in enumerate(
        ((6.0, 2.0, "cpu"), (5.0, 2.0, "cpu"), (9.0, 1.0, "gpu"), (1.0, 0.0, "cpu"))
    ):
        put(tmp_path, "a/b", seed, over, unit="s")
        put(tmp_path, "a/c", seed, under, unit="s", device=device)
    put(tmp_path, "a/b", 4, 1.0, unit="s")
    found = MetricsFolder(tmp_path, range(5)).ratio([(1.0, "a/b", "map")], [(1.0, "a/c", "map")])
    assert found.per_seed == {0: 3.0, 1: 2.5} and found.name == "a/b / a/c map" and found.state == "partial"
    assert found.missing == {2: "measured on different devices", 3: "undefined", 4: "not run"}
    assert "measured on different devices for seed 2: a/b / a/c map" in gaps_in_words([found])
