"""What made the videos of a folder: videos of other arguments or other code are not taken for one's own."""

import hashlib
from pathlib import Path

from longvideo.files.atomic import write_text

ORIGIN_FILE = "made_by.txt"


def drop_other_videos(folder: Path, arguments: str) -> None:
    """Remove videos that other arguments or other code made, and note what the new ones are made by."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    made_by = hashlib.sha256(b"\0".join([arguments.encode(), *(path.read_bytes() for path in code)])).hexdigest()
    note = folder / ORIGIN_FILE
    if not note.is_file() or note.read_text(encoding="utf-8") != made_by:
        for path in folder.glob("*.mp4"):
            path.unlink()
        write_text(note, made_by)
