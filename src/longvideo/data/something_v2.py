"""Something-Something V2's official files: one label per video.

    something-something-v2-labels.json      {"Holding something next to something": "41", ...}
    something-something-v2-train.json       [{"id": "78687", "label": "holding potato next to vicks vaporub bottle",
                                              "template": "Holding [something] next to [something]",
                                              "placeholders": ["potato", "vicks vaporub bottle"]}, ...]

The class of a video is its template without brackets; nothing else but the id is looked at. The list of the test split
has ids alone. Videos are `<id>.webm` (VP9, 12 frames a second), all in one folder.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longvideo.data.lines import shown
from longvideo.data.recognition import Labels, Segment, one_label_each
from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

MAX_BYTES = 64 << 20
MAX_CLASSES = 100_000
OBJECT = re.compile("something", re.IGNORECASE)


def read_classes(path: Path) -> tuple[str, ...]:
    """Read the names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing or malformed, or the numbers are not 0, 1, 2 and so on.
    """
    found = _read_json(path)
    if not isinstance(found, dict) or not 0 < len(found) <= MAX_CLASSES:
        raise UserError(f'{path}: expected classes such as {{"Closing something": "18"}}, found {_kind(found)}')
    number_of = {str(number): name for name, number in found.items() if name.isprintable()}
    absent = next((number for number in range(len(found)) if str(number) not in number_of), None)
    if absent is not None:
        raise UserError(f"{path}: expected classes numbered 0 to {len(found) - 1}, found none with number {absent}")
    return tuple(number_of[str(number)] for number in range(len(found)))


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the names of the classes, whole or not at all."""
    _write_json(path, {name: str(number) for number, name in enumerate(classes)})


def read_annotations(path: Path, classes: Sequence[str]) -> Labels:
    """Read the videos of one split.

    Args:
        path: The list of training or validation videos.
        classes: Names of the classes, in the order of their numbers.

    Raises:
        UserError: The file is missing, empty or malformed, or a video comes twice; names the entry, counted from 1.
    """
    index = {name: label for label, name in enumerate(classes)}
    label_of: dict[str, int] = {}
    found = _read_json(path)
    if not isinstance(found, list) or not found:
        raise UserError(f"{path}: expected a list of videos with their templates, found {_kind(found)}")
    for number, entry in enumerate(found, 1):
        fields = entry if isinstance(entry, dict) else {}
        video, template = fields.get("id"), fields.get("template")
        problem = ""
        if not (isinstance(video, str) and isinstance(template, str) and names_a_file(video) and video.isprintable()):
            problem = f"expected an id and a template, found {_kind(entry)}"
        elif _without_brackets(template) not in index:
            problem = f"expected a class of the list of classes, found {shown(template)}"
        elif video in label_of:
            problem = f"expected each video once, found {shown(video)} again"
        if problem:
            raise UserError(f"{path}: entry {number}: {problem}")
        label_of[str(video)] = index[_without_brackets(str(template))]
    return Labels.of(label_of, classes, [Segment(*pair) for pair in label_of.items()])


def write_annotations(path: Path, labels: Labels) -> None:
    """Write the videos of one split, one label of each as a whole; the list appears whole or not at all.

    Raises:
        ValueError: A video has not one label, or a class has brackets in its name.
    """
    if any(name != _without_brackets(name) for name in labels.classes):
        raise ValueError("expected names of classes without brackets")
    entries = []
    for video, label in one_label_each(labels).items():
        name = labels.classes[label]
        objects = OBJECT.findall(name)
        template = OBJECT.sub(lambda found: f"[{found[0]}]", name)
        entries.append({"id": video, "label": name.lower(), "template": template, "placeholders": objects})
    _write_json(path, entries)


def _without_brackets(template: str) -> str:
    return template.replace("[", "").replace("]", "")


def _kind(found: object) -> str:
    """Say what a value of JSON is, however deep it goes."""
    if isinstance(found, dict):
        return f"an object of {shown(', '.join(found))}"
    return f"a list of {len(found)}" if isinstance(found, list) else shown(str(found))


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: expected a JSON file of at most {MAX_BYTES} bytes, found a larger one")
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: expected a JSON file, found an error ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: expected JSON in UTF-8, found other text ({error})") from None


def _write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
