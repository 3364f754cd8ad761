"""What videos are re-encoded to: H.264 for all that sees frames, MPEG-4 part 2 for compressed streams, optical flow."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter

from longvideo.specs.base import Count, Positive, Spec


class TrimSpec(Spec):
    """The annotated part of each video, in seconds of its file; annotations count from the file's start."""

    start_s: float = Field(ge=0)
    duration_s: Positive


class DecodeSpec(Spec):
    """What every video is re-encoded to. `trim` comes from the data set: files of a scale leave it out.

    A `short_side` is a limit: smaller videos keep their size.
    """

    fps: float = Field(gt=0, le=120)
    short_side: Count
    gop: Count
    crf: int = Field(ge=0, le=51)
    trim: TrimSpec | None = None


class Mpeg4Spec(Spec):
    """MPEG-4 part 2 without B-frames, at the video's own rate: what motion vectors and residuals are read from."""

    codec: Literal["mpeg4"]
    width: Count
    height: Count
    gop: Count = 12


class FlowSpec(Spec):
    """TV-L1 flow of decoded videos, up to `bound` pixels per frame; the numbers of its solver are OpenCV's own."""

    codec: Literal["flow"] = "flow"
    bound: Positive = 20.0
    scales: Count = 5
    warps: Count = 5
    outer_iterations: Count = 10
    inner_iterations: Count = 30
    median: Literal[1, 3, 5] = 5


def _codec(value: Any) -> str:
    return str(value.get("codec", "h264")) if isinstance(value, dict) else str(getattr(value, "codec", "h264"))


VideoTarget = Annotated[Annotated[DecodeSpec, Tag("h264")] | Annotated[Mpeg4Spec, Tag("mpeg4")], Discriminator(_codec)]
"""What the videos of one data set are re-encoded to."""
AnyDecodeSpec = DecodeSpec | Mpeg4Spec | FlowSpec
DecodeTarget = Annotated[
    Annotated[DecodeSpec, Tag("h264")] | Annotated[Mpeg4Spec, Tag("mpeg4")] | Annotated[FlowSpec, Tag("flow")],
    Discriminator(_codec),
]
DECODE: TypeAdapter[AnyDecodeSpec] = TypeAdapter(DecodeTarget)
"""Reads any of them: `DECODE.validate_json(text)`; without a `codec` it is H.264."""
