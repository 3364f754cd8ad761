import sys
from pathlib import Path

from longvideo.files.figure_record import read_figure
from longvideo.specs.figure import ResolvedFigure
from longvideo.specs.load import load_figure, load_table
from longvideo.steps.tabulate import main, make_cells
from longvideo.tables.collect import MetricsFolder

CONFIG = Path(__file__).parents[2] / "config"


def test_table_4_3_counts_without_data_and_says_where_it_differs(tmp_path):
    cells = make_cells(load_table("table_4_3", CONFIG), MetricsFolder(tmp_path, [0]))
    gflops = {cell.row: (format(cell.value, ".1f"), cell.matches) for cell in cells if cell.column == "gflops"}
    assert gflops == {
        "resnet50": ("3.9", False),
        "resnet152": ("11.3", True),
        "c3d": ("38.5", True),
        "res3d": ("20.3", False),
        "coviar": ("4.2", True),
    }
    assert {cell.row for cell in cells if cell.note} == {row for row, (_, same) in gflops.items() if not same}
    accuracy = [cell for cell in cells if cell.column != "gflops"]
    assert {(cell.row == "coviar", cell.quoted, cell.state) for cell in accuracy} == {
        (False, True, "printed"),
        (True, False, "not run"),
    }


def test_a_figure_of_what_has_not_run_holds_the_printed_numbers_alone(tmp_path, monkeypatch):
    resolved = ResolvedFigure(
        figure=load_figure("figure_4_7", CONFIG),
        run="mini",
        scale="mini",
        seeds=(0,),
        datasets={"ucf101": "miniworld_ucf"},
    )
    paths = {"--out-picture": tmp_path / "a.svg", "--out-record": tmp_path / "a.svg.json"}
    flags = {"--spec": resolved.model_dump_json(), "--metrics-root": tmp_path, **paths}
    monkeypatch.setattr(sys, "argv", ["tabulate", "figure", *(str(word) for pair in flags.items() for word in pair)])
    main()
    record = read_figure(tmp_path / "a.svg.json")
    assert [(point.panel, point.note) for point in record.points if point.y is None] == [("ours", "not run")] * 4
    printed = {point.label: (point.x, point.y) for point in record.points if point.panel == "printed"}
    assert printed["CoViAR"] == (0.76, 90.4)
    assert printed["Res3D"] == (None, 85.8)
    assert (tmp_path / "a.svg").stat().st_size > 0
