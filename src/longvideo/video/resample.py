"""Re-encode any video to the form that the project works on: constant frame rate, one size, short closed GOPs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from longvideo.errors import UserError
from longvideo.video.encode import exact_rate, open_encoder
from longvideo.video.picture_folder import open_source
from longvideo.video.pixels import Converter, turned
from longvideo.video.shots import ShotFinder
from longvideo.video.source import Source

LONGEST_STILL_S = 3600.0  # seconds that one picture may stay; more is a damaged clock
ROUNDING = 1e-9  # frames; times that should be equal differ by this much at most
MAX_SHOT_RATE = 240.0  # files without a rate of their own state nonsense
SEEK_FROM_S = 30.0  # starts later than this are sought, not decoded up to
SEEK_MARGIN_S = 10.0  # so much before the start, by when a decoder that began in the middle has recovered


@dataclass(frozen=True)
class Transcoded:
    """What a re-encoded file holds.

    Attributes:
        frames: Number of frames.
        fps: Frames per second.
        width: Pixels.
        height: Pixels.
        shots: First frame of each shot, beginning with 0.
    """

    frames: int
    fps: float
    width: int
    height: int
    shots: tuple[int, ...]


def transcode(
    source: Path,
    target: Path,
    fps: float,
    short_side: int,
    gop: int,
    crf: int,
    start_s: float = 0.0,
    duration_s: float | None = None,
    preset: str = "veryfast",
) -> Transcoded:
    """Re-encode a stretch of a video; the bytes written depend only on the source and the arguments.

    Frame k shows the latest source frame whose time is at most `start_s + k / fps` and half a tick of the source's
    clock; the source's first frame stands in for what comes before it. Rotation and the shape of pixels are applied.
    The memory needed does not depend on the length of the video.

    Args:
        source: Any video that FFmpeg reads.
        target: The MP4 file to write; it appears when it is whole, and not at all on failure.
        fps: Frames per second.
        short_side: Pixels, a limit: a smaller video keeps its size. The other side follows; both are made even.
        gop: A keyframe every so many frames.
        crf: Constant rate factor of x264.
        start_s: Where to start, seconds from the start of the source.
        duration_s: How much to take at most, seconds; None takes all.
        preset: Speed of x264.

    Raises:
        UserError: The source is missing, no video, ends before `start_s`, or is damaged on the way; the line names the
            file and how far reading came.
    """
    if start_s < 0 or (duration_s is not None and duration_s <= 0) or short_side < 2:
        raise UserError(f"{source}: expected start >= 0 s, a duration > 0 s and a short side >= 2 pixels, "
                        f"found {start_s}, {duration_s}, {short_side}")  # fmt: skip
    limit = None if duration_s is None else max(1, round(duration_s * fps))
    converter = Converter()
    shots: ShotFinder | None = None
    with open_source(source) as opened, open_encoder(target, fps, gop=gop, crf=crf, preset=preset) as encoder:
        for picture, repeats in resampled(opened, exact_rate(fps), start_s, limit):
            if shots is None:
                size = target_size(picture, pixel_aspect(opened), short_side)
                shots = ShotFinder(opened.rate if 1 <= opened.rate <= MAX_SHOT_RATE else fps)
            rgb = converter.scaled(picture, *size)
            # Cuts are sought at the source's own rate, where they stand out from fast motion more than at a lower one.
            shots.add(rgb, encoder.count)
            for _ in range(repeats):
                encoder.add(rgb)
    assert shots is not None
    first = tuple(frame for frame in shots.shots() if frame < encoder.count)
    return Transcoded(encoder.count, float(exact_rate(fps)), encoder.width, encoder.height, first)


def target_size(picture: av.VideoFrame, aspect: Fraction, short_side: int) -> tuple[int, int]:
    """Return width and height, even, of a picture as shown; `aspect` is the width of a pixel over its height."""
    width, height = picture.width * aspect, Fraction(picture.height)
    if turned(picture):
        width, height = height, width
    scale = min(Fraction(1), short_side / min(width, height))
    return 2 * max(1, round(width * scale / 2)), 2 * max(1, round(height * scale / 2))


def resampled(source: Source, rate: Fraction, start_s: float, limit: int | None) -> Iterator[tuple[av.VideoFrame, int]]:
    """Yield the source pictures from the first one shown on, each with the number of target frames that show it."""
    count = 0
    held: av.VideoFrame | None = None
    held_s, period, slack = 0.0, 0.0, source.tick_s / 2

    def due(until_s: float) -> int:
        """Return how many more target frames come before a picture at `until_s`."""
        total = max(count, math.ceil((until_s - slack - start_s) * float(rate) - ROUNDING))
        more = (total if limit is None else min(total, limit)) - count
        if more > LONGEST_STILL_S * rate:
            raise source.damage(f"its time jumps from {held_s:.3f} s to {until_s:.3f} s")
        return more

    for time_s, picture in _from_before(source, start_s):
        if held is not None:
            repeats = due(time_s)
            if count or repeats:
                yield held, repeats
            count += repeats
            if count == limit:
                return
        if time_s > held_s:
            period = time_s - held_s
        held, held_s = picture, time_s
    if held is None:
        raise UserError(f"{source.path}: expected video frames, found {source.packet + 1} packets that hold none")
    end_s = held_s + (period or 1 / (source.rate or 25.0))
    repeats = due(end_s)
    if count + repeats == 0:
        raise UserError(f"{source.path}: expected a video that lasts beyond {start_s:g} s, found one of {end_s:.3f} s")
    yield held, repeats


def _from_before(source: Source, start_s: float) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yield the timed pictures of a source from somewhere before `start_s` on, from its beginning if need be."""
    if start_s >= SEEK_FROM_S:
        with open_source(source.path) as sought:
            sought.whole = False
            place = round((start_s - SEEK_MARGIN_S + sought.origin_s) / sought.tick_s)
            try:
                sought.container.seek(place, stream=sought.stream)
            except av.FFmpegError:
                place = -1
            pictures = sought.timed_frames()
            first = next(pictures, None) if place >= 0 else None
            if first is not None and first[0] <= start_s:
                yield first
                yield from pictures
                return
    yield from source.timed_frames()


def pixel_aspect(source: Source) -> Fraction:
    """Return width over height of a pixel; what cannot be true counts as square."""
    aspect = source.stream.sample_aspect_ratio
    return Fraction(aspect) if aspect and Fraction(1, 4) <= aspect <= 4 else Fraction(1)
