import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.tables.static import Static, matches, normalise, static_value


@given(st.text(alphabet="3×1,; []NL:\t\n ", max_size=30))
def test_white_space_beside_punctuation_makes_no_difference(text):
    spaced = "".join(f" {character}\t" if character in ",;[]×" else character for character in text)
    assert normalise(spaced) == normalise(text)
    assert normalise(normalise(text)) == normalise(text)


def test_white_space_between_words_does():
    assert normalise("stride 1") != normalise("stride1")


@pytest.mark.parametrize(
    ("static", "printed", "expected"),
    [
        (Static(text="3×1×1,  64"), "3×1×1, 64", True),
        (Static(text="3×1×1, 64"), "3×1×1, 128", False),
        (Static(value=2.1249), 2.12, True),
        (Static(value=2.13), 2.12, False),
        (Static(value=2.12), None, None),
        (Static(value=2.12), "about 2", None),
    ],
)
def test_numbers_match_to_the_printed_digits_and_texts_but_for_white_space(static, printed, expected):
    assert matches(static, printed, ".2f") is expected


def test_the_real_network_has_the_stages_and_ratios_of_the_thesis():
    assert static_value("r50_i3d_nl.res4.output").text == "16×14×14"
    assert static_value("r50_i3d_nl.res4.specification").text.endswith("×6, NL: 1, 3, 5")
    assert static_value("coviar.gmacs_per_frame").value == pytest.approx(static_value("coviar.macs").value / 12e9)
    assert static_value("sto_r50/cnn_r50.params").value == pytest.approx(1.12, abs=0.01)


def test_a_name_can_say_at_which_frames_and_side_it_is_seen():
    assert static_value("slow_r50@16x224.conv1.output").text == "16×112×112"
    assert static_value("i3d_r50_16x4.mparams").value == pytest.approx(32.454096)
    at_224, at_256 = (static_value(f"slow_r50_8x8{at}.gmacs").value for at in ("@8x224", ""))
    assert at_224 == pytest.approx(41.74, abs=0.01) and at_256 == pytest.approx(54.52, abs=0.01)
    assert static_value("slow_r50_8x8@4x256/slow_r50_8x8.gmacs").value == pytest.approx(0.5, abs=0.01)


def test_models_of_other_clip_lengths_have_no_count_per_frame_together():
    with pytest.raises(UserError, match=r"expected models of one number of frames, found \[1, 12\]"):
        static_value("coviar+resnet50.gmacs_per_frame")


@pytest.mark.parametrize(
    "name",
    ["r50_i3d_nl", "r50_i3d_nl.params.x", "r50_i3d_nl.res9.output", "resnet.gmacs", ".output", "slow_r50_8x8@16.gmacs"],
)
def test_a_name_of_nothing_is_refused_in_one_line(name):
    with pytest.raises(UserError, match="expected"):
        static_value(name)


def test_torch_is_not_imported_before_it_is_needed():
    code = "import sys, longvideo.tables.static, longvideo.steps.tabulate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
