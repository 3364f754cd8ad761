"""What the compressed representation costs on top of decoding, and what it costs to get at one frame, in one run.

    python benchmarks/compressed_reading.py [VIDEO] [--width 340 --height 256] [--gop 12] [--rounds 5]

Without a video: made frames of a texture that moves. The video is re-encoded as `longvideo reencode` does. For the
access to single frames it is repeated to ten minutes, in an MP4 file and as a raw stream. Everything runs on one thread
and kinds are timed in turn: of every frame the least of some rounds, and over frames, median and 95th percentile.

An access cannot cost less than decoding from the I-frame of its group on, as every picture is predicted from the one
before: that is the plain decoding it is compared with, from packets in memory, with the last picture converted to RGB.
What comes on top is the export of vectors, the trace, which moves 4 bytes per pixel for every picture on the way, one
more conversion, and the 13 bytes per pixel of the output.
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
import numpy.typing as npt
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video
from longvideo.video.side_data import side_data

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
    """Write the packets of a file again and again until there are `count`; every group is closed.

    A raw stream begins every group with the headers.
    """
    with av.open(str(source)) as old:
        headers = old.streams.video[0].codec_context.extradata or b""
        packets = [(bytes(packet), packet.is_keyframe) for packet in old.demux(video=0) if packet.size]
        repeats = (packets[number % len(packets)] for number in range(count))
        if target.suffix == ".m4v":
            with target.open("wb") as raw:
                raw.writelines(headers + data if keyed else data for data, keyed in repeats)
            return
        with av.open(str(target), "w") as new:
            stream = new.add_stream_from_template(old.streams.video[0])
            for number, (data, keyed) in enumerate(repeats):
                packet = av.Packet(data)
                packet.pts = packet.dts = number
                packet.time_base, packet.is_keyframe, packet.stream = Fraction(1, RATE), keyed, stream
                new.mux(packet)


def decode(path: Path, vectors: bool, rgb: bool) -> int:
    """Decode a file with nothing but PyAV; return how many frames there were."""
    reformatter, count = VideoReformatter(), 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"flags2": "+export_mvs"} if vectors else {}
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            if vectors:
                side_data(frame, Type.MOTION_VECTORS)
            if rgb:
                reformatter.reformat(frame, format="rgb24", threads=1)
            count += 1
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


class PlainDecoder:
    """Decodes single frames of an indexed video with nothing but PyAV."""

    def __init__(self, video: CompressedVideo) -> None:
        self._index = video.index
        self._codec = av.VideoCodecContext.create(video.index.codec, "r")
        self._codec.extradata = video.index.extradata or None
        self._codec.thread_count = 1
        self._reformatter = VideoReformatter()
        self._data = np.memmap(video.path, np.uint8, "r")

    def packets(self, gop: int, position: int) -> list[av.Packet]:
        """Return the packets from the I-frame of a group up to a frame."""
        first = int(self._index.first[gop])
        found = []
        for number in range(first, first + position + 1):
            offset, size = int(self._index.offset[number]), int(self._index.size[number])
            packet = av.Packet(size)
            packet.update(self._data[offset : offset + size].tobytes())
            found.append(packet)
        return found

    def decode(self, packets: list[av.Packet]) -> None:
        """Decode the packets, and convert the last picture to RGB."""
        if self._codec.is_open:
            self._codec.flush_buffers()
        frame = [frame for packet in packets for frame in self._codec.decode(packet)][-1]
        self._reformatter.reformat(frame, format="rgb24", threads=1)


def accesses(video: CompressedVideo, part: float, position: int | None, rounds: int) -> npt.NDArray[np.float64]:
    """Return the least milliseconds that single frames take somewhere in the file: wall, CPU, plain decoding, [3, N].

    Args:
        video: The video.
        part: Where in it: 0 for its first tenth, 1 for its last.
        position: In the group; None for any.
        rounds: Of which the least counts.
    """
    rng = np.random.default_rng(0)
    groups = len(video.gops) - 2
    first = int(part * (groups - groups // 10))
    plain = PlainDecoder(video)
    places = []
    for group in rng.integers(first, first + groups // 10, ACCESSES).tolist():
        length = int(video.gops[group])
        places.append((group, int(rng.integers(length)) if position is None else min(position, length - 1)))
    packets = [plain.packets(*place) for place in places]
    least = np.full((3, ACCESSES), np.inf)
    for _ in range(rounds):
        for number, place in enumerate(places):
            video.iframe(place[0] + 1)  # so that nothing of the group is there
            begin, cpu_begin = time.perf_counter(), time.process_time()
            video.read(*place)
            wall, cpu = time.perf_counter() - begin, time.process_time() - cpu_begin
            begin = time.perf_counter()
            plain.decode(packets[number])
            least[:, number] = np.minimum(least[:, number], (wall, cpu, time.perf_counter() - begin))
    return least * 1e3


def report_accesses(path: Path, gop: int, rounds: int) -> None:
    """Print what single frames of a long file cost."""
    begin = time.perf_counter()
    video = CompressedVideo(path)
    indexed = time.perf_counter() - begin
    again = pickle.dumps(video)
    begin = time.perf_counter()
    pickle.loads(again).read(0, 0)
    opened = time.perf_counter() - begin
    begin = time.perf_counter()
    decode(path, False, False)
    through = time.perf_counter() - begin
    print(f"one frame of {LONG_S} s, {path.suffix}; index {indexed * 1e3:.0f} ms, a reader with it and its first "
          f"I-frame {opened * 1e3:.1f} ms, decoding from start to end {through * 1e3:.0f} ms")  # fmt: skip
    print(f"{'ms':20}{'median':>10}{'95 %':>8}{'worst':>8}{'CPU':>8}{'plain decoding':>18}{'95 %':>8}{'ratio':>8}")
    for part, where in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        for position, name in ((None, "any"), (gop - 1, "last")):
            wall, cpu, plain = accesses(video, part, position, rounds)
            print(f"{where + ', ' + name:20}{np.median(wall):10.2f}{np.percentile(wall, 95):8.2f}{wall.max():8.2f}"
                  f"{np.median(cpu):8.2f}{np.median(plain):18.2f}{np.percentile(plain, 95):8.2f}"
                  f"{np.median(wall) / np.median(plain):8.2f}")  # fmt: skip


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
        source, path = args.video, Path(folder) / "short.mp4"
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

        for suffix in (".mp4", ".m4v"):
            long = Path(folder) / f"long{suffix}"
            repeated(path, long, LONG_S * RATE)
            report_accesses(long, args.gop, args.rounds)
            long.unlink()


if __name__ == "__main__":
    main()
