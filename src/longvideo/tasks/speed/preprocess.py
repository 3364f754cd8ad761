"""Pre-processing, timed: optical flow of frames, or motion vectors and residuals of a compressed video."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import cv2

from longvideo.tasks.speed.clock import Clock
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.flow import tv_l1
from longvideo.video.reader import sequential


def time_flow(path: Path, pairs: int, clock: Clock, threads: int) -> float:
    """Return ms per frame of TV-L1 flow on the CPU; decoding is not counted.

    Source: thesis sec. 4.2.2, "The preprocessing time of the two-stream methods, i.e. optical flow computation".
    """
    frames = [frame for _, frame in islice(sequential(path), pairs + 1)]
    with _opencv_threads(threads):
        return clock.milliseconds(lambda: list(tv_l1(frames)), pairs)


def time_compressed(path: Path, clock: Clock, threads: int) -> float:
    """Return ms per frame of decoding, accumulating motion vectors and making residuals, for every frame.

    With several threads, each reads groups of pictures of its own.

    Source: thesis sec. 4.2.2, "the calculation of the accumulated motion vectors and residuals".
    """
    index = CompressedVideo(path).index
    videos = [CompressedVideo(path, index) for _ in range(threads)]
    lengths = videos[0].gops.tolist()

    def read(thread: int) -> None:
        for group in range(thread, len(lengths), threads):
            for position in range(lengths[group]):
                videos[thread].read(group, position)

    def read_all() -> None:
        if threads == 1:
            read(0)
        else:
            list(pool.map(read, range(threads)))

    with ThreadPoolExecutor(threads) as pool, _opencv_threads(1):
        return clock.milliseconds(read_all, sum(lengths))


@contextmanager
def _opencv_threads(count: int) -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
