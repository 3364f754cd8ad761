"""A world on disk: stories told, rendered, encoded as videos and annotated in the data set's official formats.

Everything follows from the world's purpose, its seed, the split and the number of the video, so no two splits, seeds or
purposes share a story. Videos that an interrupted run has written are kept; those of another world or other code go.
"""

import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from longvideo.data.ava import AvaFrames, AvaLabels, index_names, write_excluded, write_labels
from longvideo.data.ava_label_map import Label as MapLabel
from longvideo.data.ava_label_map import write_label_map
from longvideo.errors import UserError
from longvideo.miniworld.origin import drop_other_videos
from longvideo.miniworld.render import actor_box, render
from longvideo.miniworld.script import Script
from longvideo.miniworld.stories import ava
from longvideo.video.encode import write_video

GOP, CRF, BFRAMES = 48, 23, 2
"""As videos are found in the wild: long groups of pictures and B-frames; a decoder's work is part of the path."""


@dataclass(frozen=True)
class StoryBook:
    """How stories of one data set are told, and the names and types of their labels, ids counted from 1."""

    tell: Callable[[np.random.Generator, int, int], Script]
    labels: tuple[tuple[str, str], ...]


STORIES = {"ava": StoryBook(ava.tell, ava.LABELS)}


def script_of(story: str, purpose: str, seed: int, split: str, number: int, seconds: int, fps: int) -> Script:
    """Tell one video of a world.

    Raises:
        UserError: There is no such story.
    """
    if story not in STORIES:
        raise UserError(f"expected a story among {', '.join(STORIES)}, found {story}")
    keys = [zlib.crc32(text.encode()) for text in (story, purpose, split)]
    return STORIES[story].tell(np.random.default_rng([*keys, seed, number]), seconds, fps)


def write_world(
    out: Path,
    story: str,
    purpose: str,
    seed: int,
    split: str,
    videos: int,
    seconds: int,
    fps: int,
    size: tuple[int, int],
    with_videos: bool = True,
) -> dict[str, Path]:
    """Write the videos and annotation files of one split into `out`.

    Args:
        out: Folder; gets `labels.csv`, `excluded.csv`, `label_map.pbtxt`, and `videos/` with a note of their origin.
        story: Name of the story.
        purpose: "report" or "dev"; worlds of different purposes share nothing.
        seed: Of the world.
        split: Name of the split.
        videos: Number of videos.
        seconds: Length of each video.
        fps: Frames per second.
        size: Height and width in pixels.
        with_videos: False to leave out the videos, nearly all of the work.

    Returns:
        The video files by id.
    """
    if with_videos:
        drop_other_videos(out / "videos", json.dumps([story, purpose, seed, split, seconds, fps, size]))
    files: dict[str, Path] = {}
    rows: list[tuple[str, int, tuple[float, float, float, float], int, int]] = []
    excluded: list[tuple[str, float]] = []
    for number in tqdm(range(videos), f"{story} {split}", disable=not sys.stderr.isatty()):
        script = script_of(story, purpose, seed, split, number, seconds, fps)
        video = f"{split}_{number:04d}"
        files[video] = out / "videos" / f"{video}.mp4"
        if with_videos and not files[video].is_file():
            write_video(files[video], render(script, *size), fps, GOP, CRF, bframes=BFRAMES)
        aspect = size[1] / size[0]
        for label in script.labels:
            box = actor_box(script.actors[label.actor], label.second * fps, aspect)
            rows.append((video, label.second, box, label.action, label.actor))
        excluded += [(video, float(second)) for second in script.excluded]
    ids, codes = index_names([row[0] for row in rows])
    labels = AvaLabels(
        videos=ids,
        video=codes,
        second=np.array([row[1] for row in rows], np.float64),
        box=np.round(np.array([row[2] for row in rows], np.float64).reshape(-1, 4), 4),
        label=np.array([row[3] for row in rows], np.int32),
        person=np.array([row[4] for row in rows], np.int32),
    )
    write_labels(out / "labels.csv", labels)
    write_excluded(out / "excluded.csv", AvaFrames.of(excluded))
    book = STORIES[story]
    write_label_map(out / "label_map.pbtxt", [MapLabel(i, name, kind) for i, (name, kind) in enumerate(book.labels, 1)])
    return files
