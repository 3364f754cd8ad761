"""The official annotation files of a whole data set of action recognition, read and written as a folder.

    ucf101      classInd.txt, trainlist01.txt, testlist01.txt, ...              splits train1, test1, train2, ...
    hmdb51      brush_hair_test_split1.txt, ...                                 the same
    charades    Charades_v1_classes.txt, Charades_v1_train.csv, _test.csv       splits train, test
    kinetics    train.csv, val.csv                                              the same
    something_v1    something-something-v1-{labels,train,validation}.csv        the same
    something_v2    something-something-v2-{labels,train,validation}.json       the same

The videos of UCF-101 and HMDB-51 belong to all three splits at once: lists say which are for training or for testing.
What the documents score on Kinetics and Something-Something, and what is called test here, is the validation split.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from longvideo.data import charades, hmdb51, kinetics, something_v1, something_v2, ucf101
from longvideo.data.recognition import Labels
from longvideo.errors import UserError

SPLITS = 3
"""Official splits of UCF-101 and HMDB-51."""
KINETICS = {"train": "train.csv", "test": "val.csv"}
PARTS = {"train": "train", "test": "validation"}
SOMETHING = "something-something-v{}-{}.{}"
ONE_SPLIT = ("train", "test")
_THREE = tuple(f"{part}{number}" for number in range(1, SPLITS + 1) for part in ("train", "test"))


@dataclass(frozen=True)
class Layout:
    """How one data set's files lie: the names of its splits, and what reads and writes them."""

    splits: tuple[str, ...]
    read: Callable[[Path, str], Labels]
    write: Callable[[Path, Mapping[str, Labels]], None]


def read_split(layout: str, folder: Path, split: str) -> Labels:
    """Read one split from the official files in `folder`.

    Raises:
        UserError: There is no such layout or split, or a file is missing or malformed.
    """
    chosen = _layout(layout)
    if split not in chosen.splits:
        raise UserError(f"expected a split of {layout} ({', '.join(chosen.splits)}), found {split}")
    return chosen.read(folder, split)


def write_splits(layout: str, folder: Path, splits: Mapping[str, Labels]) -> None:
    """Write all splits as official files into `folder`, each whole or not at all.

    Raises:
        UserError: There is no such layout.
        ValueError: The splits are not those of the data set.
    """
    chosen = _layout(layout)
    if set(splits) != set(chosen.splits):
        raise ValueError(f"expected the splits {', '.join(chosen.splits)}, found {', '.join(splits)}")
    chosen.write(folder, splits)


def _layout(name: str) -> Layout:
    if name not in LAYOUTS:
        raise UserError(f"expected a layout among {', '.join(LAYOUTS)}, found {name}")
    return LAYOUTS[name]


def _read_ucf101(folder: Path, split: str) -> Labels:
    part, number = split[:-1], int(split[-1])
    return ucf101.read_list(folder / f"{part}list{number:02d}.txt", ucf101.read_classes(folder / "classInd.txt"))


def _write_ucf101(folder: Path, splits: Mapping[str, Labels]) -> None:
    ucf101.write_classes(folder / "classInd.txt", splits["train1"].classes)
    for split, labels in splits.items():
        part, number = split[:-1], int(split[-1])
        ucf101.write_list(folder / f"{part}list{number:02d}.txt", labels, with_numbers=part == "train")


def _read_hmdb51(folder: Path, split: str) -> Labels:
    return hmdb51.read_split(folder, int(split[-1]), split[:-1])


def _write_hmdb51(folder: Path, splits: Mapping[str, Labels]) -> None:
    for number in range(1, SPLITS + 1):
        hmdb51.write_split(folder, number, splits[f"train{number}"], splits[f"test{number}"])


def _read_charades(folder: Path, split: str) -> Labels:
    classes = charades.read_classes(folder / "Charades_v1_classes.txt")
    return charades.read_annotations(folder / f"Charades_v1_{split}.csv", classes)


def _write_charades(folder: Path, splits: Mapping[str, Labels]) -> None:
    charades.write_classes(folder / "Charades_v1_classes.txt", splits["train"].classes)
    for split, labels in splits.items():
        charades.write_annotations(folder / f"Charades_v1_{split}.csv", labels)


def _read_kinetics(folder: Path, split: str) -> Labels:
    return kinetics.read_annotations(folder / KINETICS[split], kinetics.read_classes(folder / KINETICS["train"]))


def _write_kinetics(folder: Path, splits: Mapping[str, Labels]) -> None:
    train = splits["train"]
    if list(train.classes) != sorted({train.classes[label] for label in train.label.tolist()}):
        raise ValueError("expected classes in the order of their names, and clips of each for training")
    for split, labels in splits.items():
        kinetics.write_annotations(folder / KINETICS[split], labels, Path(KINETICS[split]).stem)


def _read_something_v1(folder: Path, split: str) -> Labels:
    classes = something_v1.read_classes(folder / SOMETHING.format(1, "labels", "csv"))
    return something_v1.read_list(folder / SOMETHING.format(1, PARTS[split], "csv"), classes)


def _write_something_v1(folder: Path, splits: Mapping[str, Labels]) -> None:
    something_v1.write_classes(folder / SOMETHING.format(1, "labels", "csv"), splits["train"].classes)
    for split, labels in splits.items():
        something_v1.write_list(folder / SOMETHING.format(1, PARTS[split], "csv"), labels)


def _read_something_v2(folder: Path, split: str) -> Labels:
    classes = something_v2.read_classes(folder / SOMETHING.format(2, "labels", "json"))
    return something_v2.read_annotations(folder / SOMETHING.format(2, PARTS[split], "json"), classes)


def _write_something_v2(folder: Path, splits: Mapping[str, Labels]) -> None:
    something_v2.write_classes(folder / SOMETHING.format(2, "labels", "json"), splits["train"].classes)
    for split, labels in splits.items():
        something_v2.write_annotations(folder / SOMETHING.format(2, PARTS[split], "json"), labels)


LAYOUTS = {
    "ucf101": Layout(_THREE, _read_ucf101, _write_ucf101),
    "hmdb51": Layout(_THREE, _read_hmdb51, _write_hmdb51),
    "charades": Layout(ONE_SPLIT, _read_charades, _write_charades),
    "kinetics": Layout(ONE_SPLIT, _read_kinetics, _write_kinetics),
    "something_v1": Layout(ONE_SPLIT, _read_something_v1, _write_something_v1),
    "something_v2": Layout(ONE_SPLIT, _read_something_v2, _write_something_v2),
}
