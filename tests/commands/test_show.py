"""`show`, `tables`, `claims` and `release` on results that the tabulate step itself has made."""

import argparse
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from made_up_runs import write_run

from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.figure_record import FigureRecord, write_figure
from longvideo.files.layout import Layout
from longvideo.files.metrics import metrics_path
from longvideo.graph import Workspace, as_argument
from longvideo.specs.load import load_scale, load_table
from longvideo.steps import tabulate

REPOSITORY = Path(__file__).parents[2]
TARGET = "table_7_2c"


def call(capsys, *words):
    module = import_module(f"longvideo.commands.{words[0]}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    module.run(parser.parse_args(words[1:]))
    return capsys.readouterr().out


def write_runs(commit="abc", gain=1.0):
    for found in load_table(TARGET).measurements:
        for seed in (0, 1, 2):
            value = 40.0 + seed + (gain * (10 + seed / 8) if found.experiment.endswith("/nl") else 0.0)
            metrics = dict.fromkeys(("map", "groups.SCENE_PAST"), (value, "%"))
            write_run(Path("results/mini/metrics"), found.experiment, seed, metrics, commit=commit)


def make_table(monkeypatch, target=TARGET):
    workspace = Workspace(load_scale("mini"))
    table = workspace.files.table(target)
    flags = {
        "--table": f"config/tables/{target}.yaml",
        "--spec": as_argument(workspace.resolved_table(target)),
        "--metrics-root": "results/mini/metrics",
        "--out-json": table["json"],
        "--out-markdown": table["markdown"],
        "--out-headline": f"results/mini/summary/{target}.json",
    }
    monkeypatch.setattr(sys, "argv", ["tabulate", "table", *(word for pair in flags.items() for word in pair)])
    tabulate.main()


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    (tmp_path / "config").symlink_to(REPOSITORY / "config")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(workplace, monkeypatch):
    write_runs()
    make_table(monkeypatch)
    return workplace


def test_a_made_table_shows_ours_the_printed_numbers_and_verdicts(made, capsys):
    text = call(capsys, "show", TARGET)
    assert "51.1 ± 0.6" in text
    assert "25.5" in text
    assert "holds: The non-local operator beats average pooling of the bank." in text
    assert "undecided: A bank that is average pooled still beats no bank." in text
    assert "holds: With the bank of another video, less than a quarter" in text
    assert "\x1b" not in text


def test_json_has_the_value_of_every_seed(made, capsys):
    record = json.loads(call(capsys, "show", TARGET, "--json"))
    cell = next(cell for cell in record["cells"] if (cell["row"], cell["column"]) == ("nl", "map"))
    assert cell["per_seed"] == {"0": 50.0, "1": 51.125, "2": 52.25}
    assert cell["printed"] == 25.5
    assert len(record["runs"]) == 15


def test_the_markdown_says_what_the_terminal_says(made):
    text = Path(f"results/mini/tables/{TARGET}.md").read_text()
    assert "| **NL** | 51.1 ± 0.6 | undefined |" in text
    assert "not comparable" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["table_7_2x"], "did you mean table_7_2"),
        (["../../etc/passwd"], "'longvideo tables' lists all"),
        (["table_8_1"], "not built yet"),
        ([TARGET], f"`snakemake -c2 {TARGET}`"),
        (["table_7_1"], "`snakemake -c1 table_7_1`"),
        ([TARGET, "--scale", "paper"], f"`snakemake -c2 {TARGET} --config scale=paper`"),
        ([TARGET, "--dataset", "ava"], f"`snakemake -c2 {TARGET} --config dataset=ava`"),
        ([TARGET, "--scale", "papr"], "did you mean 'paper'"),
    ],
)
def test_what_cannot_be_shown_says_what_to_do(workplace, capsys, words, said):
    with pytest.raises(UserError) as caught:
        call(capsys, "show", *words)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_from_outside_the_repository_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="root of the repository"):
        call(capsys, "tables")


def test_all_targets_of_both_documents_are_listed_with_their_state(made, capsys):
    lines = call(capsys, "tables").splitlines()
    targets = [line.split()[0] for line in lines if line.split()[:1] and "_" in line.split()[0]]
    assert len(set(targets)) == len(targets) == 76
    by_target = {line.split()[0]: line for line in lines if line}
    assert "10 measured, 10 undefined" in by_target[TARGET]
    assert "hold" in by_target[TARGET]
    assert "not run" in by_target["table_7_2a"]
    assert "not built yet" in by_target["table_8_1"]


def test_a_figure_says_where_its_picture_lies_and_what_it_is_of(workplace, capsys):
    with pytest.raises(UserError, match="`snakemake -c2 figure_4_2`"):
        call(capsys, "show", "figure_4_2")
    assert "not drawn" in next(line for line in call(capsys, "tables").splitlines() if line.startswith("figure_4_2"))
    paths = Layout(Path("results/mini")).figure("figure_4_2", "png")
    record = FigureRecord(
        target="figure_4_2",
        document="thesis",
        where="Figure 4.2",
        title="A title",
        note="A note.",
        scale="mini",
        run="mini",
        datasets={"ucf101": "miniworld_ucf"},
        data=("miniworld_ucf-s0",),
        seeds=(0,),
        facts={"video": "v_A"},
        commit="abc",
    )
    write_figure(Path(paths["record"]), record)
    write_text(Path(paths["picture"]), "a picture")
    text = call(capsys, "show", "figure_4_2")
    assert all(part in text for part in ("Figure 4.2: A title", "data miniworld_ucf-s0", "video: v_A", "A note."))
    assert text.splitlines()[-1] == "Picture: results/mini/figures/figure_4_2.png"
    assert json.loads(call(capsys, "show", "figure_4_2", "--json"))["facts"] == {"video": "v_A"}
    assert "drawn" in next(line for line in call(capsys, "tables").splitlines() if line.startswith("figure_4_2"))


def test_claims_of_all_tables_are_listed_and_counted(made, capsys):
    text = call(capsys, "claims", "--brief")
    assert "holds: The non-local operator beats max pooling of the bank." in text
    assert "wait for `snakemake -c2 table_7_2a`" in text and "wait for `snakemake -c2 figure_6_3`" in text
    assert text.splitlines()[-1].startswith("7 claims: ")


def test_released_numbers_are_shown_where_there_are_no_others(made, capsys):
    assert call(capsys, "release").startswith("results/released/mini: 17 files copied")
    assert "17 were the same already" in call(capsys, "release")
    before = call(capsys, "show", TARGET, "--json")
    (made / "results/mini").rename(made / "elsewhere")
    assert call(capsys, "show", TARGET, "--json") == before
    assert "released with the repository" in call(capsys, "show", TARGET)
    assert "10 released" in call(capsys, "tables")


def test_numbers_of_uncommitted_code_are_released_only_on_demand(workplace, monkeypatch, capsys):
    write_runs(commit="abc-dirty")
    make_table(monkeypatch)
    with pytest.raises(UserError, match="dirty"):
        call(capsys, "release")
    assert not Path("results/released").exists()
    call(capsys, "release", "--allow-dirty")
    assert Path(f"results/released/mini/tables/{TARGET}.json").is_file()


def test_a_broken_metrics_file_stops_the_release_before_the_first_copy(made, capsys):
    metrics_path(Path("results/mini/metrics"), "ava_lfb/nl", 2).write_text("{}")
    with pytest.raises(UserError, match="not a metrics file"):
        call(capsys, "release")
    assert not Path("results/released").exists()


def test_a_table_over_a_quantity_gets_a_plot(workplace, monkeypatch):
    make_table(monkeypatch, "table_7_2a")
    assert Path("results/mini/figures/table_7_2a.svg").is_file()
    assert "not run" in Path("results/mini/tables/table_7_2a.md").read_text()


def test_showing_imports_nothing_heavy():
    modules = ["show", "tables", "claims", "release"]
    code = f"import sys\nfor name in {modules}: __import__('longvideo.commands.' + name)\n"
    code += "print([name for name in ('torch', 'pandas', 'scipy', 'matplotlib', 'numpy') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"
