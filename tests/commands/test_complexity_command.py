import json
import subprocess
import sys

import pytest

from longvideo.cli import Parser
from longvideo.commands import complexity
from longvideo.errors import UserError


def call(*arguments: str) -> None:
    parser = Parser()
    complexity.add_arguments(parser)
    assert complexity.run(parser.parse_args(arguments)) == 0


def test_json_holds_both_counts_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    call("R50-I3D-NL", "--frames", "8", "--size", "64", "--json")
    counted = json.loads(capsys.readouterr().out)
    assert counted.keys() == {"params", "macs"}
    assert counted["params"] == 34_521_024


def test_slots_and_boxes_count(capsys: pytest.CaptureFixture[str]) -> None:
    for boxes, slots, extra in (
        (1, 300, ()),
        (2, 300, ("--boxes", "2")),
        (2, 600, ("--boxes", "2", "--slots", "600")),
    ):
        call("fbo_nl_1l", "--json", *extra)
        each = 2048 * 512 + 2 * 512 * 512  # the reducing layer, then theta and out or phi and g
        expected = (boxes + slots) * each + boxes * slots * 2 * 512
        assert json.loads(capsys.readouterr().out)["macs"] == expected


def test_the_list_names_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    call("--list")
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"r50_i3d_nl", "lfb_r50_nl_2l", "sto_r50"} <= names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected the name of a model, found none"),
        (("r18",), "found 'r18'"),
        (("r50_i3d_nl+",), "found ''"),
        (("r50_i3d_nl", "--frames", "0"), "expected frames between 1 and 4096, found 0"),
        (("r50_i3d_nl", "--frames", "7"), "expected frames to be a multiple of 8 for this model, found 7"),
        (("i3d_nl_mini", "--frames", "7"), "multiple of 2 for this model, found 7"),
        (("lfb_r50_nl_2l", "--size", "225"), "expected size to be a multiple of 16 for this model, found 225"),
        (("r50_i3d_nl", "--size", "-224"), "found -224"),
        (("r50_i3d_nl", "--size", "99999999999999999999"), "between 1 and 4096"),
        (("c3d", "--frames", "8"), "expected clips of 3x16x112x112 for C3D, found 3x8x112x112"),
        (("coviar", "--frames", "1"), "expected frames of at least 2, an I-frame and a P-frame; found 1"),
        (("fbo_nl_1l", "--slots", "0"), "expected slots between 1 and 100000, found 0"),
        (("r50_i3d_nl", "--frames", "many"), "invalid int value"),
    ],
)
def test_bad_values_are_one_line(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError) as error:
        call(*arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_model_imports_late_is_not_counted() -> None:
    # In a process of its own: here, other tests have imported it already.
    code = "import sys; from longvideo.cli import main; sys.argv[0] = 'longvideo'; main()"
    words = ["complexity", "cnn_r50", "--frames", "8", "--size", "64", "--json"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["params"] > 30_000_000
