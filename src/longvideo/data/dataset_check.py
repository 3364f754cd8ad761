"""What is on disk against what a data set should hold, before a GPU hour is spent on it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from longvideo.data import ava_check, recognition_check
from longvideo.data.check_report import Report
from longvideo.data.video_files import find_videos
from longvideo.errors import UserError
from longvideo.specs.base import Spec
from longvideo.specs.dataset import AvaDataset, RealDataset

FILE_KEYS = ("label_map", "classes", "labels", "excluded")
"""Keys of data sets and splits that name a file of annotations, or a folder of them."""


def missing_annotations(dataset: RealDataset, splits: Iterable[str]) -> list[str]:
    """List the files of annotations and the folders of videos of some splits that are not there."""
    wanted = _files(dataset)
    for split in (dataset.splits[name] for name in splits):
        wanted += [*_files(split), split.videos]
    return [path for path in dict.fromkeys(wanted) if not Path(path).exists()]


def missing_files(dataset: RealDataset) -> list[str]:
    """List the files and folders of a data set that are not there, the videos by the ids of the labels.

    Cheap: looks at names only, and reads no more than the ids from the labels.
    """
    missing = missing_annotations(dataset, dataset.splits)
    folders = {split.videos for split in dataset.splits.values()}
    present = {folder: find_videos(Path(folder), dataset.of_pictures) for folder in folders if Path(folder).is_dir()}
    for name, split in dataset.splits.items():
        if split.videos in present:
            ids = _video_ids(dataset, name)
            absent = [f"{split.videos}/{video}.*" for video in ids if video not in present[split.videos]]
            missing += absent if len(absent) > dataset.tolerated_missing * len(ids) else []
    return list(dict.fromkeys(missing))


def relocated(dataset: RealDataset, root: Path) -> RealDataset:
    """Return the data set with `root` in place of the folder that all its paths have in common."""
    files = [*_files(dataset), *(file for split in dataset.splits.values() for file in _files(split))]
    folders = [*(str(Path(file).parent) for file in files), *(split.videos for split in dataset.splits.values())]
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UserError(f"--root: expected paths below one folder in the data set's file, found {folders}") from None

    def moved(spec: Spec) -> dict[str, str]:
        paths = {key: getattr(spec, key, None) for key in (*FILE_KEYS, "videos")}
        return {key: str(root / os.path.relpath(path, common or ".")) for key, path in paths.items() if path}

    changed = {name: split.model_copy(update=moved(split)) for name, split in dataset.splits.items()}
    return dataset.model_copy(update={"splits": changed, **moved(dataset)})


def check_dataset(dataset: RealDataset) -> Report:
    """Compare the files of a data set with what it should hold; opens every annotated video."""
    report = Report()
    if isinstance(dataset, AvaDataset):
        ava_check.check(dataset, report)
    else:
        recognition_check.check(dataset, report)
    report.problems = list(dict.fromkeys(report.problems))
    return report


def _files(spec: Spec) -> list[str]:
    return [path for key in FILE_KEYS if (path := getattr(spec, key, None)) is not None]


def _video_ids(dataset: RealDataset, split: str) -> Sequence[str]:
    if isinstance(dataset, AvaDataset):
        return ava_check.video_ids(dataset, split)
    return recognition_check.video_ids(dataset, split)
