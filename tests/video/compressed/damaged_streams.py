"""Damages videos at random and reads them: python damaged_streams.py FIRST COUNT [SECONDS]

Prints for each number what became of the video that it damages: "error", "read", or "WRONG" and why. A process of its
own, because what a bug in a decoder does is to end the process, or never to end.
"""

import signal
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from slow_reader import QSCALE, encode, h264, moving_content

from longvideo.errors import UserError
from longvideo.video.compressed.video import CompressedVideo

FRAMES = moving_content(30, 80, 64)
KINDS = ("mp4", "m4v", "avi", "mkv", "h264.mp4", "h264", "h264.ts")


def whole(folder: Path, kind: str) -> bytes:
    """Return an undamaged video."""
    codec, options = ("libx264", h264(slices=2)) if "h264" in kind else ("mpeg4", {**QSCALE, "ps": "200"})
    path = folder / f"whole.{kind}"
    return encode(path, FRAMES, codec, options, "m4v" if kind == "m4v" else None).read_bytes()


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` with some bytes changed, moved, left out or repeated."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        place, length = int(rng.integers(len(changed))), int(rng.integers(1, 1 + 2 ** rng.integers(1, 11)))
        match rng.integers(6):
            case 0:
                changed[place] ^= 1 << int(rng.integers(8))
            case 1:
                changed[place : place + 8] = rng.integers(0, 256, len(changed[place : place + 8]), np.uint8).tobytes()
            case 2:
                changed[place : place + length] = bytes(len(changed[place : place + length]))
            case 3:
                del changed[place : place + length]
            case 4:
                source = int(rng.integers(len(changed)))
                changed[place:place] = changed[source : source + length]
            case 5 if rng.random() < 0.2:
                del changed[place:]
    return bytes(changed or b"\0")


def concealed(path: Path) -> list[bool]:
    """Return for each frame that FFmpeg makes of the file whether it made up parts of it."""
    try:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_count = 1
            return [frame.is_corrupt for frame in container.decode(video=0)]
    except (av.FFmpegError, IndexError):
        return []


def outcome(path: Path) -> str:
    """Read the frames in order until one fails."""
    count = 0
    try:
        video = CompressedVideo(path)
        y, x = np.mgrid[: video.height, : video.width]
        for frame in video.frames():
            back = np.stack([x, y], -1) - frame.motion
            if back.min() < 0 or (back.max((0, 1)) >= (video.width, video.height)).any():
                return "WRONG: motion from outside of the picture"
            if (back[..., ::-1] < 0).any() or np.abs(frame.residual).max() > 255:
                return "WRONG: residual"
            count += 1
    except UserError as error:
        text = str(error)
        if "\n" in text or not text.startswith(f"{path}: "):
            return f"WRONG: message {text!r}"
    if any(concealed(path)[:count]):
        return f"WRONG: {count} frames, of which some are made up"
    return "read" if count == len(FRAMES) else f"error after {count} frames"


def main(first: int, count: int, limit_s: int = 10) -> None:
    """Print what becomes of each number."""
    with tempfile.TemporaryDirectory() as name:
        originals = {kind: whole(Path(name), kind) for kind in KINDS}
        for number in range(first, first + count):
            kind = KINDS[number % len(KINDS)]
            path = Path(name) / f"{number}.{kind}"
            path.write_bytes(damaged(originals[kind], np.random.default_rng(number)))
            print(number, end=" ", flush=True)
            signal.alarm(limit_s)
            print(outcome(path), flush=True)
            signal.alarm(0)
            path.unlink()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
