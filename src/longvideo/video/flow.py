"""Optical flow between consecutive frames, stored as a video: the input of the temporal stream.

A flow video has one picture for each two consecutive frames of its source, in grey: the x component above the y
component, [2 H, W]. Field i says where the pixels of frame i have moved in frame i + 1, in pixels, positive to the
right and downwards. Lossless H.264 takes no more space here than a coarseness that would still be of use, so only the
quantisation is lost: at most bound / 218, 0.09 px at a bound of 20.

Source: thesis sec. 4.2, "Optical flow models use TV-L1 flows"; stacks of five fields, bound of 20 px: Wang et al. 2016
(TSN).
"""

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader, sequential

BOUND = 20.0
"""Motion beyond this is cut off, pixels."""
ZERO = 128
"""Level of no motion."""
STEPS = 109
"""Levels from no motion to the bound: video has 220 levels of grey, which an RGB picture spreads over 256."""
LOSSLESS = 0


class Solver(NamedTuple):
    """How long TV-L1 is solved: OpenCV's own numbers unless told otherwise; `median` is the side of its filter."""

    scales: int = 5
    warps: int = 5
    outer_iterations: int = 10
    inner_iterations: int = 30
    median: int = 5


OPENCV = Solver()
Levels = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]

# The k-th grey of video, from 0, becomes floor(255 / 219 k) in RGB; `write_video` takes it back from the nearest value.
_BLACK = ZERO - STEPS - 1
_TO_GREY = np.clip(np.rint((np.arange(256) - _BLACK) * 255 / 219), 0, 255).astype(np.uint8)
_FROM_GREY = (_BLACK + (np.arange(256) * 219 + 254) // 255).astype(np.uint8)


def quantise(field: npt.NDArray[np.floating], bound: float = BOUND) -> Levels:
    """Map motion in pixels to uint8 levels of bound / 109 pixels, 128 for none, 19 to 237.

    Differs from TSN, which spreads -bound to bound over 0 to 255: it has no level for zero, so mirroring adds a bias,
    and video has fewer levels.
    """
    return (np.rint(np.clip(field, -bound, bound) * (STEPS / bound)) + ZERO).astype(np.uint8)


def dequantise(levels: Levels, bound: float = BOUND) -> Field:
    """Return the motion in pixels that levels stand for, float32."""
    return (levels.astype(np.float32) - ZERO) * np.float32(bound / STEPS)


def tv_l1(frames: Iterable[Levels], solver: Solver = OPENCV, wanted: Container[int] | None = None) -> Iterator[Field]:
    """Yield the flow float32 [H, W, 2] (x, y) between each two consecutive frames.

    Args:
        frames: uint8 [H, W, 3], RGB.
        solver: How long it is solved.
        wanted: Numbers of the fields that are computed; in the others nothing moves. None computes all.

    Raises:
        UserError: OpenCV is installed without its contributed modules, which hold TV-L1.

    Source: Zach et al. 2007, with the parameters of OpenCV's `DualTVL1OpticalFlow`.
    """
    if not hasattr(cv2, "optflow"):
        raise UserError("expected OpenCV with TV-L1 flow, found one without: install opencv-contrib-python-headless")
    method = cv2.optflow.DualTVL1OpticalFlow_create()  # type: ignore[attr-defined]
    method.setScalesNumber(solver.scales)
    method.setWarpingsNumber(solver.warps)
    method.setOuterIterations(solver.outer_iterations)
    method.setInnerIterations(solver.inner_iterations)
    method.setMedianFiltering(solver.median)
    for number, (before, after) in enumerate(pairwise(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames)):
        computed = wanted is None or number in wanted
        yield method.calc(before, after, None) if computed else np.zeros((*before.shape, 2), np.float32)


def write_fields(path: Path, fields: Iterable[Field], fps: float, bound: float = BOUND) -> int:
    """Write flow fields [H, W, 2] (x, y) in pixels to a flow video and return how many there were.

    An odd width grows by one column.

    Raises:
        UserError: There is no field.
    """
    return write_video(path, (_picture(quantise(field, bound)) for field in fields), fps, crf=LOSSLESS)


def write_flow(
    source: Path, target: Path, bound: float = BOUND, solver: Solver = OPENCV, wanted: Container[int] | None = None
) -> int:
    """Compute the TV-L1 flow of a video, write it to a flow video and return how many fields there were.

    Args:
        source: A video of at least two frames.
        target: The flow video; has one frame less.
        bound: Motion beyond is cut off, pixels.
        solver: How long TV-L1 is solved.
        wanted: Numbers of the fields that are computed; in the others nothing moves. None computes all.

    Raises:
        UserError: The source is damaged or has a single frame, or OpenCV has no TV-L1.
    """
    reader = FrameReader(source)
    if reader.frame_count < 2:
        raise UserError(f"{source}: expected a video of at least 2 frames for its flow, found {reader.frame_count}")
    frames = (frame for _, frame in sequential(source))
    return write_fields(target, tv_l1(frames, solver, wanted), reader.fps, bound)


def read_flow_stack(reader: FrameReader, frame: int, length: int = 5) -> Levels:
    """Read consecutive fields of a flow video as the channels of one input.

    Args:
        reader: Of a flow video.
        frame: Number of the first field; fields beyond either end of the video repeat its first or last.
        length: L, fields.

    Returns:
        uint8 levels [2 L, H, W]: x and y of the first field, x and y of the next, ...

    Raises:
        UserError: The file is damaged or no flow video.
    """
    pictures = _FROM_GREY[reader.frames(stacked_fields(frame, length, reader.frame_count))[..., 0]]
    height, odd = divmod(pictures.shape[1], 2)
    if odd:
        raise UserError(f"{reader.path}: expected a flow video, of even height, found {pictures.shape[1]} pixels")
    return pictures.reshape(2 * length, height, pictures.shape[2])


def stacked_fields(frame: int, length: int, count: int) -> npt.NDArray[np.int64]:
    """Return the numbers [L] of the fields that `read_flow_stack` reads, of a flow video of `count` fields."""
    return np.clip(np.arange(frame, frame + length), 0, count - 1)


def _picture(levels: Levels) -> Levels:
    """Lay levels [H, W, 2] out as an RGB picture [2 H, W, 3], grey."""
    stacked = _TO_GREY[np.concatenate([levels[..., 0], levels[..., 1]])]
    return np.repeat(stacked[..., None], 3, axis=2)
