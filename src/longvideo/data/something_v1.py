"""Something-Something V1's official files: one label per video.

    something-something-v1-labels.csv       one class a line; its place is its number
    something-something-v1-train.csv        100218;Something falling like a feather or paper
    something-something-v1-validation.csv   the same; the list of the test split has no labels

Lines are no CSV, whatever the names say: labels hold commas and no quotes. A video is a folder of JPEGs,
`<id>/00001.jpg` and so on, 12 a second.
"""

from collections.abc import Sequence
from pathlib import Path

from longvideo.data.lines import numbered_lines, shown
from longvideo.data.recognition import Labels, Segment, one_label_each
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

MAX_BYTES = 256 << 20
MAX_CLASSES = 100_000


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing or empty, or a name comes twice; names the line.
    """
    names: dict[str, None] = {}
    for number, line in numbered_lines(path, "list of classes", MAX_BYTES):
        name = line.strip()
        if name in names:
            raise UserError(f"{path}: line {number}: expected each class once, found {shown(name)} again")
        if name:
            names[name] = None
    if not 0 < len(names) <= MAX_CLASSES:
        expected = f"expected 1 to {MAX_CLASSES} classes such as 'Closing something'"
        raise UserError(f"{path}: line 1: {expected}, found {len(names)}")
    return tuple(names)


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the names of the classes, whole or not at all."""
    write_text(path, "".join(f"{name}\n" for name in classes))


def read_list(path: Path, classes: Sequence[str]) -> Labels:
    """Read the videos of one split.

    Args:
        path: The list of training or validation videos.
        classes: Names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing, empty or malformed, or a video comes twice; names the line.
    """
    index = {name: label for label, name in enumerate(classes)}
    label_of: dict[str, int] = {}
    for number, line in numbered_lines(path, "list of videos", MAX_BYTES):
        if not line.strip():
            continue
        video, separator, name = (part.strip() for part in line.partition(";"))
        problem = ""
        if not separator or not names_a_file(video):
            problem = f"expected VIDEO;CLASS, found {shown(line)}"
        elif name not in index:
            problem = f"expected a class of the list of classes, found {shown(name)}"
        elif video in label_of:
            problem = f"expected each video once, found {shown(video)} again"
        if problem:
            raise UserError(f"{path}: line {number}: {problem}")
        label_of[video] = index[name]
    if not label_of:
        raise UserError(f"{path}: line 1: expected videos such as '100218;Closing something', found none")
    return Labels.of(label_of, classes, [Segment(*pair) for pair in label_of.items()])


def write_list(path: Path, labels: Labels) -> None:
    """Write the videos of one split, one label of each as a whole; the list appears whole or not at all.

    Raises:
        ValueError: A video has not one label, or a semicolon in its id.
    """
    if any(";" in video for video in labels.videos):
        raise ValueError("expected ids of videos without semicolons")
    lines = [f"{video};{labels.classes[label]}\n" for video, label in one_label_each(labels).items()]
    write_text(path, "".join(lines))
