"""A video in the form that a spec of decoding asks for: H.264, MPEG-4 part 2, or optical flow."""

from collections.abc import Container
from pathlib import Path

from longvideo.specs.decode import AnyDecodeSpec, DecodeSpec, FlowSpec, Mpeg4Spec
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.flow import Solver, write_flow
from longvideo.video.reader import FrameReader
from longvideo.video.resample import Transcoded, transcode


def encoded(source: Path, target: Path, spec: AnyDecodeSpec) -> Transcoded:
    """Write the video that the spec asks for.

    Raises:
        UserError: The source is missing, no video, or damaged.
    """
    if isinstance(spec, DecodeSpec):
        start_s, duration_s = (spec.trim.start_s, spec.trim.duration_s) if spec.trim else (0.0, None)
        return transcode(source, target, spec.fps, spec.short_side, spec.gop, spec.crf, start_s, duration_s)
    if isinstance(spec, Mpeg4Spec):
        return reencode_mpeg4(source, target, spec.width, spec.height, spec.gop)
    return encoded_flow(source, target, spec)


def encoded_flow(source: Path, target: Path, spec: FlowSpec, wanted: Container[int] | None = None) -> Transcoded:
    """Write the flow of a video, all of it or the `wanted` fields alone; errors as of `write_flow`."""
    solver = Solver(spec.scales, spec.warps, spec.outer_iterations, spec.inner_iterations, spec.median)
    frames = write_flow(source, target, spec.bound, solver, wanted)
    reader = FrameReader(target)
    height, width = reader.frames([0]).shape[1:3]
    return Transcoded(frames, reader.fps, width, height, (0,))
