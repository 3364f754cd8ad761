"""The files that a command writes for the user: checked before hours are spent, whole or not there at all."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from longvideo.errors import UserError

VIDEO = ".mp4"


class Outputs(NamedTuple):
    """The two files that are written."""

    video: Path
    table: Path


def chosen_outputs(out: Path, video: Path) -> Outputs:
    """Return the files to write; UserError if they cannot be written, before hours are spent."""
    target = out if out.suffix.lower() == VIDEO else out / f"{video.stem}{VIDEO}"
    outputs = Outputs(target, target.with_suffix(".parquet"))
    there = next(folder for folder in (target.parent, *target.parent.parents) if folder.exists())
    if not there.is_dir():
        raise UserError(f"--out {out}: expected a name ending in {VIDEO} or a folder, found the file {there}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"--out {out}: expected a place to write to, found no permission for {there}")
    for path in outputs:
        if path.is_dir():
            raise UserError(f"--out {out}: expected to write the file {path}, found a folder of that name")
        if path.exists() and video.exists() and path.samefile(video):
            raise UserError(f"--out {out}: expected another file than VIDEO itself, found {path}")
    return outputs


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Create a folder; if the block fails, take it away again, and those above it that were missing."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def writing(place: Path | str) -> Iterator[None]:
    """Say in one line that writing failed: a full disk and the like."""
    try:
        yield
    except OSError as error:  # also what FFmpeg raises then; what is wrong with a video is a UserError already
        raise UserError(f"{place}: expected to write there, found: {error.strerror or error}") from error


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that whatever was written aside is removed."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
