"""Random AVA files with all that evaluators disagree on, and what the published evaluators say of them.

The generator uses `random.Random.random` alone, whose stream Python guarantees. The numbers were made once by the three
released versions of AVA's evaluator and by the driver of the long-term feature bank release.
"""

import random
from pathlib import Path

ACTIONS = (1, 2, 3, 5, 8, 13)
NEVER_LABELLED = 13
NOT_IN_THE_MAP = 4

# seed: protocol: average precision of each of ACTIONS.
PUBLISHED: dict[int, dict[str, tuple[float | None, ...]]] = {
    1: {
        "2018": (0.031746031746031744, 0.12295622895622894, 0.05303030303030303, 0.006944444444444444, 0.0, None),
        "2019": (0.03194444444444444, 0.12295622895622894, 0.05303030303030303, 0.006944444444444444, 0.0, None),
        "2020": (0.12582080200501253, 0.09986670106639148, 0.022857142857142857, 0.004201680672268907, 0.0, None),
        "lfb": (0.006944444444444444, 0.027753727753727753, 0.029393939393939392, 0.004115226337448559, 0.0, None),
    },
    2: {
        "2018": (0.0903432366861552, 0.10382466818110382, 0.1063740856844305, 0.041161647834167585, 0.0, None),
        "2019": (0.10784650258606283, 0.10940714132203494, 0.1063740856844305, 0.041161647834167585, 0.0, None),
        "2020": (0.07404360345536816, 0.2394622445025671, 0.1293422025129342, 0.06842818428184282, 0.0, None),
        "lfb": (0.08088235294117647, 0.025808019696455742, 0.020112630732099755, 0.033921302578018994, 0.0, None),
    },
    3: {
        "2018": (0.18367346938775508, 0.04938271604938271, 0.15817099567099566, 0.29225383920505876, 0.0, None),
        "2019": (0.18367346938775508, 0.04938271604938271, 0.17245670995670995, 0.29225383920505876, 0.0, None),
        "2020": (0.20783730158730157, 0.001594896331738437, 0.19343434343434343, 0.18517623411245643, 0.0, None),
        "lfb": (0.08248299319727889, 0.015873015873015872, 0.1280285851714423, 0.11102077687443541, 0.0, None),
    },
}


def write_case(folder: Path, seed: int, with_empty_frames: bool = False) -> None:
    """Write gt.csv, det.csv, excluded.csv and labels.pbtxt: unpadded seconds, a video missing on either side, frames
    of more than 50 rows, frames without ground truth, duplicates, degenerate boxes, logits below -10, no equal scores.
    """
    draw = random.Random(seed).random
    truth, found, excluded = [], [], []
    for video in ("a", "b", "truth only", "found only"):
        for second in range(902, 908):
            people = [corners(draw) for _ in range(int(draw() * 4))] if video != "found only" else []
            if with_empty_frames and not people and draw() < 0.5:
                truth.append(f"{video},{padded(second, draw)}")
            for person, box in enumerate(people):
                for action in (*ACTIONS[:5], NOT_IN_THE_MAP):
                    if draw() < 0.4:
                        row = f"{video},{padded(second, draw)},{written(box)},{action},{person}"
                        truth += [row] * (2 if draw() < 0.1 else 1)
            if video == "truth only" or draw() < 0.1:
                continue
            for _ in range(int(draw() * (120 if draw() < 0.5 else 20))):
                near = people[int(draw() * len(people))] if people and draw() < 0.9 else corners(draw)
                box = [side + 0.05 * (draw() - 0.5) for side in near] if draw() < 0.95 else near[::-1]
                action = (1, 2, 3, 5, NEVER_LABELLED, NOT_IN_THE_MAP)[int(draw() * 6)]
                found.append(f"{video},{padded(second, draw)},{written(box)},{action},{30 * draw() - 20:.9f}")
            if draw() < 0.15:
                excluded.append(f"{video},{padded(second, draw)}")
    for name, rows in (("gt.csv", truth), ("det.csv", found), ("excluded.csv", excluded)):
        (folder / name).write_text("".join(f"{row}\n" for row in rows))
    entries = [f'item {{\n  name: "action {action}"\n  id: {action}\n}}\n' for action in ACTIONS]
    (folder / "labelmap.pbtxt").write_text("".join(entries))


def corners(draw) -> list[float]:
    x, y = 0.6 * draw(), 0.6 * draw()
    return [x, y, x + 0.1 + 0.3 * draw(), y + 0.1 + 0.3 * draw()]


def written(box) -> str:
    return ",".join(f"{side:.3f}" for side in box)


def padded(second: int, draw) -> str:
    return f"{second:04d}" if draw() < 0.5 else str(second)
