"""Write H.264 video files whose bytes depend on nothing but the frames and the settings.

One thread and no dates in the file; the defaults (short closed groups of pictures, no B-frames, constant frame rate)
are those that `reader.FrameReader` serves fastest. libx264, yuv420p, BT.601 limited range, MP4 with its index in front.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
MAX_SIDE = 8192
TICKS_PER_SECOND = 90_000  # of the files with a given time per frame
_FAST_DECODE = ":no-cabac=1:no-deblock=1:weightp=0:weightb=0"
_BT601 = 6  # AVCOL_*_SMPTE170M
_LIMITED_RANGE = 1
_TO_BT601 = {"dst_colorspace": Colorspace.ITU601, "dst_color_range": _LIMITED_RANGE}
_BITEXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.BITEXACT

Frame = npt.NDArray[np.uint8]


class Encoder:
    """Encodes RGB frames one by one into an open file; use through `open_encoder` or `write_video`."""

    def __init__(
        self, path: Path, fps: float, gop: int, crf: int, preset: str, bframes: int, open_gop: bool, fast_decode: bool
    ) -> None:
        self._path = path
        self._rate = exact_rate(fps)
        if preset not in PRESETS or not 0 <= crf <= 51 or gop < 1 or not 0 <= bframes <= 16:
            raise UserError(f"{path}: expected a preset of {', '.join(PRESETS)}, crf 0-51, gop >= 1 and bframes 0-16, "
                            f"found {preset}, {crf}, {gop}, {bframes}")  # fmt: skip
        bframes = min(bframes, gop - 1)
        # Keyframes come every `gop` frames, whatever the content. Macroblock trees are off because x264's AVX-512 code
        # for them depends on what lay in memory before: frames 144 or 152 pixels wide then give other bytes each time.
        self._options = {
            "preset": preset,
            "crf": str(crf),
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:open-gop={int(open_gop)}"
            f":no-mbtree=1{_FAST_DECODE if fast_decode else ''}"
            ":threads=1:lookahead-threads=1:sliced-threads=0:sync-lookahead=0",
        }
        self._container = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
        self._stream: av.VideoStream | None = None
        self._reformatter = VideoReformatter()
        self.count = 0
        self.width = 0
        self.height = 0

    def add(self, frame: Frame, time_s: float | None = None) -> None:
        """Append one frame.

        Args:
            frame: uint8 [H, W, 3], RGB. An odd height or width grows by one, its last row or column repeated.
            time_s: When the frame is shown, for files of variable rate: all frames of a file have it or none.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise ValueError(f"expected a uint8 frame of shape [H, W, 3], got {frame.dtype} {list(frame.shape)}")
        height, width = frame.shape[:2]
        if height % 2 or width % 2:
            frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if self._stream is None:
            self._start(frame.shape[1], frame.shape[0], timed=time_s is not None)
        if frame.shape[:2] != (self.height, self.width):
            raise ValueError(f"frame {self.count} is {width}x{height}, the file is {self.width}x{self.height}")
        assert self._stream is not None
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture = self._reformatter.reformat(picture, format="yuv420p", interpolation=_BITEXACT, threads=1, **_TO_BT601)
        picture.time_base = self._stream.codec_context.time_base
        picture.pts = self.count if time_s is None else round(time_s * TICKS_PER_SECOND)
        self._container.mux(self._stream.encode(picture))
        self.count += 1

    def close(self) -> None:
        """Write what is still in the encoder and the file's index."""
        if self._stream is None:
            self._container.close()
            raise UserError(f"{self._path}: expected at least one frame to write, found none")
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Close the file without finishing it."""
        self._stream = None
        self._container.close()

    def _start(self, width: int, height: int, timed: bool) -> None:
        if max(width, height) > MAX_SIDE:
            raise UserError(f"{self._path}: expected frames of at most {MAX_SIDE} pixels a side, got {width}x{height}")
        self.width, self.height = width, height
        stream = self._container.add_stream("libx264", rate=self._rate, options=self._options)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = Fraction(1, TICKS_PER_SECOND) if timed else 1 / self._rate
        context.thread_count = 1
        context.color_range = _LIMITED_RANGE
        context.colorspace = context.color_primaries = context.color_trc = _BT601
        self._stream = stream


@contextmanager
def open_encoder(
    path: Path,
    fps: float,
    *,
    gop: int = 12,
    crf: int = 18,
    preset: str = "veryfast",
    bframes: int = 0,
    open_gop: bool = False,
    fast_decode: bool = True,
) -> Iterator[Encoder]:
    """Yield an `Encoder`; the file appears under `path` when the block succeeds, and not at all when it fails.

    Args:
        path: The file to write, MP4 whatever its name.
        fps: Frames per second.
        gop: A keyframe every so many frames; 1 makes every frame one.
        crf: Constant rate factor of x264: 0 lossless in yuv420p, 18 visually so, 51 worst.
        preset: Speed of x264, of `PRESETS`.
        bframes: At most so many B-frames in a row.
        open_gop: Let B-frames refer across keyframes, as broadcast encoders do.
        fast_decode: Leave out what costs decoders most (CABAC, deblocking, weighted prediction): reading is about twice
            as fast, files grow by some percent.

    Raises:
        UserError: A setting is out of range, or no frame was added.
    """
    with write_aside(path) as aside:
        encoder = Encoder(aside, fps, gop, crf, preset, bframes, open_gop, fast_decode)
        try:
            yield encoder
        except BaseException:
            encoder.abandon()
            raise
        encoder.close()


def write_video(
    path: Path,
    frames: Iterable[Frame],
    fps: float,
    gop: int = 12,
    crf: int = 18,
    preset: str = "veryfast",
    *,
    bframes: int = 0,
    open_gop: bool = False,
    fast_decode: bool = True,
    times_s: Iterable[float] | None = None,
) -> int:
    """Write uint8 RGB frames [H, W, 3] to an H.264 file and return how many there were; see `open_encoder`.

    `times_s` gives every frame its own time, seconds, strictly increasing: a file of variable frame rate.
    """
    flags = {"open_gop": open_gop, "fast_decode": fast_decode}
    with open_encoder(path, fps, gop=gop, crf=crf, preset=preset, bframes=bframes, **flags) as encoder:
        if times_s is None:
            for frame in frames:
                encoder.add(frame)
        else:
            for frame, time_s in zip(frames, times_s, strict=True):
                encoder.add(frame, time_s)
    return encoder.count


def exact_rate(fps: float) -> Fraction:
    """Return `fps` as the fraction that video files write: 29.97002997 is 30000/1001."""
    if not 0 < fps <= 1000:
        raise UserError(f"expected a frame rate above 0 and up to 1000 frames per second, found {fps}")
    return Fraction(fps).limit_denominator(1001)
