import xml.etree.ElementTree as ElementTree

from longvideo.tables.figures.grid_schedule import draw_schedules
from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.settings import SETTINGS

SVG = "{http://www.w3.org/2000/svg}"


def panels():
    baseline = SETTINGS["ssv2"].baseline
    kinds = {"baseline": (False, False), "both": (True, True)}
    return [(title, multigrid_schedule(baseline, long=long, short=short)) for title, (long, short) in kinds.items()]


def test_the_same_schedules_give_the_same_bytes_with_every_shape_named(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw_schedules(panels(), tmp_path / name)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    root = ElementTree.fromstring(first)
    texts = ["".join(element.itertext()).strip() for element in root.iter(f"{SVG}text")]
    assert {"baseline", "both", "Frames", "16", "32", "64", "112", "158", "224", "Learning rate"} <= set(texts)


def test_constant_shapes_first_cycles_and_later_ones_have_colours_of_their_own(tmp_path):
    draw_schedules(panels(), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert all(colour in text for colour in ("#666666", "#006400", "#9acd32"))
    draw_schedules(panels()[:1], tmp_path / "b.svg")
    alone = (tmp_path / "b.svg").read_text()
    assert "#666666" in alone and "#006400" not in alone
