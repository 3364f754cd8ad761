"""Videos that lie on disk as folders of numbered JPEGs, 00001.jpg, 00002.jpg and so on, as Something-Something V1 does.

They are read front to back, for `decode` to make files of them; what comes after that sees files alone.
"""

import os
from pathlib import Path

import av

from longvideo.errors import UserError
from longvideo.video.source import Source

RATE = 12
"""Pictures per second: folders state none, and those of Something-Something V1 were cut at this one."""
PATTERN = "%05d.jpg"
MAX_BYTES = 64 << 20
"""Most bytes of one picture, which is read into memory as a whole."""


class PictureFolder(Source):
    """An open folder of numbered pictures; picture k, from 0, is shown at k / 12 seconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        # What is missing of a picture would be filled with grey.
        self.codec.options = {**self.codec.options, "err_detect": "explode"}

    def damage(self, reason: str) -> UserError:
        """Return the error for a failure at the picture that was read last."""
        return UserError(f"{self.path / (PATTERN % (max(self.packet, 0) + 1))}: damaged: {reason}")

    def _open(self) -> av.container.InputContainer:
        self._count = count_pictures(self.path)
        options = {"protocol_whitelist": "file", "framerate": str(RATE), "start_number": "1"}
        pattern = str(self.path).replace("%", "%%")
        return av.open(f"file:{pattern}/{PATTERN}", format="image2", options=options)

    def _check_end(self, end: float) -> None:
        """Refuse a folder in which FFmpeg stopped at an empty picture."""
        if self.packet + 1 < self._count:
            self.packet += 1
            raise self.damage("expected a picture, found an empty file")


def open_source(path: Path) -> Source:
    """Open a video file, or a folder of pictures, to be decoded front to back.

    Raises:
        UserError: There is no such file or folder, or it is no video.
    """
    return PictureFolder(path) if path.is_dir() else Source(path)


def count_pictures(folder: Path) -> int:
    """Return how many pictures a folder holds; files of other names are not looked at.

    Raises:
        UserError: It holds none, a number is left out, or a picture is too large.
    """
    names: set[str] = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, dot, suffix = entry.name.partition(".")
            if (len(stem), dot + suffix) != (5, ".jpg") or not (stem.isascii() and stem.isdigit()) or stem == "00000":
                continue
            names.add(entry.name)
            if entry.stat().st_size > MAX_BYTES:
                raise UserError(f"{folder / entry.name}: expected a picture of at most {MAX_BYTES} bytes, found more")
    if not names:
        raise UserError(f"{folder}: expected a video, found a directory without pictures such as 00001.jpg")
    absent = next((name for number in range(1, len(names) + 1) if (name := PATTERN % number) not in names), None)
    if absent:
        raise UserError(f"{folder}: expected pictures 00001.jpg to {max(names)} without a gap, found no {absent}")
    return len(names)
