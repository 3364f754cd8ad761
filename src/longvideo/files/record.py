"""What our JSON files share: strict typed values, never NaN, bounded in size, written whole; errors in one line."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from longvideo.errors import UserError
from longvideo.files.atomic import write_json

MAX_BYTES = 16 * 1024 * 1024


class Record(BaseModel):
    """A frozen value that refuses unknown keys, wrong types, NaN and infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


R = TypeVar("R", bound=Record)


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON, whole or not at all."""
    write_json(path, record.model_dump(mode="json"))


def read_record(path: Path, kind: type[R], what: str) -> R:
    """Read a JSON file and check it.

    Args:
        path: The file.
        kind: The record that it holds.
        what: What the file is, for messages, such as "metrics".

    Raises:
        UserError: The file is missing, too large or not such a record; the message names the first wrong key.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"{path}: expected a {what} file of at most {MAX_BYTES} bytes, found {size}")
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: expected a {what} file, found: {error.strerror}; make it with `snakemake`") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        problem = first["msg"].replace("Input should be", "expected")
        raise UserError(f"{path}: not a {what} file: {where}: {problem}; remove it and make it again") from error
