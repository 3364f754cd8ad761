import pytest

from longvideo.files.table_record import CellRecord, ClaimRecord, HeadRecord, RunRecord, TableRecord
from longvideo.tables.render import markdown
from longvideo.tables.terminal import terminal

RUN = RunRecord(
    experiment="e",
    variant="a",
    seed=0,
    dataset="miniworld_ava-s0",
    split="test",
    protocol="lfb",
    commit="abc-dirty",
    device="cpu",
    spec_hash="00",
)


def cell(row, column="x", **values):
    return CellRecord(row=row, column=column, **{"state": "not run", "missing": {0: "not run"}, **values})


def make_table(*cells, claims=(), **changes):
    rows = dict.fromkeys(cell.row for cell in cells)
    values = {
        "target": "table_9_9",
        "document": "thesis",
        "where": "Table 9.9",
        "title": "Nothing",
        "note": "",
        "printed_protocol": "some validation set",
        "unit": "%",
        "format": ".1f",
        "scale": "mini",
        "run": "mini",
        "datasets": {"ava": "miniworld_ava"},
        "seeds": (0, 1, 2),
        "columns": (HeadRecord(key="x", label="X"),),
        "rows": tuple(HeadRecord(key=row, label=row.upper(), quoted=row == "q", ours_only=row == "o") for row in rows),
        "cells": cells,
        "claims": claims,
        "runs": (RUN,),
    }
    return TableRecord(**values | changes)


def grid(table):
    lines = [line for line in markdown(table).splitlines() if line.startswith("|")]
    return [[text.strip() for text in line.strip("|").split("|")] for line in lines[2:]]


def test_a_printed_number_never_appears_as_ours():
    table = make_table(cell("a", printed=25.5), cell("p", state="printed", missing={}, printed=17.0))
    assert grid(table) == [
        ["**A**", "not run"],
        ["*printed*", "*25.5*"],
        ["*P (printed)*", "*17.0*"],
    ]


def test_ours_carries_its_error_and_the_seeds_it_lacks():
    whole = cell("a", state="measured", value=40.06, error=0.51, per_seed={0: 40.0, 1: 40.12}, missing={})
    single = cell("b", state="measured", value=40.0, per_seed={0: 40.0}, missing={})
    partial = cell("c", state="partial", value=40.0, error=0.5, per_seed={0: 39.0, 1: 41.0}, missing={2: "not run"})
    texts = [row[1] for row in grid(make_table(whole, single, partial))]
    assert texts == ["40.1 ± 0.5", "40.0 (1 seed)", "40.0 ± 0.5 (2 of 3 seeds)"]


def test_quoted_rows_and_rows_of_ours_alone_are_marked():
    table = make_table(cell("q", state="printed", missing={}, printed=15.6, quoted=True), cell("o"))
    assert grid(table) == [["*Q (printed, quoted from others)*", "*15.6*"], ["**O (ours only)**", "not run"]]


def test_static_cells_say_whether_they_match():
    table = make_table(
        cell("a", state="static", missing={}, text="5×7×7", printed="5×7×7", matches=True),
        cell("b", state="static", missing={}, value=2.12, printed=2.0, matches=False),
    )
    assert [row[1] for row in grid(table)] == ["5×7×7 (matches)", "*5×7×7*", "2.1 (differs)", "*2.0*"]
    assert "procedural" not in markdown(table)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "from the procedural world and are not comparable"),
        ({"datasets": {"ava": "ava"}, "run": "mini-ava"}, "small models of scale mini on ava and are not comparable"),
        ({"scale": "paper", "run": "paper", "datasets": {"ava": "ava"}}, None),
    ],
)
def test_only_numbers_of_the_paper_scale_pass_as_comparable(changes, said):
    table = make_table(cell("a"), **changes)
    for text in (markdown(table), terminal(table, colour=False, width=200)):
        assert (said in text) if said else ("not comparable" not in text)


def test_where_the_numbers_come_from_is_said():
    text = markdown(make_table(cell("a")))
    for fact in ("miniworld_ava-s0", "seeds 0, 1, 2", "abc-dirty", "cpu", "lfb", "some validation set", "the thesis"):
        assert fact in text


CLAIM = ClaimRecord(
    id="c",
    kind="greater",
    text="A beats B.",
    source='9.9: "A wins"',
    verdict="holds",
    measure="a minus b",
    difference=1.25,
    low=0.5,
    high=2.0,
    seeds=(0, 1),
    reason="",
)


def test_a_claim_shows_verdict_interval_seeds_and_source():
    table = make_table(cell("a"), claims=(CLAIM,))
    for text in (markdown(table), terminal(table, colour=False, width=200)):
        assert "holds" in text
        assert "a minus b: +1.25 points [+0.50, +2.00], seeds 0, 1." in text
        assert 'Source: 9.9: "A wins"' in text


def test_colour_is_the_only_difference_that_colour_makes():
    table = make_table(cell("a", printed=1.0), claims=(CLAIM,))
    plain, coloured = (terminal(table, colour, 80) for colour in (False, True))
    assert "\x1b[" in coloured
    assert (
        coloured.replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[32m", "") == plain
    )


def test_no_control_character_of_a_file_reaches_the_terminal():
    evil = "\x1b]0;owned\x07|x"
    table = make_table(cell("a", note=evil, printed=evil), title=evil, runs=(RUN.model_copy(update={"device": evil}),))
    assert "\x1b" not in terminal(table, colour=False, width=80)
    assert "\x1b" not in markdown(table)
    assert "| *]0;owned\\|x* |" in markdown(table)
