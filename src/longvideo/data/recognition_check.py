"""What is on disk against what a data set of action recognition should hold."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

from longvideo.data.check_report import Report
from longvideo.data.video_files import find_videos
from longvideo.errors import UserError
from longvideo.specs.dataset import RecognitionDataset, RecognitionSplit

if TYPE_CHECKING:
    from longvideo.data.recognition import Labels


def read_split(dataset: RecognitionDataset, name: str) -> "Labels":
    """Read the official files of one split.

    Raises:
        UserError: A file is missing or malformed; names file and line.
    """
    # Here: the start of every run lists missing files, and need not import numpy where there are none to read.
    from longvideo.data import charades, hmdb51, kinetics, something_v1, something_v2, ucf101

    split = dataset.splits[name]
    labels = Path(split.labels)
    if split.number is not None and split.part is not None:
        return hmdb51.read_split(labels, split.number, split.part)
    readers: dict[str, tuple[Callable[[Path], tuple[str, ...]], Callable[[Path, Sequence[str]], Labels]]] = {
        "ucf101": (ucf101.read_classes, ucf101.read_list),
        "charades": (charades.read_classes, charades.read_annotations),
        "kinetics": (kinetics.read_classes, kinetics.read_annotations),
        "something_v1": (something_v1.read_classes, something_v1.read_list),
        "something_v2": (something_v2.read_classes, something_v2.read_annotations),
    }
    read_classes, read_videos = readers[dataset.format]
    return read_videos(labels, read_classes(Path(dataset.classes or "")))


def video_ids(dataset: RecognitionDataset, name: str) -> tuple[str, ...]:
    """Return the videos that a split names; none if its files are not there or cannot be read."""
    try:
        return read_split(dataset, name).videos
    except UserError:
        return ()  # `longvideo check` and the step `acquire` say what is wrong


def check(dataset: RecognitionDataset, report: Report) -> None:
    """Compare classes and splits with what they should hold; opens every video that they name."""
    folders = list(dict.fromkeys(Path(split.videos) for split in dataset.splits.values()))
    present = {folder: find_videos(folder, dataset.of_pictures) for folder in folders if folder.is_dir()}
    absent = [folder for folder in folders if folder not in present]
    report.problems += [f"{folder}: expected a folder of videos, found none" for folder in absent]
    if not absent:
        on_disk = {video for found in present.values() for video in found}
        report.expect_count(", ".join(map(str, folders)), dataset.expected_videos, len(on_disk), "videos")
    split_of: dict[tuple[str, str], str] = {}
    for name, split in dataset.splits.items():
        labels = report.attempt(partial(read_split, dataset, name))
        if labels is None:
            continue
        report.expect_count(dataset.classes or split.labels, dataset.expected_classes, len(labels.classes), "classes")
        report.expect_count(split.labels, split.expected_videos, len(labels.videos), f"videos for {name}")
        # train2 and test2 share no video; test1 and train2 do, in data sets of several folds.
        fold = name.lstrip(ascii_lowercase)
        shared = [video for video in labels.videos if (fold, video) in split_of]
        if shared:
            found = f"found {len(shared)} of other splits, the first: {shared[0]} of {split_of[fold, shared[0]]}"
            report.problems.append(f"{split.labels}: expected videos for {name} alone, {found}")
        split_of |= {(fold, video): name for video in labels.videos}
        faults = _video_faults(split, labels, present.get(Path(split.videos)), dataset.tolerated_missing)
        report.problems += faults.lines
        counted = f"{len(labels.videos)} videos of {len(labels.classes)} classes, {len(labels)} labels"
        sound = f"{len(labels.videos) - faults.videos - faults.missing} videos sound on disk"
        report.summary.append(f"{name}: {counted}, {sound}{f', {faults.missing} missing' if faults.missing else ''}")


class _Faults(NamedTuple):
    videos: int
    lines: list[str]
    missing: int = 0


def _video_faults(
    split: RecognitionSplit, labels: "Labels", present: dict[str, Path] | None, tolerated: float
) -> _Faults:
    """Open the videos of a split; `present` is None where their folder is missing, which has been said.

    Where a part of the videos may be missing, those are counted, and said in one line if they are more.
    """
    from longvideo.data.video_faults import video_faults

    count = len(labels.videos)
    if present is None:
        return _Faults(count, [])
    missing = [video for video in labels.videos if video not in present]
    if len(missing) == count:
        expected = f"expected the videos of {split.labels}, such as {labels.videos[0]}"
        return _Faults(count, [f"{split.videos}: {expected}, found none of them"])
    asked, lines = labels.videos, []
    if tolerated:
        asked = tuple(video for video in labels.videos if video in present)
        if len(missing) > tolerated * count:
            expected = f"expected at most {tolerated:.1%} of the {count} videos of {split.labels} to be missing"
            lines = [f"{split.videos}: {expected}, found {len(missing)}, such as {missing[0]}"]
    faults = list(video_faults(Path(split.videos), present, dict.fromkeys(asked, 0.0)))
    return _Faults(len(faults), lines + faults, len(missing) if tolerated else 0)
