import pytest

from longvideo.models.catalogue import complexity_of
from longvideo.models.clip_catalogue import CLIP_MODELS

# Parameters and 10^9 multiply-adds at 256 pixels, counted once on the public implementations of the same networks.
COUNTS = {
    "slow_r50_4x16": (32_454_096, 27.26),
    "slow_r50_8x8": (32_454_096, 54.52),
    "i3d_r50_8x8": (28_043_472, 37.10),
    "i3d_nl_r50_8x8": (35_401_936, 48.92),
    "i3d_r101_8x8": (51_754_192, 61.33),
    "i3d_nl_r101_8x8": (59_112_656, 73.14),
    "slowfast_r50_4x16": (34_480_216, 36.10),
    "slowfast_nl_r50_4x16": (41_838_680, 47.91),
    "slowfast_r50_8x8": (34_566_488, 65.71),
    "slowfast_r50_16x8_charades": (34_006_373, 131.42),
    "slowfast_r101_8x8_50_50": (53_774_808, 106.51),
    "slowfast_r101_8x8_50_101": (53_914_072, 107.65),
    "slowfast_r101_8x8_101_101": (62_826_968, 125.91),
    "slowfast_nl_r101_8x8_101_101_pool222": (69_132_248, 134.76),
    "slowfast_nl_r101_8x8_101_101": (69_132_248, 137.18),
    "slowfast_nl_r101_8x8_50_50_pool222": (60_080_088, 115.37),
    "slowfast_nl_r101_8x8_50_50": (60_080_088, 117.79),
    "slowfast_r101_16x8_50_50": (53_774_808, 213.02),
    "slowfast_nl_r101_16x8_50_50_pool222": (60_080_088, 233.96),
    "slowfast_nl_r101_16x8_50_50": (60_080_088, 242.01),
    "slowfast_nl_r101_16x8_101_101_pool222": (69_132_248, 272.75),
    "slowfast_nl_r101_16x8_101_101": (69_132_248, 280.80),
    "ava_slow_r50": (31_798_416, 41.55),
    "ava_slowfast_r50_32x2": (33_828_888, 96.89),
    "ava_slowfast_nl_r101_32x2": (59_342_488, 146.55),
    "ava_slowfast_nl_r101_64x2": (59_342_488, 296.32),
    "r2plus1d_50_16": (28_107_600, 75.15),
    "r2plus1d_101_32": (50_450_768, 241.56),
}
# Of these "Beyond Short Clips" prints 10^9 multiply-adds, in tables 3 to 5.
PRINTED = {"slowfast_r50_4x16": 36, "slowfast_r101_8x8_101_101": 126, "slowfast_nl_r101_8x8_101_101_pool222": 135}
PRINTED |= {"slowfast_r50_16x8_charades": 131, "slowfast_nl_r101_16x8_101_101_pool222": 273}
AT_224 = {"i3d_nl_r50_8x8": 36.54, "slowfast_nl_r50_4x16": 35.77, "slowfast_r50_8x8": 50.31, "r2plus1d_50_16": 57.53}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_public_implementations(name: str) -> None:
    params, gmacs = COUNTS[name]
    counted = complexity_of(name)
    assert counted.params == params
    assert counted.macs / 1e9 == pytest.approx(gmacs, rel=2e-4)
    assert round(counted.macs / 1e9) == PRINTED.get(name, round(gmacs))


@pytest.mark.parametrize("name", AT_224)
def test_counts_at_another_size(name: str) -> None:
    assert complexity_of(name, size=224).macs / 1e9 == pytest.approx(AT_224[name], rel=4e-4)


def test_the_extractor_of_table_8_3_has_its_printed_counts() -> None:
    params, macs = complexity_of("slowfast_nl_r101_16x8_50_50_alone")
    assert (round(params / 1e6, 1), round(macs / 1e9, 1)) == (59.2, 242.0)


@pytest.mark.parametrize("name", [name for name in CLIP_MODELS if name.endswith("mini")])
def test_the_mini_networks_are_small_enough_for_one_core(name: str) -> None:
    counted = complexity_of(name)
    assert 50e3 < counted.params < 200e3
    assert counted.macs < 100e6
