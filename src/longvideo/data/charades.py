"""Charades' official files: the classes, and the annotations of one split.

    Charades_v1_classes.txt     c000 Holding some clothes       one line per class, numbered from 0
    Charades_v1_test.csv        id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length

`actions` is "c092 11.90 21.20;c147 0.00 12.60" (class, start and end in seconds), or empty. Columns are found by their
names; other columns than `id` and `actions` are not looked at. Videos lie in one folder as `<id>.mp4`.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from longvideo.data.csv_rows import named_rows
from longvideo.data.lines import numbered_lines, parse_seconds, shown
from longvideo.data.recognition import Labels, Segment
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

OFFICIAL_CLASSES = 157
COLUMNS = (
    *("id", "subject", "scene", "quality", "relevance", "verified"),
    *("script", "objects", "descriptions", "actions", "length"),
)
MAX_BYTES = 1 << 30
MAX_CLASSES = 100_000
CLASS = re.compile(r"\s*c([0-9]{3,6})\s+(\S.*?)\s*")
ACTION = re.compile(r"\s*c([0-9]{3,6})\s+(\S+)\s+(\S+)\s*")


def class_names(count: int = OFFICIAL_CLASSES) -> tuple[str, ...]:
    """Return c000, c001, ...: what classes are called where the file with their names is not there."""
    return tuple(f"c{number:03d}" for number in range(count))


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the names of the classes, ordered by their number.

    Raises:
        UserError: The file is missing or no such list; names the line.
    """
    names: list[str] = []
    for number, line in numbered_lines(path, "list of classes", MAX_BYTES):
        if not line.strip():
            continue
        match = CLASS.fullmatch(line)
        if not match or int(match[1]) != len(names) or len(names) >= MAX_CLASSES:
            expected = f"'c{len(names):03d} NAME'"
            raise UserError(f"{path}: line {number}: expected {expected}, found {shown(line)}")
        names.append(match[2])
    if not names:
        raise UserError(f"{path}: line 1: expected classes such as 'c000 Holding some clothes', found none")
    return tuple(names)


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the names of the classes, whole or not at all."""
    write_text(path, "".join(f"{code} {name}\n" for code, name in zip(class_names(len(classes)), classes)))


def read_annotations(path: Path, classes: Sequence[str]) -> Labels:
    """Read the videos of one split and their actions; videos without any action are kept.

    Args:
        path: `Charades_v1_train.csv` or `Charades_v1_test.csv`.
        classes: Names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing, empty or malformed, or a video comes twice; names the line.

    The published files have a few actions that end before they start: they are read as they stand, and count for the
    video but for no frame of it.
    """
    videos: dict[str, None] = {}
    segments: list[Segment] = []
    for number, row in named_rows(path, COLUMNS, ("id", "actions"), MAX_BYTES):
        video = row["id"].strip()
        try:
            if not names_a_file(video):
                raise ValueError(f"expected a video id, found {shown(video)}")
            if video in videos:
                raise ValueError(f"expected each video once, found {shown(video)} again")
            videos[video] = None
            segments += [_segment(video, text, len(classes)) for text in row["actions"].split(";") if text.strip()]
        except ValueError as error:
            raise UserError(f"{path}: line {number}: {error}") from None
    if not videos:
        raise UserError(f"{path}: line 2: expected videos with their actions, found none")
    return Labels.of(videos, classes, segments)


def write_annotations(path: Path, labels: Labels, lengths: Mapping[str, float] | None = None) -> None:
    """Write an annotation file in the official columns, whole or not at all.

    Args:
        path: Where to.
        labels: Every label from one time to another.
        lengths: Length of each video in seconds; columns about which nothing is known stay empty.
    """
    actions: dict[str, list[str]] = {video: [] for video in labels.videos}
    for video, label, start_s, end_s in labels.segments:
        if start_s is None or end_s is None:
            raise ValueError(f"expected labels with times, found one of the whole video {video}")
        actions[video].append(f"c{label:03d} {_seconds(start_s)} {_seconds(end_s)}")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for video, listed in actions.items():
        length = {} if lengths is None else {"length": _seconds(lengths[video])}
        writer.writerow({"id": video, "actions": ";".join(listed), **length})
    write_text(path, text.getvalue())


def _segment(video: str, text: str, classes: int) -> Segment:
    match = ACTION.fullmatch(text)
    if not match:
        raise ValueError(f"expected actions such as 'c092 11.90 21.20', found {shown(text)}")
    if int(match[1]) >= classes:
        raise ValueError(f"expected classes c000 to c{classes - 1:03d}, found c{match[1]}")
    return Segment(video, int(match[1]), parse_seconds(match[2]), parse_seconds(match[3]))


def _seconds(value: float) -> str:
    """Return seconds with two digits as in the official files, or all of them where two would round."""
    short = f"{value:.2f}"
    return short if float(short) == value else repr(float(value))
