"""The label map of AVA: a small protocol-buffer text file of action ids, their names and their kinds."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from longvideo.errors import UserError
from longvideo.files.atomic import write_text

MAX_BYTES = 4 << 20
BLOCKS = ("item", "label")
ID_KEYS = ("id", "label_id")
TOKEN = re.compile(r'(?P<skip>\s+|#[^\n]*|[,;])|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<mark>[{}:])|(?P<word>[\w.+-]+)')


@dataclass(frozen=True)
class Label:
    """One action: its id (from 1), its name, and its kind, such as PERSON_MOVEMENT ("" where the file has none)."""

    id: int
    name: str
    group: str = ""


def read_label_map(path: Path) -> list[Label]:
    """Read a label map in the 2018 form, `item { name id }`, or the 2019 form, `label { name label_id label_type }`.

    Raises:
        UserError: The file is missing, empty or no label map, or an id is below 1 or given twice; names the line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: expected a label map of at most {MAX_BYTES >> 20} MiB, found a larger file")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{path}: expected a label map (.pbtxt), found none ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: line 1: expected a label map (.pbtxt) in UTF-8, found other bytes") from None
    labels: dict[int, Label] = {}
    for line, fields in _blocks(path, text):
        label = _label(path, line, fields)
        if label.id in labels:
            raise UserError(f"{path}: line {line}: expected each id once, found id {label.id} again")
        labels[label.id] = label
    if not labels:
        raise UserError(f'{path}: line 1: expected entries like item {{ name: "stand" id: 12 }}, found none')
    return list(labels.values())


def write_label_map(path: Path, labels: Iterable[Label]) -> None:
    """Write a label map; in the form with kinds if any label has one."""
    listed = list(labels)
    with_groups = any(label.group for label in listed)
    block, id_key = ("label", "label_id") if with_groups else ("item", "id")
    lines = []
    for label in listed:
        name = label.name.replace("\\", "\\\\").replace('"', '\\"')
        group = [f"  label_type: {label.group}"] if label.group else []
        lines += [f"{block} {{", f'  name: "{name}"', f"  {id_key}: {label.id}", *group, "}"]
    write_text(path, "\n".join(lines) + "\n")


def _label(path: Path, line: int, fields: dict[str, str]) -> Label:
    id_text = next((fields[key] for key in ID_KEYS if key in fields), "none")
    if not re.fullmatch(r"[0-9]{1,9}", id_text) or int(id_text) < 1:
        raise UserError(f"{path}: line {line}: expected an id of 1 or more, found {id_text!r}")
    if "name" not in fields:
        raise UserError(f"{path}: line {line}: expected a name for id {id_text}, found none")
    return Label(int(id_text), fields["name"], fields.get("label_type", ""))


def _blocks(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the first line and the fields of each block."""
    tokens = _tokens(path, text)
    for line, block in tokens:
        if block not in BLOCKS:
            raise UserError(f"{path}: line {line}: expected item {{ or label {{, found {block[:40]!r}")
        _expect(path, tokens, "{")
        fields: dict[str, str] = {}
        for key_line, key in tokens:
            if key == "}":
                break
            _expect(path, tokens, ":", key_line)
            value = next(tokens, (key_line, "}"))[1]
            if value in ("{", "}", ":"):
                raise UserError(f"{path}: line {key_line}: expected a value of {key[:40]!r}, found {value!r}")
            fields[key] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        else:
            raise UserError(f"{path}: line {line}: expected }} to close this entry, found the end of the file")
        yield line, fields


def _expect(path: Path, tokens: Iterator[tuple[int, str]], mark: str, line: int = 0) -> None:
    found_line, found = next(tokens, (line, "the end of the file"))
    if found != mark:
        raise UserError(f"{path}: line {found_line}: expected {mark!r}, found {found[:40]!r}")


def _tokens(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield the words, texts and marks of the file, each with its line."""
    position, line = 0, 1
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise UserError(f"{path}: line {line}: expected name: and id:, found {text[position : position + 20]!r}")
        if match.lastgroup != "skip":
            yield line, match.group()
        line += match.group().count("\n")
        position = match.end()
