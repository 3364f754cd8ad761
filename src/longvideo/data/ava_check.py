"""What is on disk against what a data set in AVA's formats should hold, before a GPU hour is spent on it."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from longvideo.errors import UserError
from longvideo.specs.dataset import AvaDataset, AvaSplit

T = TypeVar("T")
VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".ts", ".flv", ".ogv", ".wmv")
OFFICIAL_LABELS = re.compile(r"ava_(train|val)_v2\.[12]\.csv")
OFFICIAL_KEYFRAMES = (902, 1798)
# The label maps that AVA is scored with; the full list of 80 actions is an easy mistake.
OFFICIAL_LABEL_MAP = re.compile(r"ava_action_list_v2\.[12]_for_activitynet_20\d\d\.pbtxt(\.txt)?")
OFFICIAL_ACTIONS = 60
LAST_POSSIBLE_S = 1e6


@dataclass
class Report:
    """What a check found: one line per problem, and one per part of the data set."""

    problems: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what `read` returns; a `UserError` becomes a problem, and None."""
        try:
            return read()
        except UserError as error:
            self.problems.append(str(error))
            return None


def missing_files(dataset: AvaDataset) -> list[str]:
    """List the files and folders of a data set that are not there, the videos by the ids of the labels.

    Cheap: looks at names only, and reads no more than the ids from the labels.
    """
    missing = [] if Path(dataset.label_map).is_file() else [dataset.label_map]
    for split in dataset.splits.values():
        files = [split.labels] if split.excluded is None else [split.labels, split.excluded]
        missing += [file for file in files if not Path(file).is_file()]
        if not Path(split.videos).is_dir():
            missing.append(split.videos)
        elif Path(split.labels).is_file():
            present = find_videos(Path(split.videos))
            ids = _video_ids(Path(split.labels))
            missing += [f"{split.videos}/{video}.*" for video in ids if video not in present]
    return list(dict.fromkeys(missing))


def find_videos(folder: Path) -> dict[str, Path]:
    """Return the video files of a folder by video id, which is the file's name without its suffix."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    except OSError as error:
        raise UserError(f"{folder}: expected a readable folder of videos, found an error ({error.strerror})") from None
    return {path.stem: path for path in reversed(files)}


def relocated(dataset: AvaDataset, root: Path) -> AvaDataset:
    """Return the data set with `root` in place of the folder that all its paths have in common."""
    splits = dataset.splits.values()
    files = [file for split in splits for file in (split.labels, split.excluded) if file is not None]
    folders = [*(str(Path(file).parent) for file in (*files, dataset.label_map)), *(split.videos for split in splits)]
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UserError(f"--root: expected paths below one folder in the data set's file, found {folders}") from None

    def moved(path: str) -> str:
        return str(root / os.path.relpath(path, common or "."))

    changed = {
        name: split.model_copy(
            update={
                "videos": moved(split.videos),
                "labels": moved(split.labels),
                "excluded": split.excluded and moved(split.excluded),
            }
        )
        for name, split in dataset.splits.items()
    }
    return dataset.model_copy(update={"splits": changed, "label_map": moved(dataset.label_map)})


def check_dataset(dataset: AvaDataset) -> Report:
    """Compare the files of a data set with what it should hold; opens every annotated video."""
    # Here, so that listing missing files costs no import of pyarrow.
    from longvideo.data.ava import read_label_map

    report = Report()
    actions = report.attempt(lambda: {label.id for label in read_label_map(Path(dataset.label_map))})
    if actions is not None:
        report.summary.append(f"label map: {len(actions)} actions")
        if OFFICIAL_LABEL_MAP.fullmatch(Path(dataset.label_map).name) and len(actions) != OFFICIAL_ACTIONS:
            report.problems.append(f"{dataset.label_map}: expected {OFFICIAL_ACTIONS} actions, found {len(actions)}")
    for name, split in dataset.splits.items():
        first, last = 0.0, LAST_POSSIBLE_S
        if OFFICIAL_LABELS.fullmatch(Path(split.labels).name):
            first, last = OFFICIAL_KEYFRAMES
        elif dataset.trim:
            first, last = dataset.trim.start_s, dataset.trim.start_s + dataset.trim.duration_s
        _check_split(name, split, actions, first, last, report)
    report.problems = list(dict.fromkeys(report.problems))
    return report


def _check_split(
    name: str, split: AvaSplit, actions: set[int] | None, first: float, last: float, report: Report
) -> None:
    from longvideo.data.ava import read_excluded, read_labels
    from longvideo.data.ava_faults import frame_faults, label_faults, last_seconds, video_faults

    if split.excluded is not None:
        excluded_path = Path(split.excluded)
        if (excluded := report.attempt(lambda: read_excluded(excluded_path))) is not None:
            report.problems += [f"{excluded_path}: {fault}" for fault in frame_faults(excluded, first, last)]
    folder = Path(split.videos)
    present = find_videos(folder) if folder.is_dir() else {}
    if not folder.is_dir():
        report.problems.append(f"{folder}: expected a folder with the videos of {name}, found none")
    labels = report.attempt(lambda: read_labels(Path(split.labels)))
    if labels is None:
        sizes = (split.expected_labels or "any number of", split.expected_videos or "any number of")
        wanted = f"{sizes[0]} rows of {sizes[1]} videos"
        report.summary.append(f"{name}: no labels (expected {wanted}), {len(present)} videos on disk")
        report.summary += [f"{name}: found {path}: name it in a data set file of your own" for path in _versions(split)]
        return
    last_second = last_seconds(labels)
    rows = len(labels) + len(labels.scored.second)
    for count, expected, what in (
        (rows, split.expected_labels, "rows"),
        (len(last_second), split.expected_videos, "videos"),
    ):
        if expected is not None and count != expected:
            report.problems.append(f"{split.labels}: expected {expected} {what}, found {count}")
    report.problems += [f"{split.labels}: {fault}" for fault in label_faults(labels, actions, first, last)]
    faults = list(video_faults(folder, present, last_second)) if folder.is_dir() else []
    report.problems += faults
    sound = len(last_second) - len(faults) if folder.is_dir() else 0
    report.summary.append(f"{name}: {rows} rows, {len(last_second)} videos, {sound} of them sound on disk")


def _versions(split: AvaSplit) -> list[Path]:
    """Return the same labels in the other versions of AVA that are there instead."""
    path = Path(split.labels)
    others = (path.with_name(re.sub(r"_v2\.\d", version, path.name)) for version in ("_v2.1", "_v2.2"))
    return [other for other in others if other != path and other.is_file()]


def _video_ids(labels: Path) -> list[str]:
    with labels.open("rb") as file:
        ids = {line.partition(b",")[0].strip(b'"') for line in file if line.strip()}
    return sorted(video.decode("utf-8", "replace") for video in ids)
