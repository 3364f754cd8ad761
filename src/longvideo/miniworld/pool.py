"""A world of action recognition on disk: one pool of videos, and the official annotation files of its data set.

The videos of a group share place and clothes, as those of UCF-101 do, and no group is both trained on and tested on.
Everything follows from the world's purpose, its seed and the number of the video.
"""

import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_splits import LAYOUTS, ONE_SPLIT, SPLITS, read_split, write_splits
from longvideo.errors import UserError
from longvideo.miniworld.acts import HANDHELD, STEADY, Act, Pace, take_of
from longvideo.miniworld.film import film
from longvideo.miniworld.origin import drop_other_videos
from longvideo.miniworld.stories import charades, hmdb, kinetics, something, ucf
from longvideo.miniworld.take import Take
from longvideo.video.encode import write_video

GOP, CRF, BFRAMES = 48, 23, 2
"""As videos are found in the wild; `decode` re-encodes them for whoever reads motion vectors."""
CLIPS = 2
"""Videos of a group."""
TEST_EVERY = 4
"""One group in so many is for testing, where there is one split only."""
ANNOTATIONS = "annotations"

Keys = tuple[int, ...]
"""Of a world: its story, purpose and seed."""


@dataclass(frozen=True)
class Told:
    """One video of a pool: who it is, what it shows, and its labels."""

    video: str
    group: int
    take: Take
    labels: tuple[Segment, ...]


@dataclass(frozen=True)
class PoolStory:
    """A story of action recognition.

    Attributes:
        layout: Whose official files annotate it, of `recognition_splits.LAYOUTS`.
        classes: Names of the classes.
        tell: Tells video `number` of the world with these keys: (keys, number, frames, fps).
    """

    layout: str
    classes: tuple[str, ...]
    tell: Callable[[Keys, int, int, int], Told]


Shot = Callable[[Keys, int, int, int, int, int], Take]
"""Films a clip of an action: (keys, label, group, clip, frames, fps)."""


def _clips(layout: str, names: tuple[str, ...], shot: Shot, pattern: str) -> PoolStory:
    """Return the story of trimmed clips of one action each; `pattern` makes ids of name, label, group and clip."""

    def tell(keys: Keys, number: int, frames: int, fps: int) -> Told:
        label, clip = number % len(names), number // len(names)
        group, clip = clip // CLIPS, clip % CLIPS
        video = pattern.format(name=names[label], label=label, group=group + 1, clip=clip + 1)
        return Told(video, group, shot(keys, label, group, clip, frames, fps), (Segment(video, label),))

    return PoolStory(layout, names, tell)


def _acts(layout: str, acts: tuple[Act, ...], pattern: str, pace: Pace = HANDHELD) -> PoolStory:
    """Return the story of clips whose look is a part of the action."""

    def shot(keys: Keys, label: int, group: int, clip: int, frames: int, fps: int) -> Take:
        rngs = (np.random.default_rng([*keys, label, group]), np.random.default_rng([*keys, label, group, clip + 1]))
        return take_of(acts[label], *rngs, frames, fps, pace)

    return _clips(layout, tuple(act.name for act in acts), shot, pattern)


def _something(keys: Keys, label: int, group: int, clip: int, frames: int, fps: int) -> Take:
    look, place, rest = (
        np.random.default_rng([*keys, *part]) for part in ((group,), (label, group), (label, group, clip + 1))
    )
    return something.take_of(something.DEEDS[label], look, place, rest, frames, fps)


def _charades(pace: Pace, keys: Keys, number: int, frames: int, fps: int) -> Told:
    group, clip = number // CLIPS, number % CLIPS
    video = f"P{group:03d}{chr(ord('A') + clip)}"
    rngs = (np.random.default_rng([*keys, group]), np.random.default_rng([*keys, group, clip + 1]))
    take, spans = charades.tell(*rngs, frames, fps, pace)
    return Told(video, group, take, tuple(Segment(video, *span) for span in spans))


POOLS = {
    "ucf": _acts("ucf101", ucf.ACTS, "v_{name}_g{group:02d}_c{clip:02d}"),
    "hmdb": _acts("hmdb51", hmdb.ACTS, "g{group:02d}_{name}_{clip}"),
    "charades": PoolStory("charades", charades.CLASSES, partial(_charades, charades.CLOSE)),
    "charades_steady": PoolStory("charades", charades.CLASSES, partial(_charades, STEADY)),
    "kinetics": _acts("kinetics", kinetics.ACTS, "world{label:02d}{group:03d}_{clip:06d}_000010", STEADY),
    "something": _clips("something_v2", something.NAMES, _something, "{label:02d}{group:03d}{clip}"),
}


def tell(story: str, purpose: str, seed: int, number: int, seconds: int, fps: int) -> Told:
    """Tell one video of a world.

    Raises:
        UserError: There is no such story.
    """
    keys = (zlib.crc32(story.encode()), zlib.crc32(purpose.encode()), seed)
    return _story(story).tell(keys, number, seconds * fps, fps)


def write_pool(
    out: Path,
    story: str,
    purpose: str,
    seed: int,
    videos: int,
    seconds: int,
    fps: int,
    size: tuple[int, int],
    with_videos: bool = True,
) -> dict[str, Path]:
    """Write a world's videos into `out/videos`, and the official annotation files into `out/annotations`.

    Args:
        out: Folder.
        story: Name of the story, of `POOLS`.
        purpose: "report" or "dev"; worlds of different purposes share nothing.
        seed: Of the world.
        videos: Number of videos; every class gets the same number if it is a multiple of twice their number.
        seconds: Length of each video.
        fps: Frames per second.
        size: Height and width in pixels.
        with_videos: False to leave out the videos, nearly all of the work.

    Returns:
        The video files by id.

    Raises:
        UserError: There is no such story, or the videos are too few for every split to have some.
    """
    if with_videos:
        drop_other_videos(out / "videos", json.dumps([story, purpose, seed, seconds, fps, size]))
    files: dict[str, Path] = {}
    stories: list[Told] = []
    for number in tqdm(range(videos), story, disable=not sys.stderr.isatty()):
        told = tell(story, purpose, seed, number, seconds, fps)
        stories.append(told)
        files[told.video] = out / "videos" / f"{told.video}.mp4"
        if with_videos and not files[told.video].is_file():
            write_video(files[told.video], film(told.take, *size), fps, GOP, CRF, bframes=BFRAMES)
    write_splits(_story(story).layout, out / ANNOTATIONS, splits_of(_story(story), stories))
    return files


def split_names(story: str) -> tuple[str, ...]:
    """Return the names of the splits of a story's data set.

    Raises:
        UserError: There is no such story.
    """
    return LAYOUTS[_story(story).layout].splits


def read_pool_split(out: Path, story: str, split: str) -> Labels:
    """Read one split of a pool from its official annotation files."""
    return read_split(_story(story).layout, out / ANNOTATIONS, split)


def _story(name: str) -> PoolStory:
    if name not in POOLS:
        raise UserError(f"expected a story among {', '.join(POOLS)}, found {name}")
    return POOLS[name]


def splits_of(story: PoolStory, stories: list[Told]) -> dict[str, Labels]:
    """Deal the videos out, group by group: three splits that test each video once, or one that tests a quarter."""
    if LAYOUTS[story.layout].splits == ONE_SPLIT:
        tests = {"": {told.group for told in stories if told.group % TEST_EVERY == TEST_EVERY - 1}}
    else:
        tests = {str(n + 1): {told.group for told in stories if told.group % SPLITS == n} for n in range(SPLITS)}
    order = sorted(story.classes) if story.layout == "hmdb51" else list(story.classes)
    result: dict[str, Labels] = {}
    for number, groups in tests.items():
        for part in ("train", "test"):
            chosen = [told for told in stories if (told.group in groups) == (part == "test")]
            if not chosen:
                raise UserError(
                    f"expected enough videos for every split, found {len(stories)}: none for {part}{number}"
                )
            segments = [
                row._replace(label=order.index(story.classes[row.label])) for told in chosen for row in told.labels
            ]
            result[part + number] = Labels.of([told.video for told in chosen], order, segments)
    return result
