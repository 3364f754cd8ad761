"""Acquire one split: generate a world's videos and annotations, or take the user's own files as they lie.

Writes `videos.csv` (id,path), three annotation files and, when all videos are there, `videos.done`. Boxes are in AVA's
official formats, labels of videos in the form of `longvideo.data.recognition_csv`. The user's videos stay in place.
"""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from longvideo.data.ava import read_excluded, read_label_map, read_labels
from longvideo.data.dataset_check import missing_annotations
from longvideo.data.recognition import Labels, union
from longvideo.data.recognition_check import read_split
from longvideo.data.recognition_csv import write_classes, write_labels
from longvideo.data.video_files import find_videos
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_text
from longvideo.files.layout import DONE_FILE
from longvideo.files.video_list import write_video_list
from longvideo.miniworld.pool import read_pool_split, write_pool
from longvideo.miniworld.write import write_world
from longvideo.specs.dataset import (
    ALL_VIDEOS,
    DATASET,
    AvaDataset,
    DatasetSpec,
    MiniworldDataset,
    PoolDataset,
    RealDataset,
)
from longvideo.specs.problems import as_user_error, unknown


def take_files(dataset: RealDataset, split: str, out: Path) -> None:
    """Take the annotations of a split, after reading each file once, and list its videos.

    Videos without annotation are left out; annotated videos without a file are listed with the place where they are
    expected, so that the manifest can say that they are missing.

    Raises:
        UserError: A file is missing or cannot be read.
    """
    chosen = list(dataset.splits) if split == ALL_VIDEOS else [split]
    if missing := missing_annotations(dataset, chosen):
        raise UserError(f"{split}: expected {', '.join(missing)}, found none; see 'longvideo check'")
    if isinstance(dataset, AvaDataset):
        annotated = _take_boxes(dataset, split, out)
    else:
        labels = union([read_split(dataset, name) for name in chosen])
        _write_labels(labels, out)
        annotated = sorted(labels.videos)
    folders = dict.fromkeys(dataset.splits[name].videos for name in chosen)
    where = ", ".join(folders)
    found: dict[str, Path] = {}
    for folder in folders:
        found |= find_videos(Path(folder), dataset.of_pictures)
    paths = {video: found.get(video, Path(next(iter(folders))) / f"{video}.mp4") for video in annotated}
    absent = [video for video in annotated if video not in found]
    for video in absent:
        print(f"{video}: expected a video in {where}, found none", file=sys.stderr)
    if len(absent) == len(annotated):
        expected = f"expected the videos of {dataset.splits[chosen[0]].labels}, such as {annotated[0]}"
        raise UserError(f"{where}: {expected}, found none of them")
    write_video_list(out / "videos.csv", paths)


def _take_boxes(dataset: AvaDataset, split: str, out: Path) -> list[str]:
    """Read and copy annotations in AVA's formats; return the ids of the videos."""
    files = dataset.splits[split]
    labels = read_labels(Path(files.labels))
    read_label_map(Path(dataset.label_map))
    excluded = Path(files.excluded) if files.excluded else None
    if excluded is not None:
        read_excluded(excluded)
    write_text(out / "labels.csv", Path(files.labels).read_text(encoding="utf-8"))
    write_text(out / "label_map.pbtxt", Path(dataset.label_map).read_text(encoding="utf-8"))
    write_text(out / "excluded.csv", excluded.read_text(encoding="utf-8") if excluded else "")
    return sorted(set(labels.videos))


def _write_labels(labels: Labels, out: Path) -> None:
    """Write the labels of whole videos and segments in the one form of `recognition_csv`."""
    write_labels(out / "labels.csv", labels)
    write_classes(out / "label_map.pbtxt", labels.classes)
    write_text(out / "excluded.csv", "")


def generate(dataset: MiniworldDataset, seed: int, split: str, out: Path, with_videos: bool = True) -> None:
    """Write one split of a generated world, or its lists and annotations alone."""
    videos = write_world(
        out,
        story=dataset.story,
        purpose=dataset.purpose,
        seed=seed,
        split=split,
        videos=dataset.videos[split],
        seconds=dataset.duration_s,
        fps=dataset.fps,
        size=(dataset.height, dataset.width),
        with_videos=with_videos,
    )
    write_video_list(out / "videos.csv", videos)


def generate_pool(dataset: PoolDataset, seed: int, split: str, out: Path) -> None:
    """Write the videos of a generated pool, or the list of one of its splits."""
    files = write_pool(
        out,
        story=dataset.story,
        purpose=dataset.purpose,
        seed=seed,
        videos=dataset.videos,
        seconds=dataset.duration_s,
        fps=dataset.fps,
        size=(dataset.height, dataset.width),
        with_videos=split == ALL_VIDEOS,
    )
    chosen = dataset.split_names[1:] if split == ALL_VIDEOS else (split,)
    labels = union([read_pool_split(out, dataset.story, name) for name in chosen])
    _write_labels(labels, out)
    pool = out.parent / ALL_VIDEOS / "videos"
    write_video_list(out / "videos.csv", {video: pool / files[video].name for video in labels.videos})


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--split", required=True)
    parser.add_argument("--out-dir", type=Path, required=True)
    args = parser.parse_args()
    try:
        dataset = DATASET.validate_json(args.spec)
    except ValidationError as error:
        raise as_user_error("--spec", error, DatasetSpec) from error
    if args.split not in dataset.split_names:
        raise UserError(f"--split: {unknown('split', args.split, dataset.split_names)}")
    if isinstance(dataset, MiniworldDataset):
        generate(dataset, args.seed, args.split, args.out_dir)
    elif isinstance(dataset, PoolDataset):
        generate_pool(dataset, args.seed, args.split, args.out_dir)
    else:
        take_files(dataset, args.split, args.out_dir)
    write_text(args.out_dir / DONE_FILE, "")


if __name__ == "__main__":
    run_main(main)
