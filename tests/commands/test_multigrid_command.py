import json

import pytest

from longvideo.cli import Parser
from longvideo.commands import multigrid
from longvideo.errors import UserError

OWN = "--steps 0,94,154,196 --epochs 239 --frames 32 --size 224 --batch 64 --devices 8"


def call(text: str, *more: str) -> None:
    parser = Parser()
    multigrid.add_arguments(parser)
    assert multigrid.run(parser.parse_args([*text.split(), *more])) == 0


def as_json(capsys: pytest.CaptureFixture[str], text: str) -> dict:
    call(text, "--json")
    return json.loads(capsys.readouterr().out)


def test_own_values_give_the_released_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, OWN)
    assert [stage["end"] for stage in found["stages"]][:4] == [73, 110, 142, 158]
    assert [stage["stage"] for stage in found["stages"]][3:6] == ["1.4", "2.1", "2.2"]
    assert found["stages"][-1]["stage"] == "tune.2" and found["epochs"] == 358
    first = found["stages"][0]
    assert (first["batch"], first["frames"], first["size"], first["lr"]) == (512, 8, 158, pytest.approx(0.8))
    assert [grid["batch"] for grid in first["cycle"]] == [1024, 512, 512]
    assert first["norm"] == {"splits": 8, "devices": 1} and first["updates"] is None
    assert found["iteration_factor"] == pytest.approx(3.423, abs=5e-4)
    assert found["speedup"] == pytest.approx(3.423, rel=0.01)


def test_a_recipe_of_the_thesis_is_a_table_with_what_it_saves(capsys: pytest.CaptureFixture[str]) -> None:
    call("k400")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("239 epochs of 512x32x224 on 128 devices, lr 0.8, dropping at 94, 154, 196")
    rows = [line.split() for line in lines[3:17]]
    assert [row[:4] for row in rows[:2]] == [
        ["1.1", "0-73", "3,207", "4096x8x158"],
        ["1.2", "73-110", "3,251", "2048x16x158"],
    ]
    assert [row[-2] for row in rows][-2:] == ["0.008", "0.0008"]
    assert lines[-2].startswith("358 epochs, 32,724 updates: 3.42x fewer updates than the baseline")


def test_values_replace_those_of_the_recipe_and_switches_its_cycles(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "charades --batch 8 --devices 1 --no-short --single-cycle --cosine --iteration-factor 2")
    assert found["baseline"]["batch"] == 8 and found["devices"] == 1 and found["policy"] == "cosine"
    assert found["baseline"]["updates"] is None  # it was of another batch
    assert [len(stage["cycle"]) for stage in found["stages"]] == [1] * 4
    assert found["iteration_factor"] == pytest.approx(2, rel=0.02)
    rounded = as_json(capsys, "k400 --size-multiple 32")["stages"][0]
    assert [(grid["batch"], grid["size"]) for grid in rounded["cycle"]] == [(8192, 128), (4096, 160), (4096, 160)]
    plain = as_json(capsys, "k400 --no-long --no-short --epoch-factor 1")
    assert plain["iteration_factor"] == plain["speedup"] == 1
    assert [stage["end"] for stage in plain["stages"]] == [94, 154, 196, 239]


def test_updates_are_counted_exactly_for_a_number_of_videos(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(
        capsys, "--epochs 4 --steps 2 --frames 8 --size 64 --batch 2 --videos 10 --no-long --no-whole-epochs"
    )
    assert found["baseline"]["updates"] == 20
    # Sizes of 8, 4, 2 in turn give ten videos as 6+4 | 2+8 | 4+2+4, and three times more as the last.
    assert sum(stage["updates"] for stage in found["stages"]) == 2 + 2 + 3 + 3 + 3 + 3


def test_it_draws_the_schedule_beside_its_baseline(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    call("ssv2", "--out", str(tmp_path / "a.svg"))
    assert "(d) long + short cycles" in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k40", "unknown recipe 'k40', did you mean 'k400'?"),
        ("--epochs 3", "or values, found no --batch, --frames, --size"),
        ("k400 --steps 0,a", "--steps: expected epochs such as 0,94,154,196, found '0,a'"),
        ("k400 --steps 0,150,100", "expected drops that rise between 0 and 239 epochs, found 150, 100"),
        ("k400 --epochs 100", "between 0 and 100 epochs, found 94, 154, 196"),
        ("k400 --batch 0", "--batch: expected 1 to 1000000000, found 0"),
        ("k400 --devices -1", "--devices: expected 1 to 1000000000, found -1"),
        ("k400 --size-multiple 0", "expected a size of a multiple of 0, found 224"),
        ("k400 --size-multiple 100", "expected a size of a multiple of 100, found 224"),
        ("k400 --epochs nan", "expected epochs, batch, frames, size and rates above 0"),
        ("k400 --epoch-factor inf", "expected the factor of epochs or iterations to be above 0, found inf"),
        ("k400 --videos 100", "expected a video for each of 128 processes in every batch, found 100 videos"),
        ("one_gpu --videos 900000000", "--videos: expected at most 10000000 updates"),
        ("k400 --videos 100 --iterations 100", "not allowed with argument"),
        ("k400 --out a.pdf", "--out: expected a name that ends in .svg or .png, found 'a.pdf'"),
        (f"{OWN} --steps 0", "expected at least one drop of the learning rate before fine-tuning"),
    ],
)  # fmt: skip
def test_bad_values_are_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        call(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
