import json
import sys
from pathlib import Path

import pytest
from made_up_runs import write_run
from pydantic import ValidationError

from longvideo.files.figure_record import read_figure
from longvideo.specs.figure import FIGURE, ResolvedFigure
from longvideo.specs.load import load_figure, load_table
from longvideo.steps.tabulate import main, make_cells
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.terminal import figure_text

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


def drawn(name, seeds, tmp_path, monkeypatch):
    """Draw a figure of the metrics in a folder; return its record."""
    resolved = ResolvedFigure(
        figure=load_figure(name, CONFIG), run="mini", scale="mini", seeds=seeds, datasets={"a": "miniworld_a"}
    )
    paths = {"--out-picture": tmp_path / "a.svg", "--out-record": tmp_path / "a.svg.json"}
    flags = {"--spec": resolved.model_dump_json(), "--metrics-root": tmp_path, **paths}
    monkeypatch.setattr(sys, "argv", ["tabulate", "figure", *(str(word) for pair in flags.items() for word in pair)])
    main()
    assert (tmp_path / "a.svg").stat().st_size > 0
    return read_figure(tmp_path / "a.svg.json")


def test_a_figure_of_what_has_not_run_holds_the_printed_numbers_alone(tmp_path, monkeypatch):
    record = drawn("figure_4_7", (0,), tmp_path, monkeypatch)
    assert [(point.panel, point.note) for point in record.points if point.y is None] == [("ours", "not run")] * 4
    printed = {point.label: (point.x, point.y) for point in record.points if point.panel == "printed"}
    assert printed["CoViAR"] == (0.76, 90.4)
    assert printed["Res3D"] == (None, 85.8)


def test_claims_about_curves_are_judged_from_what_was_measured(tmp_path, monkeypatch):
    for found in load_figure("figure_6_3", CONFIG).measurements:
        for seed in (0, 1, 2):
            fast = found.experiment == "kinetics_slowfast/multigrid"
            accuracy, time = (0.9, 10.0) if fast else (0.8 + seed / 100, 30.0 + seed)
            write_run(tmp_path, found.experiment, seed, {"accuracy": (accuracy, ""), "train_s": (time, "s")})
    record = drawn("figure_6_3", (0, 1, 2), tmp_path, monkeypatch)
    claims = {claim.id: claim for claim in record.claims}
    better, faster, falls = (
        claims[name] for name in ("better_trade_off", "better_trade_off_time", "baseline_declines")
    )
    assert (better.verdict, better.unit, round(better.difference, 6)) == ("holds", "%", 9)
    assert (faster.verdict, faster.unit, round(faster.difference, 6)) == ("holds", "s", 21)
    assert (falls.verdict, falls.difference) == ("undecided", 0)
    text = figure_text(record, False, 200)
    assert "multigrid accuracy minus" in text and "+9.00 points [+" in text and "+21.00 s [+" in text
    assert "0.3228 × the baseline's time, 90 %" in text


@pytest.mark.parametrize("place", [["a", "b"], {"experiment": "kinetics_slowfast/multigrid", "metric": "map"}])
def test_a_claim_about_curves_names_what_they_are_drawn_from(place):
    given = json.loads(load_figure("figure_6_3", CONFIG).model_dump_json())
    given["claims"][0]["left"] = place
    with pytest.raises(ValidationError, match="expected an experiment's train_s or accuracy"):
        FIGURE.validate_json(json.dumps(given))
