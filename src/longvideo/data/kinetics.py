"""Kinetics' official files, of any edition: one CSV per split, one label per clip.

    train.csv, val.csv      label,youtube_id,time_start,time_end,split      times in whole seconds of the YouTube video

A clip's id is that of its file, `<youtube_id>_<start>_<end>` with times of six digits. Columns are found by their
names; some copies have one more, and the test split's CSV has no labels. There is no official list of the classes: they
are the labels of the training split in the order of their names. Clips lie in a folder per class, or all in one. Videos
vanish from YouTube, so that no copy holds all clips.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from longvideo.data.csv_rows import named_rows
from longvideo.data.lines import shown
from longvideo.data.recognition import Labels, Segment, one_label_each
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

COLUMNS = ("label", "youtube_id", "time_start", "time_end", "split")
NEEDED = COLUMNS[:4]
MAX_BYTES = 256 << 20
MAX_CLASSES = 100_000
SECOND = re.compile(r"([0-9]{1,6})(?:\.0*)?")
CLIP = re.compile(r"(.+)_([0-9]{6})_([0-9]{6})")


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the names of the classes, in their order, from the CSV of the training split.

    Raises:
        UserError: The file is missing, empty or malformed; names the line.
    """
    names = {row["label"] for _, row in named_rows(path, COLUMNS, NEEDED, MAX_BYTES)}
    if not 0 < len(names) <= MAX_CLASSES or "" in names:
        found = "an empty one" if "" in names else len(names)
        raise UserError(f"{path}: expected labels of 1 to {MAX_CLASSES} classes, found {found}")
    return tuple(sorted(names))


def read_annotations(path: Path, classes: Sequence[str]) -> Labels:
    """Read the clips of one split; a clip that is listed again with the same label counts once.

    Args:
        path: `train.csv` or `val.csv`.
        classes: Names of the classes, in their order.

    Raises:
        UserError: The file is missing, empty or malformed, or a clip has two labels; names the line.
    """
    index = {name: label for label, name in enumerate(classes)}
    label_of: dict[str, int] = {}
    for number, row in named_rows(path, COLUMNS, NEEDED, MAX_BYTES):
        try:
            clip = clip_id(row["youtube_id"], row["time_start"], row["time_end"])
            if row["label"] not in index:
                raise ValueError(f"expected a class of the training split, found {shown(row['label'])}")
            if label_of.setdefault(clip, index[row["label"]]) != index[row["label"]]:
                raise ValueError(f"expected one label for {clip}, found a second one; delete one of the lines")
        except ValueError as error:
            raise UserError(f"{path}: line {number}: {error}") from None
    if not label_of:
        raise UserError(f"{path}: line 2: expected clips with their labels, found none")
    return Labels.of(label_of, classes, [Segment(*pair) for pair in label_of.items()])


def write_annotations(path: Path, labels: Labels, split: str) -> None:
    """Write the CSV of one split, whole or not at all.

    Args:
        path: Where to.
        labels: One label of each clip as a whole; ids as `clip_id` makes them.
        split: What stands in the column of that name: train, val or test.

    Raises:
        ValueError: A clip has no such id, or not one label.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for clip, label in one_label_each(labels).items():
        match = CLIP.fullmatch(clip)
        if not match:
            raise ValueError(f"expected ids such as {clip_id('v', '3', '13')}, found {clip}")
        writer.writerow([labels.classes[label], match[1], int(match[2]), int(match[3]), split])
    write_text(path, text.getvalue())


def clip_id(youtube_id: str, start: str, end: str) -> str:
    """Return the id of a clip from the texts of the CSV.

    Raises:
        ValueError: They can name no clip.
    """
    times = [match for match in map(SECOND.fullmatch, (start, end)) if match]
    if len(times) != 2:
        raise ValueError(f"expected times in whole seconds of at most six digits, found {shown(f'{start},{end}')}")
    clip = f"{youtube_id}_{int(times[0][1]):06d}_{int(times[1][1]):06d}"
    if not youtube_id or not names_a_file(clip):
        raise ValueError(f"expected the id of a YouTube video, found {shown(youtube_id)}")
    return clip
