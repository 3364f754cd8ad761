"""Acquire one split: generate a world's videos and annotations, or take the user's own files as they lie.

Writes `videos.csv` (id,path), the three annotation files in AVA's official formats and, when all videos are there,
`videos.done`. The user's videos stay in place.
"""

import argparse
import csv
import io
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from longvideo.data.ava import read_excluded, read_label_map, read_labels
from longvideo.data.ava_check import find_videos, missing_files
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_text
from longvideo.files.layout import DONE_FILE
from longvideo.miniworld.write import write_world
from longvideo.specs.dataset import DATASET, AvaDataset, DatasetSpec, MiniworldDataset
from longvideo.specs.problems import as_user_error, unknown


def take_files(dataset: AvaDataset, split: str, out: Path) -> None:
    """Copy the annotation files of a split, after reading each once, and list its videos.

    Videos without annotation are left out; annotated videos without a file are listed with the place where they are
    expected, so that the manifest can say that they are missing.

    Raises:
        UserError: A file is missing or cannot be read.
    """
    missing = missing_files(dataset)
    files = dataset.splits[split]
    needed = [Path(files.labels), Path(dataset.label_map), *([Path(files.excluded)] if files.excluded else [])]
    if not all(path.is_file() for path in needed) or not Path(files.videos).is_dir():
        raise UserError("; ".join(missing) or f"{files.videos}: expected a folder of videos, found none")
    labels = read_labels(Path(files.labels))
    read_label_map(Path(dataset.label_map))
    excluded = Path(files.excluded) if files.excluded else None
    if excluded is not None:
        read_excluded(excluded)
    found = find_videos(Path(files.videos))
    annotated = sorted(set(labels.videos))
    write_text(out / "labels.csv", Path(files.labels).read_text(encoding="utf-8"))
    write_text(out / "label_map.pbtxt", Path(dataset.label_map).read_text(encoding="utf-8"))
    write_text(out / "excluded.csv", excluded.read_text(encoding="utf-8") if excluded else "")
    paths = {video: found.get(video, Path(files.videos) / f"{video}.mp4") for video in annotated}
    absent = [video for video in annotated if video not in found]
    for video in absent:
        print(f"{video}: expected a video in {files.videos}, found none", file=sys.stderr)
    if len(absent) == len(annotated):
        expected = f"expected the videos of {files.labels}, such as {annotated[0]}"
        raise UserError(f"{files.videos}: {expected}, found none of them")
    write_videos(out / "videos.csv", paths)


def write_videos(path: Path, videos: dict[str, Path]) -> None:
    """Write `id,path` rows; paths below the working directory become relative to it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "path"])
    here = Path.cwd()
    for video, file in sorted(videos.items()):
        whole = Path(os.path.abspath(file))  # noqa: PTH100 - links stay as the user named them
        writer.writerow([video, whole.relative_to(here) if whole.is_relative_to(here) else whole])
    write_text(path, text.getvalue())


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
    write_videos(out / "videos.csv", videos)


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
    else:
        take_files(dataset, args.split, args.out_dir)
    write_text(args.out_dir / DONE_FILE, "")


if __name__ == "__main__":
    run_main(main)
