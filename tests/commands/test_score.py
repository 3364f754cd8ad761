import json
import os
from pathlib import Path

import pytest

from longvideo.cli import Parser
from longvideo.commands import score
from longvideo.errors import UserError

TRUTH = "a,0902,0,0,0.5,0.5,1,0\na,0903,0,0,0.5,0.5,2,0\n"
FOUND = "a,902,0,0,0.5,0.5,1,0.9\na,902,0.5,0.5,1,1,1,0.95\n"
LABELS = 'label {{\n  name: "{}"\n  label_id: {}\n  label_type: {}\n}}\n'


def call(*arguments):
    parser = Parser(prog="longvideo")
    score.add_arguments(parser)
    return score.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def files(tmp_path):
    entries = [("stand", 1, "POSE"), ("sit", 2, "POSE"), ("fly", 3, "MOVE")]
    contents = {"--ground-truth": TRUTH, "--detections": FOUND, "--excluded": "a,0903\n"}
    contents["--label-map"] = "".join(LABELS.format(*entry) for entry in entries)
    for option, content in contents.items():
        (tmp_path / option.strip("-")).write_text(content)
    return {option: tmp_path / option.strip("-") for option in contents}


def options(files, *without):
    return [part for option, path in files.items() if option not in without for part in (option, path)]


def test_json_has_the_map_and_every_action(files, capsys):
    assert not call("ava", *options(files, "--excluded"), "--json")
    assert json.loads(capsys.readouterr().out) == {"map": 0.25, "ap": {"1": 0.5, "2": 0.0, "3": None}}
    assert not call("ava", *options(files), "--json")
    assert json.loads(capsys.readouterr().out) == {"map": 0.5, "ap": {"1": 0.5, "2": None, "3": None}}


def test_the_table_names_actions_and_groups(files, capsys):
    call("ava", *options(files, "--excluded"))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["1", "stand", "50.00%"] and rows[2] == ["3", "fly", "-"]
    assert rows[3] == ["POSE", "25.00%"] and rows[4] == ["MOVE", "-"]
    assert " ".join(rows[5]) == "mAP 2 boxes, 2 detections, 2 frames 25.00% (2019)"


def test_the_2020_protocol_says_that_it_has_no_exclusions(files, capsys):
    call("ava", *options(files), "--protocol", "2020", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out)["map"] == 0.25
    assert "--excluded is not looked at" in printed.err


@pytest.mark.parametrize("option", ["--ground-truth", "--detections", "--label-map", "--excluded"])
def test_a_wrong_file_is_named(files, option):
    files[option].write_text("a;902;0;0;1;1;1;1\n")
    with pytest.raises(UserError, match=f"{files[option]}: line 1: expected"):
        call("ava", *options(files), "--json")
    files[option].unlink()
    with pytest.raises(UserError, match=f"{files[option]}: expected"):
        call("ava", *options(files), "--json")


def test_wrong_calls_are_user_errors(files):
    with pytest.raises(UserError, match="invalid choice: '2021'"):
        call("ava", *options(files), "--protocol", "2021")
    with pytest.raises(UserError, match="required: --detections"):
        call("ava", *options(files, "--detections"))
    with pytest.raises(UserError, match="required: ANNOTATIONS"):
        call()
    files["--label-map"].write_text(LABELS.format("run", 9, "POSE"))
    with pytest.raises(UserError, match=f"{files['--ground-truth']}: expected ground-truth boxes"):
        call("ava", *options(files))


@pytest.mark.skipif("LONGVIDEO_GOLDEN" not in os.environ, reason="LONGVIDEO_GOLDEN does not name the golden cases")
def test_equals_the_golden_case(capsys):
    folder = Path(os.environ["LONGVIDEO_GOLDEN"]) / "ava" / "case1_plain"
    files = {"--ground-truth": "gt.csv", "--detections": "det.csv", "--label-map": "labelmap.pbtxt"}
    call("ava", *options({option: folder / name for option, name in files.items()}), "--protocol", "lfb", "--json")
    expected = json.loads((folder / "expected.json").read_text())["variants"]
    published = expected["lfb_slowfast_lvu_driver_exclusions_nocap_fileorder"]
    printed = json.loads(capsys.readouterr().out)
    assert printed["map"] == pytest.approx(published["mAP"], abs=1e-12)
    assert printed["ap"] == pytest.approx(published["per_class_ap"], abs=1e-12)
