"""Finds the video files that users have on disk."""

import os
from pathlib import Path

from longvideo.errors import UserError

SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".ts", ".flv", ".ogv", ".wmv")
MAX_DEPTH = 3
"""Videos may lie in folders by class or split; a limit ends links that lead back."""


def find_videos(folder: Path, of_pictures: bool = False) -> dict[str, Path]:
    """Return the video files of a folder and of the folders in it by video id, the file's name without its suffix.

    Of several files with one id, the one nearest to the top counts, then the first by name.

    Args:
        folder: Where they lie.
        of_pictures: The videos are the folders in it, whose names are the ids, full of pictures. Whether there are any
            pictures is not looked at: a data set has a hundred thousand of such folders.

    Raises:
        UserError: A folder cannot be read.
    """
    if of_pictures:
        return {name: folder / name for name, is_folder in _entries(folder) if is_folder}
    found: dict[str, Path] = {}
    level = [folder]
    for _ in range(MAX_DEPTH):
        below: list[Path] = []
        for place in level:
            for name, is_folder in _entries(place):
                path = place / name
                if is_folder:
                    below.append(path)
                elif path.suffix.lower() in SUFFIXES:
                    found.setdefault(path.stem, path)
        level = below
    return found


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Return the names in a folder, in order, and whether each is a folder; hidden ones are left out."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise UserError(f"{folder}: expected a readable folder of videos, found an error ({error.strerror})") from None
