"""Reads text files from outside line by line, and the numbers in them: bounded sizes, UTF-8, numbered lines."""

import math
from collections.abc import Iterator
from pathlib import Path

from longvideo.errors import UserError

MAX_BYTES = 8 << 30
MAX_LINE = 64 << 10
SHOWN_CHARACTERS = 40


def numbered_lines(path: Path, kind: str = "CSV file", max_bytes: int = MAX_BYTES) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a UTF-8 file of bounded size, each of bounded length and without its end.

    Args:
        path: The file.
        kind: What it should be, for messages.
        max_bytes: Its largest size.

    Raises:
        UserError: The file is missing, too large or no UTF-8 text.
    """
    if not path.is_file():
        raise UserError(f"{path}: expected a {kind}, found {'a folder' if path.is_dir() else 'none'}")
    try:
        with path.open("rb") as file:
            if path.stat().st_size > max_bytes:
                raise UserError(f"{path}: expected a {kind} of at most {max_bytes} bytes, found a larger one")
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise UserError(f"{path}: line {number}: expected at most {MAX_LINE} bytes, found a longer line")
                try:
                    yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    raise UserError(f"{path}: line {number}: expected UTF-8 text, found other bytes") from None
    except OSError as error:
        raise UserError(f"{path}: expected a readable {kind}, found an error ({error.strerror})") from None


def parse_number(text: str) -> float:
    """Return the number that a text such as "-1.5e3" or "inf" stands for.

    Raises:
        ValueError: It is none, or NaN; digits of other scripts and 1_000, which Python reads as numbers, are none.
    """
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ValueError(f"expected a number, found {shown(text)}")
    return value


def parse_seconds(text: str) -> float:
    """Return the time that a text such as "11.90" stands for; raise ValueError if it is none."""
    value = parse_number(text)
    if not math.isfinite(value):
        raise ValueError(f"expected seconds such as 11.90, found {shown(text)}")
    return value


def shown(text: str) -> str:
    """Return a text in quotes for a message, shortened if it is long."""
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
