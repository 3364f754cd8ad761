"""What the compressed representation costs on top of decoding, and what it costs to get at one frame, in one run.

    python benchmarks/compressed_reading.py [VIDEO] [--width 340 --height 256] [--gop 12] [--rounds 5]

Without a video: made frames of a texture that moves. The video is re-encoded as `longvideo reencode` does, and repeated
to ten minutes for the access to single frames. Everything runs on one thread; best of some rounds, taken in turn.
"""

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video

MADE_FRAMES = 250
LONG_S, RATE = 600, 25
ACCESSES = 60


def made_frames(count: int) -> list[np.ndarray]:
    """Frames of a texture that turns and drifts."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    texture = cv2.resize(noise, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    turns = [cv2.getRotationMatrix2D((512, 512), 0.4 * number, 1 + 0.002 * number) for number in range(count)]
    return [cv2.warpAffine(texture, turn, (1024, 1024))[384:640, 342:682].copy() for turn in turns]


def repeated(source: Path, target: Path, count: int) -> None:
    """Write the packets of a file again and again until there are `count`; every group is closed."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [(bytes(packet), packet.is_keyframe) for packet in old.demux(video=0) if packet.size]
        for number in range(count):
            data, keyed = packets[number % len(packets)]
            packet = av.Packet(data)
            packet.pts = packet.dts = number
            packet.time_base, packet.is_keyframe, packet.stream = Fraction(1, RATE), keyed, stream
            new.mux(packet)


def decode(path: Path, vectors: bool, rgb: bool, until: int | None = None) -> int:
    """Decode a file with nothing but PyAV; return how many frames there were."""
    reformatter, count = VideoReformatter(), 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"flags2": "+export_mvs"} if vectors else {}
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            if vectors:
                frame.side_data.get("MOTION_VECTORS")
            if rgb:
                reformatter.reformat(frame, format="rgb24", threads=1)
            count += 1
            if count == until:
                break
    return count


def read_all(path: Path, accumulated: bool) -> int:
    """Read every frame's I-frame, motion and residual."""
    return sum(1 for _ in CompressedVideo(path).frames(accumulated))


def motion_all(path: Path) -> int:
    """Read every frame's accumulated motion alone."""
    video = CompressedVideo(path)
    for number in range(video.frame_count):
        video.motion(*video.frame_position(number))
    return video.frame_count


def best(kinds: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Return the least milliseconds per frame of each kind."""
    least = dict.fromkeys(kinds, float("inf"))
    for _ in range(rounds):
        for name, run in kinds.items():
            begin = time.perf_counter()
            count = run()
            least[name] = min(least[name], (time.perf_counter() - begin) / count * 1e3)
    return least


def accesses(video: CompressedVideo, part: float, position: int | None, rounds: int) -> tuple[float, float]:
    """Return mean and worst of the least milliseconds that single frames take, somewhere in the file."""
    rng = np.random.default_rng(0)
    groups = len(video.gops) - 2
    first = int(part * (groups - groups // 10))
    places = []
    for group in rng.integers(first, first + groups // 10, ACCESSES).tolist():
        length = int(video.gops[group])
        places.append((group, int(rng.integers(length)) if position is None else min(position, length - 1)))
    least = np.full(len(places), np.inf)
    for _ in range(rounds):
        for number, place in enumerate(places):
            begin = time.perf_counter()
            video.read(*place)
            least[number] = min(least[number], time.perf_counter() - begin)
    return least.mean() * 1e3, least.max() * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--width", type=int, default=340)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--gop", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        source, path, long = args.video, Path(folder) / "short.mp4", Path(folder) / "long.mp4"
        if source is None:
            source = Path(folder) / "made.mp4"
            write_video(source, made_frames(MADE_FRAMES), RATE)
        begin = time.perf_counter()
        facts = reencode_mpeg4(source, path, args.width, args.height, args.gop)
        cost = (time.perf_counter() - begin) / facts.frames * 1e3
        print(f"{facts.frames} frames of {args.width}x{args.height}, GOP {args.gop}, {path.stat().st_size} bytes; "
              f"re-encoded in {cost:.2f} ms per frame")  # fmt: skip

        print("every frame, opening included".ljust(44) + "ms per frame")
        for name, cost in best(
            {
                "plain decoding": lambda: decode(path, False, False),
                "decoding, vectors": lambda: decode(path, True, False),
                "decoding, RGB": lambda: decode(path, False, True),
                "decoding, vectors, RGB": lambda: decode(path, True, True),
                "accumulated motion": lambda: motion_all(path),
                "I-frame, accumulated motion and residual": lambda: read_all(path, True),
                "I-frame, raw motion and residual": lambda: read_all(path, False),
            },
            args.rounds,
        ).items():
            print(f"{name:44}{cost:8.3f}")

        repeated(path, long, LONG_S * RATE)
        begin = time.perf_counter()
        video = CompressedVideo(long)
        indexed = time.perf_counter() - begin
        again = pickle.dumps(video)
        begin = time.perf_counter()
        pickle.loads(again).read(0, 0)
        opened = time.perf_counter() - begin
        print(f"one frame of {LONG_S} s; index {indexed * 1e3:.0f} ms, "
              f"a reader with its index {opened * 1e3:.1f} ms with its first I-frame")  # fmt: skip
        print(f"{'':20}{'any position, mean':>20}{'worst':>8}{'last position, mean':>22}{'worst':>8}"
              f"{'decoding up to it':>20} ms")  # fmt: skip
        for name, part in (("start", 0.0), ("middle", 0.5), ("end", 1.0)):
            anywhere = accesses(video, part, None, args.rounds)
            last = accesses(video, part, args.gop - 1, args.rounds)
            begin = time.perf_counter()
            decode(long, True, False, until=max(1, int(part * LONG_S * RATE)))
            through = (time.perf_counter() - begin) * 1e3
            print(f"{name:20}{anywhere[0]:20.2f}{anywhere[1]:8.2f}{last[0]:22.2f}{last[1]:8.2f}{through:20.1f}")


if __name__ == "__main__":
    main()
