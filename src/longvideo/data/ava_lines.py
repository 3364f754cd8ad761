"""Reads AVA's CSV files line by line: short files, and the search for the first wrong line of a long one."""

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path

from longvideo.data.lines import numbered_lines, parse_number, shown
from longvideo.errors import UserError

MAX_LABEL = 2**31 - 1
MICROSECONDS = 6
FRAME_COLUMNS = ("video", "sec")
SECOND = re.compile(r"\s*[+-]?\d{1,12}(\.\d*)?\s*", re.ASCII)
WHOLE = re.compile(r"\s*-?\d+\s*", re.ASCII)


def read_frames(path: Path) -> list[tuple[str, float]]:
    """Read a file of (video id, second) rows, which may be empty.

    Raises:
        UserError: The file is missing or not such a file; names the first wrong line.
    """
    rows = csv.reader(line for _, line in numbered_lines(path))
    try:
        return [parse_frame(row) for row in rows if row]
    except (ValueError, csv.Error) as error:
        raise first_mistake(path, FRAME_COLUMNS) or UserError(f"{path}: expected video,sec: {error}") from None


def parse_frame(row: Sequence[str]) -> tuple[str, float]:
    """Return the video id and the second of a row of two columns."""
    if len(row) != len(FRAME_COLUMNS):
        raise ValueError(f"expected 2 columns, found {len(row)}")
    return row[0], parse_second(row[1])


def parse_second(text: str) -> float:
    """Return the seconds that a text such as "902", "0902" or "902.5" stands for, to the microsecond."""
    if not SECOND.fullmatch(text):
        raise ValueError(f"expected seconds such as 0902, found {shown(text)}")
    return round(float(text), MICROSECONDS)


def first_mistake(path: Path, columns: Sequence[str]) -> UserError | None:
    """Return the error for the first line of a file that does not hold these columns, or None."""
    for number, line in numbered_lines(path):
        try:
            row = _fields(line)
            if row and len(row) not in (len(columns), len(FRAME_COLUMNS)):
                return UserError(
                    f"{path}: line {number}: expected {len(columns)} columns ({','.join(columns)}), found {len(row)}"
                )
            for name, text in zip(columns, row):
                _check(name, text)
        except ValueError as error:
            return UserError(f"{path}: line {number}: {error}")
    return None


def count_columns(path: Path, header: Sequence[str]) -> int:
    """Return how many columns the first row with boxes has; raise UserError if the file has no rows."""
    count = 0
    expected = f"{len(header)} columns ({','.join(header)})"
    for number, line in numbered_lines(path):
        try:
            count = len(_fields(line)) or count
        except ValueError as error:
            raise UserError(f"{path}: line {number}: {error}") from None
        if count in (len(header) - 1, len(header)):
            return count
        if count not in (0, len(FRAME_COLUMNS)):
            raise UserError(f"{path}: line {number}: expected {expected}, found {count}")
    if not count:
        raise UserError(f"{path}: line 1: expected rows of {','.join(header)}, found an empty file")
    return len(header)


def _fields(line: str) -> list[str]:
    """Return the fields of a line; none if it is blank."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        raise ValueError("expected one row on each line, found a carriage return within it") from None


def _check(name: str, text: str) -> None:
    """Raise ValueError unless the text is a value of the named column."""
    if name == "sec":
        parse_second(text)
    elif name == "label":
        if not WHOLE.fullmatch(text) or abs(int(text)) > MAX_LABEL:
            raise ValueError(f"expected a whole number as {name}, found {shown(text)}")
    elif name != "video":
        try:
            finite = math.isfinite(parse_number(text))
        except ValueError:
            finite = False
        if not finite:
            raise ValueError(f"expected a finite number as {name}, found {shown(text)}")
