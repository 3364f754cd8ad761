"""The video that speed is measured on: a take of the procedural world, at the size that the thesis reads."""

from itertools import islice
from pathlib import Path

from longvideo.miniworld.film import film
from longvideo.miniworld.pool import tell
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.encode import write_video

STORY, PURPOSE = "ucf", "speed"


def write_film(folder: Path, size: tuple[int, int], frames: int, fps: int, gop: int, seed: int) -> Path:
    """Film a take, which the seed chooses, and encode it to MPEG-4; return the file.

    Args:
        folder: Where to put it.
        size: Width and height in pixels.
        frames: How many.
        fps: Frames per second.
        gop: An I-frame every so many frames.
        seed: Chooses the action, too.
    """
    width, height = size
    take = tell(STORY, PURPOSE, seed, seed, -(-frames // fps), fps).take
    source, target = folder / "film.mp4", folder / "mpeg4.mp4"
    write_video(source, islice(film(take, height, width), frames), fps, crf=10)
    reencode_mpeg4(source, target, width, height, gop)
    return target
