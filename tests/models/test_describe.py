import pytest

from longvideo.errors import UserError
from longvideo.models.describe import architecture_rows

# Thesis table 7.1, typed from the text.
TABLE_7_1 = [
    ("conv1", "5×7×7, 64, stride 1, 2, 2", "32×112×112"),
    ("pool1", "1×3×3 max, stride 1, 2, 2", "32×56×56"),
    ("res2", "[3×1×1, 64; 1×3×3, 64; 1×1×1, 256] ×3", "32×56×56"),
    ("pool2", "2×1×1 max, stride 2, 1, 1", "16×56×56"),
    ("res3", "[3(1)×1×1, 128; 1×3×3, 128; 1×1×1, 512] ×4, NL: 1, 3", "16×28×28"),
    ("res4", "[3(1)×1×1, 256; 1×3×3, 256; 1×1×1, 1024] ×6, NL: 1, 3, 5", "16×14×14"),
    ("res5", "[3(1)×1×1, 512; 1×3×3, 512; 1×1×1, 2048] ×3", "16×14×14"),
]
# Thesis table 6.3.
TABLE_6_3 = [
    ("conv1", "1×7×7, 64, stride 1, 2, 2", "16×112×112"),
    ("pool1", "1×3×3 max, stride 1, 2, 2", "16×56×56"),
    ("res2", "[1×1×1, 64; 1×3×3, 64; 1×1×1, 256] ×3", "16×56×56"),
    ("res3", "[1×1×1, 128; 1×3×3, 128; 1×1×1, 512] ×4, NL: 1, 3", "16×28×28"),
    ("res4", "[3×1×1, 256; 1×3×3, 256; 1×1×1, 1024] ×6, NL: 1, 3, 5", "16×14×14"),
    ("res5", "[3×1×1, 512; 1×3×3, 512; 1×1×1, 2048] ×3", "16×7×7"),
]


def test_slow_only_is_table_6_3() -> None:
    assert [row[:3] for row in architecture_rows("slow_nl_r50", 16, 224)] == TABLE_6_3


def test_r50_is_table_7_1() -> None:
    assert [row[:3] for row in architecture_rows("r50_i3d_nl", 32, 224)] == TABLE_7_1


def test_notes_say_what_the_tables_caption_says_and_what_the_release_adds() -> None:
    notes = {row.stage: row.note for row in architecture_rows("r50_i3d_nl", 32, 224)}
    assert notes["res3"] == "3×1×1 in blocks 0, 2; NL in groups of 4 time steps"
    assert notes["res4"] == "3×1×1 in blocks 0, 2, 4"
    assert notes["res5"] == "3×1×1 in blocks 1; dilation 2"


def test_the_mini_network_is_described_alike() -> None:
    rows = {row.stage: row for row in architecture_rows("i3d_nl_mini", 8, 64)}
    assert rows["res4"].specification.endswith("×1, NL: 0")
    assert rows["res5"].output == "4×8×8"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match="found 'r18'"):
        architecture_rows("r18", 32, 224)
