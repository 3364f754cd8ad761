import pytest
from made_up_runs import write_run

from longvideo.files.figure_record import PointRecord
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.figures.speed_accuracy import draw_speed, node_area, our_point


def put(root, experiment_id, seed, **values):
    units = {"accuracy": "", "film_bytes": "bytes"}
    write_run(root, experiment_id, seed, {name: (value, units.get(name, "ms")) for name, value in values.items()})


TIME = [("speed/a", "preprocess_ms"), ("speed/a", "cnn_ms")]
ACCURACY = [("net/1", "accuracy"), ("net/2", "accuracy")]
SIZE = [("speed/a", "film_bytes")]


def test_times_are_summed_and_accuracies_averaged_over_folds_and_seeds(tmp_path):
    for seed in (0, 1):
        put(tmp_path, "speed/a", seed, preprocess_ms=2.0 + seed, cnn_ms=10.0, film_bytes=500.0)
        put(tmp_path, "net/1", seed, accuracy=0.5)
        put(tmp_path, "net/2", seed, accuracy=0.7 + 0.1 * seed)
    point = our_point("A", MetricsFolder(tmp_path, [0, 1]), TIME, ACCURACY, SIZE)
    assert (point.x, point.y, point.size) == (pytest.approx(12.5), pytest.approx(62.5), 500)
    assert point.note == ""


def test_a_point_without_all_of_its_parts_is_not_drawn(tmp_path):
    put(tmp_path, "speed/a", 0, preprocess_ms=2.0, cnn_ms=10.0, film_bytes=500.0)
    point = our_point("A", MetricsFolder(tmp_path, [0]), TIME, ACCURACY, SIZE)
    assert (point.x, point.y, point.size, point.note) == (None, None, None, "not run")


def drawn(path, points):
    draw_speed(points, ("ours", "printed: Figure 9.9"), path)
    return path.read_text()


def test_what_has_not_run_and_what_has_no_printed_time_say_so(tmp_path):
    points = [
        (PointRecord(panel="ours", label="A", note="not run"), "compressed"),
        (PointRecord(panel="printed", label="A", x=0.76, y=90.4), "compressed"),
        (PointRecord(panel="printed", label="B", y=85.8, note="time not printed"), "rgb"),
    ]
    text = drawn(tmp_path / "a.svg", points)
    assert ">not run<" in text
    assert ">B (time not printed)<" in text
    assert text == drawn(tmp_path / "b.svg", points)


def test_a_nodes_area_is_in_proportion_to_its_input():
    assert node_area(9e4, 9e4) == 3 * node_area(3e4, 9e4)
    assert 0 < node_area(1.0, 9e4) < node_area(3e4, 9e4)
