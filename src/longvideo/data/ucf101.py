"""UCF-101's official lists: one label per video.

    classInd.txt        1 ApplyEyeMakeup                                  classes, numbered from 1
    trainlist01.txt     ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1     class folder, file, number of the class
    testlist01.txt      ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi       without the number

A video's id is its file's name without the suffix. Videos lie in a folder per class.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from longvideo.data.lines import numbered_lines, shown
from longvideo.data.recognition import Labels, Segment, one_label_each
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

MAX_BYTES = 256 << 20
CLASS = re.compile(r"\s*([0-9]{1,6})\s+(\S.*?)\s*")
VIDEO = re.compile(r"\s*([^/\s][^/]*)/([^/]+?)\.\w+(?:\s+([0-9]{1,6}))?\s*")


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the names of the classes, ordered by their number.

    Raises:
        UserError: The file is missing or no such list, or a name comes twice; names the line.
    """
    names: list[str] = []
    for number, line in numbered_lines(path, "list of classes", MAX_BYTES):
        if not line.strip():
            continue
        match = CLASS.fullmatch(line)
        if not match or int(match[1]) != len(names) + 1:
            raise UserError(f"{path}: line {number}: expected '{len(names) + 1} NAME', found {shown(line)}")
        if match[2] in names:
            raise UserError(f"{path}: line {number}: expected each class once, found {shown(match[2])} again")
        names.append(match[2])
    if not names:
        raise UserError(f"{path}: line 1: expected classes such as '1 ApplyEyeMakeup', found none")
    return tuple(names)


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the names of the classes, whole or not at all."""
    write_text(path, "".join(f"{number} {name}\n" for number, name in enumerate(classes, 1)))


def read_list(path: Path, classes: Sequence[str]) -> Labels:
    """Read a list of training or test videos; the folder says the class, and the number, where it is there, agrees.

    Args:
        path: `trainlist01.txt`, `testlist01.txt` or the like.
        classes: Names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing, empty or malformed, or a video comes twice; names the line.
    """
    index = {name: label for label, name in enumerate(classes)}
    label_of: dict[str, int] = {}
    for number, line in numbered_lines(path, "list of videos", MAX_BYTES):
        if not line.strip():
            continue
        match = VIDEO.fullmatch(line)
        problem = ""
        if not match or not names_a_file(match[2]):
            problem = f"expected CLASS/VIDEO.avi and perhaps the number of the class, found {shown(line)}"
        elif match[1] not in index:
            problem = f"expected a class of the list of classes, found {shown(match[1])}"
        elif match[3] and int(match[3]) != index[match[1]] + 1:
            problem = f"expected number {index[match[1]] + 1} with class {match[1]}, found {match[3]}"
        elif match[2] in label_of:
            problem = f"expected each video once, found {shown(match[2])} again"
        if problem or not match:
            raise UserError(f"{path}: line {number}: {problem}")
        label_of[match[2]] = index[match[1]]
    if not label_of:
        raise UserError(f"{path}: line 1: expected videos such as 'ApplyEyeMakeup/v_1.avi', found none")
    return Labels.of(label_of, classes, [Segment(video, label) for video, label in label_of.items()])


def write_list(path: Path, labels: Labels, with_numbers: bool, suffix: str = ".avi") -> None:
    """Write a list of videos, whole or not at all.

    Args:
        path: Where to.
        labels: One label of each video as a whole.
        with_numbers: Write the number of the class too, as in the lists of training videos.
        suffix: Of the files.
    """
    lines = []
    for video, label in one_label_each(labels).items():
        name = labels.classes[label]
        lines.append(f"{name}/{video}{suffix}{f' {label + 1}' if with_numbers else ''}\n")
    write_text(path, "".join(lines))
