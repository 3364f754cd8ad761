"""A slow reader of compressed videos that is easy to check, and small videos to compare with it."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType

from longvideo.video.compressed.video import CompressedFrame

QSCALE = {"flags": "+qscale", "g": "12"}


def slow_read(path: Path, idr_only: bool = False, accumulated: bool = True) -> Iterator[tuple[int, CompressedFrame]]:
    """Yield the position in its group and the representation of every frame, one pixel at a time.

    Every vector moves the pixels of the block around its target: the trace of a pixel becomes that of the pixel it
    comes from if both are in the picture, and stays what it was otherwise.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"flags2": "+export_mvs"}
        stream.codec_context.thread_count = 1
        position, last = 0, None
        for frame in container.decode(stream):
            rgb = frame.to_ndarray(format="rgb24").astype(np.int64)
            height, width = rgb.shape[:2]
            own = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
            if frame.key_frame if idr_only else frame.pict_type == PictureType.I:
                position, iframe, trace = 0, rgb, own.copy()
            else:
                position += 1
                before = trace.copy() if accumulated else own
                trace = before.copy()
                vectors = frame.side_data.get("MOTION_VECTORS") or ()
                for v in vectors:
                    for y in range(-(v.h // 2), v.h // 2):
                        for x in range(-(v.w // 2), v.w // 2):
                            to_x, to_y, from_x, from_y = v.dst_x + x, v.dst_y + y, v.src_x + x, v.src_y + y
                            if (v.src_x, v.src_y) != (v.dst_x, v.dst_y) and (
                                0 <= to_x < width
                                and 0 <= from_x < width
                                and 0 <= to_y < height
                                and 0 <= from_y < height
                            ):
                                trace[to_y, to_x] = before[from_y, from_x]
            reference = iframe if accumulated or position == 0 else last
            residual = rgb - reference[trace[..., 1], trace[..., 0]]
            yield position, CompressedFrame(iframe, own - trace, residual)
            last = rgb


def encode(
    path: Path,
    frames: list[npt.NDArray[np.uint8]],
    codec: str = "mpeg4",
    options: dict[str, str] | None = None,
    container: str | None = None,
    kind: PictureType = PictureType.NONE,
    tag: str | None = None,
) -> Path:
    """Encode RGB frames, in the container that the suffix of the path names or in another one."""
    with av.open(str(path), "w", format=container) as target:
        stream = target.add_stream(codec, rate=Fraction(25), options=options or QSCALE)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        if tag:
            stream.codec_context.codec_tag = tag
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base, picture.pict_type = number, Fraction(1, 25), kind
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return path


def moving_content(count: int, width: int, height: int, seed: int = 0, cut: bool = True) -> list[npt.NDArray[np.uint8]]:
    """Frames of smooth texture in which things move by fractions of pixels, leave the frame, or are replaced."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    frames = []
    speed, phase = rng.uniform(-4, 4, (2, 3, 2)), rng.uniform(0, 6, (2, 3))
    for number in range(count):
        part = int(cut and number >= count // 2)
        layers = [
            np.sin((x - vx * number) / (3 + 2 * k) + p) * np.cos((y - vy * number) / (4 + k) + p)
            for k, ((vx, vy), p) in enumerate(zip(speed[part], phase[part], strict=True))
        ]
        frame = np.stack(layers, -1) * 90 + 128
        left, top = int(speed[part, 0, 0] * number) % width, int(speed[part, 1, 1] * number) % height
        frame[top : top + 14, left : left + 14] = rng.integers(0, 256, 3)
        frames.append(frame.clip(0, 255).astype(np.uint8))
    return frames


def h264(**settings: object) -> dict[str, str]:
    """Return options of libx264 without B-frames and with one reference, changed by `settings` of x264."""
    values = {"keyint": 12, "min-keyint": 12, "scenecut": 0, "bframes": 0, "ref": 1, "weightp": 0} | settings
    return {"x264-params": ":".join(f"{name.replace('_', '-')}={value}" for name, value in values.items()), "crf": "23"}
