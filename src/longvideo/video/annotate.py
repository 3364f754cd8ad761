"""Write a video again with boxes and text on its frames: the same frames at the same times, turned as shown."""

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from longvideo.video.draw import draw_boxes
from longvideo.video.encode import MAX_SIDE, TICKS_PER_SECOND, open_encoder
from longvideo.video.pixels import Converter, turned
from longvideo.video.resample import target_size
from longvideo.video.source import Source

GOP = 48  # made for players, not for training: longer groups, and all that saves bytes
CRF = 20
LEGIBLE_SIDE = 240  # pixels of the short side, from which text can be read without a larger frame
USUAL_RATE = 25.0  # for files that state none, or nonsense


class Scene(NamedTuple):
    """What is drawn around one moment: boxes float [N, 4], parts of the frame, and N times the lines of text."""

    boxes: npt.NDArray[np.floating]
    lines: Sequence[Sequence[str]]


def captions(scores: npt.NDArray[np.floating], names: Sequence[str], min_score: float, top: int) -> list[list[str]]:
    """Return for each box its best classes of at least `min_score`, and always the best one, as "0.93 stand".

    Args:
        scores: [N, K].
        names: K names.
        min_score: What the classes after the best one need.
        top: At most so many classes.
    """
    # The score comes first: where a line is too long for the frame its end is cut.
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        [f"{row[k]:.2f} {names[k]}" for rank, k in enumerate(order) if rank == 0 or row[k] >= min_score]
        for row, order in zip(scores, ranked.tolist(), strict=True)
    ]


def annotate(source: Path, target: Path, seconds: npt.NDArray[np.float64], scenes: Sequence[Scene]) -> int:
    """Draw on every frame what belongs to the nearest of some moments, and return how many frames there are.

    The written video has the frames and times of the source, whatever its frame rate does, without its sound. It has
    its size as shown, with square pixels; where the short side is below 240 pixels it is enlarged by a whole factor, so
    that text can be read. Memory does not grow with the video.

    Args:
        source: Any video that FFmpeg reads.
        target: The MP4 file to write; it appears when it is whole, and not at all on failure.
        seconds: [S] moments, ascending, at least one; seconds from the start of the source.
        scenes: What is drawn at each of them.

    Raises:
        UserError: The source is missing, no video, or damaged.
    """
    between = (seconds[1:] + seconds[:-1]) / 2
    size: tuple[int, int] | None = None
    first_s, tick = 0.0, -1
    converter = Converter()
    with Source(source) as opened:
        aspect = Fraction(opened.stream.sample_aspect_ratio or 1)
        square = aspect == 1 or not Fraction(1, 4) <= aspect <= 4
        rate = opened.rate if 1 <= opened.rate <= 1000 else USUAL_RATE
        shown = tqdm(total=opened.stream.frames or None, desc="draw", unit="frame", disable=not sys.stderr.isatty())
        with shown, open_encoder(target, rate, gop=GOP, crf=CRF, fast_decode=False) as encoder:
            for time_s, picture in opened.timed_frames():
                if size is None:
                    size = _shown_size(picture) if square else target_size(picture, aspect, MAX_SIDE)
                    first_s = min(0.0, time_s)
                plain = square and _shown_size(picture) == size
                rgb = converter.rgb(picture) if plain else converter.scaled(picture, *size)
                scene = scenes[int(np.searchsorted(between, time_s, side="right"))]
                # Frames of one time are told apart by a tick: no file can hold two frames at once.
                tick = max(tick + 1, round((time_s - first_s) * TICKS_PER_SECOND))
                drawn = draw_boxes(rgb, scene.boxes, scene.lines)
                if min(size) >= LEGIBLE_SIDE and drawn.shape != rgb.shape:
                    drawn = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
                encoder.add(drawn, tick / TICKS_PER_SECOND)
                shown.update()
    return encoder.count


def _shown_size(picture: av.VideoFrame) -> tuple[int, int]:
    """Return width and height in pixels of a picture as it is shown."""
    return (picture.height, picture.width) if turned(picture) else (picture.width, picture.height)
