"""What a stream's spec says of its pictures, as what reads them and makes them input of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from longvideo.data.stream_pictures import StreamPictures
from longvideo.files.manifest import Video
from longvideo.specs.recognition import RecognitionSpec
from longvideo.video.compressed_inputs import fixed_views, normalise, random_view


def pictures_of(spec: RecognitionSpec, videos: Sequence[Video]) -> StreamPictures:
    """Return what reads the pictures of the spec's stream."""
    return StreamPictures(videos, spec.stream.kind, spec.stream.accumulated, spec.stream.length)


@dataclass(frozen=True)
class TrainViews:
    """Makes the pictures of a video, uint8 [S, H, W, C], into input, float32 [S, C, crop, crop], drawn at random."""

    spec: RecognitionSpec

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Draw one view."""
        views, stream = self.spec.views, self.spec.stream.kind
        seen = random_view(pictures, stream, views.crop, generator, views.scales, views.jitter, views.flip)
        return normalise(seen, stream, views.residual_order == "bgr")


@dataclass(frozen=True)
class TestViews:
    """Makes the pictures of a video, uint8 [S, H, W, C], into input, float32 [S, V, C, crop, crop]."""

    spec: RecognitionSpec

    def __call__(self, pictures: Tensor) -> Tensor:
        """Cut all views."""
        views, stream = self.spec.views, self.spec.stream.kind
        jitter = views.jitter if views.jitter_in_testing else None
        generator = torch.Generator().manual_seed(0)
        ten: Literal[1, 10] = 10 if views.test == "ten" else 1
        seen = fixed_views(pictures, stream, views.crop, views.short_side, ten, views.square, jitter, generator)
        return normalise(seen, stream, views.residual_order == "bgr").transpose(0, 1)
