"""Measurements of speed: nothing is trained, and no video of a data set is read."""

from typing import Literal

from pydantic import Field

from longvideo.specs.base import Count, Name, Spec
from longvideo.specs.experiment import NamedSpec
from longvideo.specs.recognition import StreamKind


class FilmSpec(Spec):
    """The video that is pre-processed: a take of the procedural world, encoded to MPEG-4."""

    width: Count
    height: Count
    frames: Count
    fps: Count
    gop: Count


class NetworkSpec(Spec):
    """A network with new weights; it sees `frames` of every `per` frames of the video."""

    stream: StreamKind
    architecture: Name
    frames: Count


class SpeedSpec(NamedSpec):
    """How long a system takes per frame of video, on the machine at hand.

    `dataset` says which data set's table the numbers stand beside. Each number is the median of `repeats` measurements
    after `warmup` ones that do not count.
    """

    task: Literal["speed"]
    film: FilmSpec
    preprocess: Literal["flow", "compressed"]
    flow_pairs: Count
    networks: tuple[NetworkSpec, ...] = Field(min_length=1)
    per: Count
    crop: Count
    classes: Count
    batch: Count
    warmup: Count
    repeats: Count
    threads: Count
