import json
import os
from pathlib import Path

import pytest

from longvideo.cli import Parser
from longvideo.commands import score
from longvideo.errors import UserError

TRUTH = """\
id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length
AAA,S1,Kitchen,6,7,Yes,"one, two",cup,"a
line",c000 1.00 2.50;c001 0.00 9.00,10
BBB,S1,Kitchen,6,7,Yes,,,,,12.5
CCC,S2,Kitchen,,,No,,,,c001 0 3,8
"""
FOUND = "CCC 0.5 0.5\n\nBBB 9 9\nAAA\t1e0  -inf \n"
CLASSES = "c000 Holding some clothes\nc001 Putting clothes somewhere\n"


def call(*arguments):
    parser = Parser(prog="longvideo")
    score.add_arguments(parser)
    return score.run(parser.parse_args(["charades", *(str(argument) for argument in arguments)]))


@pytest.fixture
def files(tmp_path):
    contents = {"--ground-truth": TRUTH, "--submission": FOUND, "--classes": CLASSES}
    for option, content in contents.items():
        (tmp_path / option.strip("-")).write_text(content)
    return {option: tmp_path / option.strip("-") for option in contents}


def options(files):
    return [part for option, path in files.items() for part in (option, path)]


def test_json_has_both_means_and_nothing_else(files, capsys):
    # Class 1: CCC is right at once; AAA's -inf comes before that of BBB, which has no action and stands after it.
    call(*options(files), "--json")
    assert json.loads(capsys.readouterr().out) == {"map": 1.0, "wap": 1.0}
    call(*options(files), "--policy", "nonempty", "--json")
    assert json.loads(capsys.readouterr().out) == {"map": 1.0, "wap": 1.0}
    files["--submission"].write_text(FOUND.replace("AAA\t1e0", "AAA 0.1"))
    call(*options(files), "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"map": 0.75, "wap": pytest.approx((0.5 + 2 * 1) / 3)}
    assert printed.err == ""


def test_the_table_names_classes(files, capsys):
    call(*options(files))
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        "c000 Holding some clothes 100.00% 1 videos",
        "c001 Putting clothes somewhere 100.00% 2 videos",
        "mAP 3 videos, 2 of them with actions 100.00% (official)",
        "wAP 100.00%",
    ]


def test_what_the_evaluator_makes_up_for_is_said(files, capsys):
    files["--submission"].write_text("AAA 7 0\nXXX 1 1\nBBB 1 1\nAAA 0 7\n")
    call(*options(files), "--json")
    printed = capsys.readouterr()
    # Class 1: the missing CCC stands after BBB, which has no action, and both score minus infinity.
    found = (1 + 2 / 3) / 2
    assert json.loads(printed.out) == pytest.approx({"map": (1 + found) / 2, "wap": (1 + 2 * found) / 3})
    place = f"longvideo: {files['--submission']}: 1 videos"
    assert printed.err.splitlines() == [
        f"{place} are missing and score minus infinity; the first: CCC",
        f"{place} are not in the ground truth and do not count; the first: XXX",
        f"{place} come several times: the last line counts; the first: AAA",
    ]


@pytest.mark.parametrize(
    ("option", "content", "expected"),
    [
        ("--submission", "", "line 1: expected a video id and 2 scores on each line, found an empty file"),
        ("--submission", "AAA 1 2\nBBB 1\n", "line 2: expected a video id and 2 scores, found 1 scores"),
        ("--submission", "AAA 1 2 3\n", "line 1: expected a video id and 2 scores, found 3 scores"),
        ("--submission", "AAA 1 nan\n", "line 1: expected a number, found 'nan'"),
        ("--submission", "AAA 1 2,5\n", "line 1: expected a number, found '2,5'"),
        ("--submission", "AAA 1_0 2\n", "line 1: expected a number, found '1_0'"),
        ("--submission", "AAA ١ 2\n", "line 1: expected a number, found '١'"),
        ("--submission", "XXX 1 2\n", "expected videos of the ground truth, such as AAA, found none of them"),
        ("--ground-truth", "AAA c000 1 2\n", "line 1: expected the columns id,subject,"),
        ("--ground-truth", TRUTH.replace("c001 0 3", ""), None),
        ("--ground-truth", TRUTH.replace("c001 0 3", "c002 0 3"), "line 5: expected classes c000 to c001, found c002"),
        ("--ground-truth", TRUTH.replace("CCC", "AAA"), "line 5: expected each video once, found 'AAA' again"),
        ("--ground-truth", TRUTH.replace(",c001 0 3", ""), "line 5: expected 11 columns as in the header, found 10"),
        ("--ground-truth", 'id,actions\nAAA,"c000 1 2\n', "line 2: expected comma-separated values, found"),
        ("--ground-truth", "id,actions\nAAA,\n", "expected videos with actions, found none"),
        ("--classes", "0 Holding\n", "line 1: expected 'c000 NAME', found '0 Holding'"),
        ("--classes", "c000 Holding\nc002 Putting\n", "line 2: expected 'c001 NAME', found 'c002 Putting'"),
    ],
)
def test_a_wrong_file_is_one_line_with_its_place(files, option, content, expected):
    files[option].write_text(content)
    if expected is None:
        call(*options(files), "--json")
        return
    with pytest.raises(UserError) as error:
        call(*options(files), "--json")
    assert str(error.value).startswith(f"{files[option]}: {expected}")
    assert "\n" not in str(error.value)


def test_wrong_calls_are_user_errors(files):
    with pytest.raises(UserError, match="invalid choice: 'all'"):
        call(*options(files), "--policy", "all")
    for path in files.values():
        path.unlink()
        with pytest.raises(UserError, match=f"{path}: expected a .*found none"):
            call(*options(files))
        path.mkdir()
        with pytest.raises(UserError, match=f"{path}: expected a .*found a folder"):
            call(*options(files))
        path.rmdir()
        path.write_text({"ground-truth": TRUTH, "submission": FOUND}.get(path.name, CLASSES))


@pytest.mark.skipif("LONGVIDEO_GOLDEN" not in os.environ, reason="LONGVIDEO_GOLDEN does not name the golden cases")
def test_equals_the_golden_case(capsys):
    folder = Path(os.environ["LONGVIDEO_GOLDEN"]) / "charades"
    files = ["--ground-truth", folder / "Charades_v1_test.csv", "--submission", folder / "submission_noties.txt"]
    call(*files, "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"map": pytest.approx(0.436120, abs=5e-7), "wap": pytest.approx(0.539336, abs=5e-7)}
