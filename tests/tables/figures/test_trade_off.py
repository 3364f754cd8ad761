import pytest
from test_speed_accuracy import put

from longvideo.files.figure_record import PointRecord
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.figures.trade_off import draw_trade_off, trained_point

METRICS = ("cnn_ms", "accuracy")


def test_a_point_is_the_mean_of_the_ratio_and_of_the_accuracy_over_seeds(tmp_path):
    for seed in (0, 1):
        put(tmp_path, "net/baseline", seed, cnn_ms=10.0 + 10 * seed, accuracy=0.5)
        put(tmp_path, "net/fast", seed, cnn_ms=5.0, accuracy=0.7 + 0.1 * seed)
    folder = MetricsFolder(tmp_path, [0, 1])
    point = trained_point("1.5×", folder, "net/fast", "net/baseline", METRICS)
    assert (point.x, point.y, point.note) == (pytest.approx(0.375), pytest.approx(75.0), "")
    assert trained_point("1.0×", folder, "net/baseline", "net/baseline", METRICS).x == 1
    missing = trained_point("1.0×", MetricsFolder(tmp_path, [0, 1, 2]), "net/fast", "net/baseline", METRICS)
    assert (missing.x, missing.y, missing.note) == (None, None, "not run")


def test_the_same_curves_give_the_same_bytes_and_what_has_not_run_says_so(tmp_path):
    curves = [
        ("slow", PointRecord(panel="ours", label="1.0×", note="not run")),
        ("slow", PointRecord(panel="printed", label="1.0×", x=1.0, y=75.6)),
        ("fast", PointRecord(panel="printed", label="1.5×", x=0.22, y=76.4)),
    ]
    for name in ("a.svg", "b.svg"):
        draw_trade_off(curves, ("ours", "printed"), tmp_path / name)
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    assert ">not run<" in text and text.count(">1.0×<") == 1 and ">1.5×<" in text and ">fast<" in text
