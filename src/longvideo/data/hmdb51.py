"""HMDB-51's official splits: one label per video, one file per class and split.

    brush_hair_test_split1.txt      April_09_brush_hair_u_nm_np1_ba_goo_0.avi 1

The number says what a video is for: 1 training, 2 testing, 0 nothing. Classes are numbered by their names' order. A
video's id is its file's name without the suffix, whatever characters that has. Videos lie in a folder per class.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from longvideo.data.lines import numbered_lines, shown
from longvideo.data.recognition import Labels, Segment, one_label_each
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

CODES = {"train": 1, "test": 2}
UNUSED = 0
MAX_BYTES = 64 << 20
MAX_CLASSES = 100_000
FILE = re.compile(r"(.+)_test_split([0-9]{1,3})\.txt")
VIDEO = re.compile(r"\s*([^/]+?)\.\w+\s+([0-2])\s*")


def read_split(folder: Path, number: int, part: str) -> Labels:
    """Read the videos of one part of a split, class by class.

    Args:
        folder: Holds a file per class and split.
        number: Of the split, from 1.
        part: "train" or "test".

    Raises:
        UserError: There are no such files, one is malformed, or a video comes twice; names file and line.
    """
    files = class_files(folder, number)
    seen: set[str] = set()
    segments = []
    for label, path in enumerate(files.values()):
        for line_number, line in numbered_lines(path, "list of videos", MAX_BYTES):
            if not line.strip():
                continue
            match = VIDEO.fullmatch(line)
            if not match or not names_a_file(match[1]):
                expected = "expected VIDEO.avi and 0, 1 or 2"
                raise UserError(f"{path}: line {line_number}: {expected}, found {shown(line)}")
            if match[1] in seen:
                raise UserError(f"{path}: line {line_number}: expected each video once, found {shown(match[1])} again")
            seen.add(match[1])
            if int(match[2]) == CODES[part]:
                segments.append(Segment(match[1], label))
    if not segments:
        raise UserError(f"{folder}: expected videos for {part} in split {number}, found none")
    return Labels.of([segment.video for segment in segments], tuple(files), segments)


def class_files(folder: Path, number: int) -> dict[str, Path]:
    """Return the files of one split by class, ordered by the classes' names.

    Raises:
        UserError: The folder is missing, or has no file of this split.
    """
    try:
        found = {path.name: path for path in folder.iterdir()}
    except OSError as error:
        raise UserError(f"{folder}: expected a folder of splits, found an error ({error.strerror})") from None
    matches = {name: match for name in found if (match := FILE.fullmatch(name))}
    files = {match[1]: found[name] for name, match in matches.items() if int(match[2]) == number}
    if not 0 < len(files) <= MAX_CLASSES:
        raise UserError(f"{folder}: expected files such as brush_hair_test_split{number}.txt, found {len(files)}")
    return dict(sorted(files.items()))


def write_split(
    folder: Path,
    number: int,
    train: Labels,
    test: Labels,
    unused: Iterable[Segment] = (),
    suffix: str = ".avi",
) -> None:
    """Write the files of one split, each whole or not at all.

    Args:
        folder: Where to; gets a file per class.
        number: Of the split, from 1.
        train: One label of each video as a whole.
        test: The same for the test videos, with the same classes in the order of their names.
        unused: Videos that are for nothing.
        suffix: Of the video files.
    """
    classes: Sequence[str] = train.classes
    if test.classes != classes or list(classes) != sorted(set(classes)):
        raise ValueError("expected the same classes for training and testing, in the order of their names")
    lines: dict[str, list[str]] = {name: [] for name in classes}
    for part, code in ((one_label_each(train), CODES["train"]), (one_label_each(test), CODES["test"])):
        for video, label in part.items():
            lines[classes[label]].append(f"{video}{suffix} {code}\n")
    for segment in unused:
        lines[classes[segment.label]].append(f"{segment.video}{suffix} {UNUSED}\n")
    for name, listed in lines.items():
        write_text(folder / f"{name}_test_split{number}.txt", "".join(listed))
