"""The list of a split's videos as they were acquired: CSV, `id,path`."""

import csv
import io
import os
from pathlib import Path

from longvideo.errors import UserError
from longvideo.files.atomic import write_text
from longvideo.files.video_id import names_a_file

MAX_VIDEOS = 1_000_000
Listed = list[tuple[str, Path]]


def write_video_list(path: Path, videos: dict[str, Path]) -> None:
    """Write `id,path` rows; paths below the working directory become relative to it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "path"])
    here = Path.cwd()
    for video, file in sorted(videos.items()):
        whole = Path(os.path.abspath(file))  # noqa: PTH100 - links stay as the user named them
        writer.writerow([video, whole.relative_to(here) if whole.is_relative_to(here) else whole])
    write_text(path, text.getvalue())


def read_video_list(path: Path) -> Listed:
    """Return id and path of the listed videos.

    Raises:
        UserError: The file is missing, is no such list, or an id cannot name a file or comes twice.
    """
    listed: Listed = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, strict=True)
            head = next(rows, None)
            if head != ["id", "path"]:
                raise UserError(f"{path}: expected the header 'id,path', found {','.join(head or []) or 'nothing'}")
            for row in rows:
                if len(row) != 2 or not row[1] or "\0" in row[1] or len(listed) >= MAX_VIDEOS:
                    raise UserError(f"{path}: line {rows.line_num}: expected an id and a path, found {row[:4]}")
                listed.append((row[0], Path(row[1])))
    except FileNotFoundError:
        raise UserError(f"{path}: expected a list of videos, found no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: expected a CSV file 'id,path', found one that cannot be read ({error})") from None
    seen: set[str] = set()
    for name, _ in listed:
        if not names_a_file(name) or name in seen:
            problem = "an id once" if name in seen else "ids that can name a file"
            raise UserError(f"{path}: expected {problem}, found {name!r}")
        seen.add(name)
    if not listed:
        raise UserError(f"{path}: expected at least one video, found none")
    return listed
