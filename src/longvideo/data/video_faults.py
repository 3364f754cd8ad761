"""What can be wrong with the video files that annotations name."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from longvideo.errors import UserError
from longvideo.video.picture_folder import open_source

MICROSECONDS = 1e6


def video_faults(folder: Path, present: Mapping[str, Path], last_second: Mapping[str, float]) -> Iterator[str]:
    """Yield a line per annotated video that is missing, empty, unreadable or too short.

    Args:
        folder: Where the videos should be.
        present: The files that are there, by video id.
        last_second: The last second that each video must have, by id.
    """
    for video, second in sorted(last_second.items()):
        if video not in present:
            yield f"{folder}/{video}.*: expected a video, found none"
            continue
        try:
            with open_source(present[video]) as source:
                next(source.frames(), None)
                length = source.container.duration
        except UserError as error:
            yield str(error)
            continue
        if length is not None and length / MICROSECONDS < second:
            yield f"{present[video]}: expected at least {second:g} s, found {length / MICROSECONDS:.1f} s"
