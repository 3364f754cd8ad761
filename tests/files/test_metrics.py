import json
import math

import pytest

from longvideo.errors import UserError
from longvideo.files.metrics import Metric, RunMetrics, is_dirty, measured, metrics_path, read_metrics, write_metrics


def make_run(**changes):
    values = {
        "experiment": "ava_lfb",
        "variant": "nl",
        "seed": 1,
        "scale": "mini",
        "dataset": "miniworld_ava-s1",
        "split": "test",
        "protocol": "lfb",
        "metrics": {"map": measured(31.25, "%"), "ap.3": measured(math.nan, "%")},
        "counts": {"boxes": 12},
        "commit": "abc",
        "device": "cpu",
        "spec_hash": "00ff",
        "software": {"torch": "2.12"},
    }
    return RunMetrics(**values | changes)


def test_a_run_comes_back_as_it_was_written_with_null_for_undefined(tmp_path):
    path = metrics_path(tmp_path, "ava_lfb/nl", 1)
    write_metrics(path, make_run())
    assert path == tmp_path / "ava_lfb" / "nl" / "s1.json"
    assert json.loads(path.read_text())["metrics"]["ap.3"] == {"value": None, "unit": "%"}
    assert read_metrics(path) == make_run()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_metric_holds_nan_or_infinity(value):
    with pytest.raises(ValueError, match="finite"):
        Metric(value=value, unit="%")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("seed", '"1"'), "seed"),
        (("metrics", '{"map": {"value": NaN, "unit": "%"}}'), "metrics.map.value"),
        (("metrics", '{"map": 3.5}'), "metrics.map"),
        (("surprise", "1"), "surprise"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(tmp_path, change, named):
    key, text = change
    path = tmp_path / "s1.json"
    values = {name: json.dumps(value) for name, value in make_run().model_dump(mode="json").items()} | {key: text}
    path.write_text("{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}")
    with pytest.raises(UserError, match=f"{named}: "):
        read_metrics(path)


@pytest.mark.parametrize("content", ["", "[1]", "{", "\0"])
def test_what_is_no_metrics_file_is_refused(tmp_path, content):
    path = tmp_path / "s1.json"
    path.write_text(content)
    with pytest.raises(UserError, match="not a metrics file"):
        read_metrics(path)


def test_a_missing_file_is_an_error_of_the_user(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_metrics(tmp_path / "s1.json")


def test_a_dirty_commit_is_known_by_its_mark():
    assert is_dirty("abc-dirty")
    assert not is_dirty("abc")
