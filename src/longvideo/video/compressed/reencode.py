"""Re-encode any video to MPEG-4 part 2 whose motion vectors can be read, the way the thesis's authors did.

Source: thesis, section 4.2: 340x256 or 256x256 pixels, "MPEG-4 encoded videos, which have on average 11 P-frames for
every I-frame". What it leaves open is as in their published code: bicubic scaling without regard to the shape of the
picture, quantiser 2 throughout, no B-frames, one vector of half-pixel precision per macroblock.
"""

from fractions import Fraction
from math import ceil
from pathlib import Path

import av
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside
from longvideo.video.encode import exact_rate
from longvideo.video.picture_folder import open_source
from longvideo.video.pixels import Converter, turned
from longvideo.video.resample import MAX_SHOT_RATE, Transcoded, pixel_aspect, resampled, target_size
from longvideo.video.shots import ShotFinder
from longvideo.video.source import Source

WIDTH, HEIGHT, GOP = 340, 256, 12
MAX_GOP = 600  # of FFmpeg's encoder
MIN_SIDE, MAX_SIDE = 16, 8190  # of the format: a block, and 13 bits
USUAL_RATE = 25.0  # of raw streams, which state none
_MOST_TICKS = 65535  # per second, of the format


def reencode_mpeg4(source: Path, target: Path, width: int = WIDTH, height: int = HEIGHT, gop: int = GOP) -> Transcoded:
    """Re-encode a video; the bytes written depend only on the source and the arguments.

    Frame k shows the latest source frame whose time is at most k / fps, at the source's own rate. The picture is turned
    as the file says, and stretched to the size asked for. Memory does not grow with the video.

    Args:
        source: Any video that FFmpeg reads.
        target: The MP4 file to write; it appears when it is whole, and not at all on failure.
        width: Pixels.
        height: Pixels.
        gop: An I-frame every so many frames.

    Raises:
        UserError: The source is missing, no video, or damaged on the way, or a number is out of range.
    """
    if not (min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE and 1 <= gop <= MAX_GOP):
        raise UserError(
            f"{target}: expected sides of {MIN_SIDE} to {MAX_SIDE} pixels and a GOP of 1 to {MAX_GOP} frames, "
            f"found {width}x{height} and {gop}"
        )
    scaler, converter = _Scaler(width, height), Converter()
    with open_source(source) as opened, write_aside(target) as aside:
        rate = _rate(opened)
        shots = ShotFinder(float(rate) if rate <= MAX_SHOT_RATE else MAX_SHOT_RATE)
        with av.open(str(aside), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream("mpeg4", rate=rate, options={"flags": "+qscale"})  # its least quantiser, 2
            context = stream.codec_context
            context.width, context.height, context.pix_fmt = width, height, "yuv420p"
            context.sample_aspect_ratio = Fraction(1)
            context.gop_size, context.max_b_frames, context.thread_count = gop, 0, 1
            count = 0
            for picture, repeats in resampled(opened, rate, 0.0, None):
                scaled = scaler.scaled(picture)
                shots.add(converter.coded(scaled), count)
                for _ in range(repeats):
                    scaled.pts, scaled.time_base, scaled.pict_type = count, 1 / rate, PictureType.NONE
                    container.mux(stream.encode(scaled))
                    count += 1
            container.mux(stream.encode(None))
    return Transcoded(count, float(rate), width, height, tuple(frame for frame in shots.shots() if frame < count))


def scaled_size(source: Path, short_side: int) -> tuple[int, int]:
    """Return width and height of a video as shown, shrunk to a short side of so many pixels; both are even.

    Raises:
        UserError: The source is missing, no video, or damaged.
    """
    with open_source(source) as opened:
        picture = next(opened.frames(), None)
        if picture is None:
            raise UserError(f"{source}: expected video frames, found {opened.packet + 1} packets that hold none")
        return target_size(picture, pixel_aspect(opened), short_side)


class _Scaler:
    """Scales pictures of any format to yuv420p of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._reformatter = VideoReformatter()
        self._converter = Converter()

    def scaled(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return the picture as shown, in limited range."""
        full = picture.color_range == ColorRange.JPEG
        if picture.rotation or turned(picture):
            picture, full = av.VideoFrame.from_ndarray(self._converter.rgb(picture).copy(), format="rgb24"), False
        ranges = {"src_color_range": ColorRange.JPEG, "dst_color_range": ColorRange.MPEG} if full else {}
        bicubic = Interpolation.BICUBIC
        return self._reformatter.reformat(
            picture, *self._size, format="yuv420p", interpolation=bicubic, threads=1, **ranges
        )


def _rate(source: Source) -> Fraction:
    """Return the frames per second of a source, as a fraction that the format can hold."""
    guessed, average = source.stream.guessed_rate, source.stream.average_rate
    rate = float(guessed or average or USUAL_RATE)
    if average and abs(rate / float(average) - 1) > 0.01:  # what is guessed of a variable rate may be any
        rate = float(average)
    rate = rate if 1 <= rate <= 1000 else USUAL_RATE
    return exact_rate(rate).limit_denominator(min(1001, _MOST_TICKS // ceil(rate)))
