"""What a network is to say of frames of a video: of the whole video, of each frame, or of the stretch they lie in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longvideo.data.recognition import Labels
from longvideo.files.manifest import Video


@dataclass(frozen=True)
class VideoTargets:
    """Tells the class of a video, [K]: 1 for it, else 0."""

    of_video: dict[str, NDArray[np.float32]]

    @classmethod
    def of(cls, labels: Labels) -> "VideoTargets":
        """Read them from the labels of a split."""
        return cls(dict(zip(labels.videos, labels.video_targets().astype(np.float32))))

    def __call__(self, video: str, frames: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the target of a video, whatever its frames."""
        return self.of_video[video]


@dataclass(frozen=True)
class FrameTargets:
    """Tells the classes of single frames, [S, K]."""

    labels: Labels
    videos: dict[str, Video]

    def __call__(self, video: str, frames: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the targets of frames of a video."""
        facts = self.videos[video]
        return self.labels.frame_targets(video, facts.start_s + frames / facts.fps)


@dataclass(frozen=True)
class SpanTargets:
    """Tells the classes of the stretch of a video from the first to the last of some frames, [K]."""

    labels: Labels
    videos: dict[str, Video]

    def __call__(self, video: str, frames: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the target of a clip."""
        facts = self.videos[video]
        first, last = (facts.start_s + float(frame) / facts.fps for frame in (frames[0], frames[-1]))
        return self.labels.span_targets(video, first, last)
