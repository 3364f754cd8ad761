"""The labels of one split in this project's own form, the same for every data set of action recognition.

    labels.csv          video,label,start_s,end_s
    label_map.pbtxt     the classes, numbered from 1, in the format of AVA's label maps

`start_s` and `end_s` are both empty where a label is of the whole video; a video without any label has one row with
nothing but its id.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from longvideo.data.ava_label_map import Label, read_label_map, write_label_map
from longvideo.data.lines import numbered_lines, parse_seconds, shown
from longvideo.data.recognition import Labels, Segment
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

HEADER = ("video", "label", "start_s", "end_s")


def write_labels(path: Path, labels: Labels) -> None:
    """Write the labels of a split, ordered by video, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    rows: dict[str, list[list[str]]] = {video: [] for video in labels.videos}
    for segment in labels.segments:
        rows[segment.video].append([str(segment.label + 1), *_times(segment)])
    for video, listed in rows.items():
        writer.writerows([video, *row] for row in listed or [["", "", ""]])
    write_text(path, text.getvalue())


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the classes as a label map, whole or not at all."""
    write_label_map(path, [Label(number, name) for number, name in enumerate(classes, 1)])


def read_labels(path: Path, label_map: Path) -> Labels:
    """Read the labels of a split.

    Args:
        path: `labels.csv`.
        label_map: `label_map.pbtxt`, whose ids are numbered from 1.

    Raises:
        UserError: A file is missing or malformed; names the line.
    """
    classes = read_classes(label_map)
    videos: dict[str, None] = {}
    segments: list[Segment] = []
    rows = csv.reader((f"{line}\n" for _, line in numbered_lines(path)), strict=True)
    try:
        if tuple(next(rows, ())) != HEADER:
            raise ValueError(f"expected the header {','.join(HEADER)}")
        for row in rows:
            if len(row) != len(HEADER) or not names_a_file(row[0]):
                raise ValueError(f"expected {','.join(HEADER)}, found {shown(','.join(row))}")
            videos[row[0]] = None
            if row[1:] != ["", "", ""]:
                segments.append(_segment(row, len(classes)))
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path}: line {rows.line_num}: {error}; run 'acquire' again") from None
    return Labels.of(videos, classes, segments)


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the classes from a label map whose ids are numbered from 1.

    Raises:
        UserError: The file is missing or no such label map.
    """
    names = {label.id: label.name for label in read_label_map(path)}
    if sorted(names) != list(range(1, len(names) + 1)):
        raise UserError(f"{path}: expected ids 1 to {len(names)}, found {min(names)} to {max(names)}")
    return tuple(names[number] for number in range(1, len(names) + 1))


def _times(segment: Segment) -> list[str]:
    return ["" if time is None else repr(float(time)) for time in (segment.start_s, segment.end_s)]


def _segment(row: Sequence[str], classes: int) -> Segment:
    video, label, *times = row
    if not re.fullmatch(r"[0-9]{1,9}", label) or not 1 <= int(label) <= classes:
        raise ValueError(f"expected a label from 1 to {classes}, found {shown(label)}")
    if times == ["", ""]:
        return Segment(video, int(label) - 1)
    return Segment(video, int(label) - 1, parse_seconds(times[0]), parse_seconds(times[1]))
