"""What is on disk against what a data set in AVA's formats should hold."""

import re
from pathlib import Path

from longvideo.data.check_report import Report
from longvideo.data.video_files import find_videos
from longvideo.specs.dataset import AvaDataset, AvaSplit

OFFICIAL_LABELS = re.compile(r"ava_(train|val)_v2\.[12]\.csv")
OFFICIAL_KEYFRAMES = (902, 1798)
# The label maps that AVA is scored with; the full list of 80 actions is an easy mistake.
OFFICIAL_LABEL_MAP = re.compile(r"ava_action_list_v2\.[12]_for_activitynet_20\d\d\.pbtxt(\.txt)?")
OFFICIAL_ACTIONS = 60
LAST_POSSIBLE_S = 1e6


def video_ids(dataset: AvaDataset, name: str) -> list[str]:
    """Return the videos that the labels of a split name; none if the file is not there."""
    labels = Path(dataset.splits[name].labels)
    if not labels.is_file():
        return []
    with labels.open("rb") as file:
        ids = {line.partition(b",")[0].strip(b'"') for line in file if line.strip()}
    return sorted(video.decode("utf-8", "replace") for video in ids)


def check(dataset: AvaDataset, report: Report) -> None:
    """Compare the files of a data set with what it should hold; opens every annotated video."""
    # Here, so that listing missing files costs no import of pyarrow.
    from longvideo.data.ava import read_label_map

    actions = report.attempt(lambda: {label.id for label in read_label_map(Path(dataset.label_map))})
    if actions is not None:
        report.summary.append(f"label map: {len(actions)} actions")
        official = OFFICIAL_ACTIONS if OFFICIAL_LABEL_MAP.fullmatch(Path(dataset.label_map).name) else None
        report.expect_count(dataset.label_map, official, len(actions), "actions")
    for name, split in dataset.splits.items():
        first, last = 0.0, LAST_POSSIBLE_S
        if OFFICIAL_LABELS.fullmatch(Path(split.labels).name):
            first, last = OFFICIAL_KEYFRAMES
        elif dataset.trim:
            first, last = dataset.trim.start_s, dataset.trim.start_s + dataset.trim.duration_s
        _check_split(name, split, actions, first, last, report)


def _check_split(
    name: str, split: AvaSplit, actions: set[int] | None, first: float, last: float, report: Report
) -> None:
    from longvideo.data.ava import read_excluded, read_labels
    from longvideo.data.ava_faults import frame_faults, label_faults, last_seconds
    from longvideo.data.video_faults import video_faults

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
    report.expect_count(split.labels, split.expected_labels, rows, "rows")
    report.expect_count(split.labels, split.expected_videos, len(last_second), "videos")
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
