"""Clips per second by random access, against decoding the file from its start up to the clip, in one run.

    python benchmarks/random_access.py [VIDEO ...] [--frames 8] [--stride 2] [--clips 200]

Without arguments: made files of 480 frames of 64x64, a keyframe every 1, 4 and 12 frames, and what encoding them costs.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader, sequential
from longvideo.video.sampling import clip_indices

MADE_FRAMES = 480
MOST_SEQUENTIAL_S = 5.0


def made_frames(count: int, side: int) -> list[np.ndarray]:
    """Frames of a smooth texture that moves."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    texture = np.tile(noise.repeat(8, 0).repeat(8, 1), (1, 2, 1))
    return [np.ascontiguousarray(texture[:, number % side : number % side + side]) for number in range(count)]


def by_random_access(reader: FrameReader, clips: list[np.ndarray]) -> float:
    """Return clips per second."""
    begin = time.perf_counter()
    for clip in clips:
        reader.frames(clip)
    return len(clips) / (time.perf_counter() - begin)


def by_reading_through(path: Path, clips: list[np.ndarray]) -> float:
    """Return clips per second; stops after a few seconds."""
    begin, done = time.perf_counter(), 0
    for clip in clips:
        wanted = set(clip.tolist())
        kept = {}
        for number, (_, frame) in enumerate(sequential(path)):
            if number in wanted:
                kept[number] = frame
                if len(kept) == len(wanted):
                    break
        np.stack([kept[number] for number in clip.tolist()])
        done += 1
        if time.perf_counter() - begin > MOST_SEQUENTIAL_S:
            break
    return done / (time.perf_counter() - begin)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--stride", type=int, default=2)
    parser.add_argument("--clips", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        videos = list(args.videos)
        if not videos:
            frames = made_frames(MADE_FRAMES, 64)
            for preset in ("ultrafast", "veryfast"):
                for gop in (1, 4, 12):
                    path = Path(folder) / f"{preset}_gop{gop}.mp4"
                    begin = time.perf_counter()
                    write_video(path, frames, 30, gop, 18, preset)
                    cost = (time.perf_counter() - begin) / MADE_FRAMES * 1e3
                    print(
                        f"encoded {path.name}: {cost:.3f} ms per frame, {path.stat().st_size / MADE_FRAMES:.0f} bytes"
                    )
                    videos.append(path)
        print(f"{'clips of ' + str(args.frames) + ' frames, stride ' + str(args.stride):36} "
              f"{'index ms':>9} {'random/s':>9} {'through/s':>9} {'ratio':>7}")  # fmt: skip
        for path in videos:
            begin = time.perf_counter()
            reader = FrameReader(path)
            index_ms = (time.perf_counter() - begin) * 1e3
            centres = np.random.default_rng(0).integers(0, reader.frame_count, args.clips).tolist()
            clips = [clip_indices(centre, args.frames, args.stride, reader.frame_count) for centre in centres]
            random = by_random_access(reader, clips)
            through = by_reading_through(path, clips)
            print(f"{path.name:36} {index_ms:9.1f} {random:9.0f} {through:9.1f} {random / through:6.0f}x")


if __name__ == "__main__":
    main()
