"""Find the cuts of a video while its frames go by."""

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt
from scenedetect.common import FrameTimecode
from scenedetect.detectors.adaptive_detector import AdaptiveDetector

from longvideo.video.encode import exact_rate

SHORTEST_SHOT_S = 0.5
_DELAY = 16  # frames; a cut is reported a few frames late
_SIDE = 128  # pixels; frames are shrunk to this short side, which changes no cut and costs less


class ShotFinder:
    """PySceneDetect's adaptive detector, fed frame by frame.

    The change of hue, saturation and brightness from one frame to the next is compared with that of its neighbours, so
    that fast camera motion is not taken for a cut. Memory does not grow with the video.

    Args:
        fps: Frames per second.
    """

    def __init__(self, fps: float) -> None:
        self._rate = exact_rate(fps)
        self._detector = AdaptiveDetector(min_scene_len=max(1, round(SHORTEST_SHOT_S * fps)))
        self._labels: deque[int] = deque(maxlen=_DELAY)
        self._count = 0
        self._first = [0]

    def add(self, frame: npt.NDArray[np.uint8], label: int | None = None) -> None:
        """Take the next frame, uint8 [H, W, 3], RGB.

        Args:
            frame: The frame.
            label: What to call it in `shots`, at least as much as for the frame before; its number where None.
        """
        scale = _SIDE / min(frame.shape[:2])
        if scale < 1:
            frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        bgr = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2BGR)
        time = FrameTimecode(self._count, fps=float(self._rate))
        self._labels.append(self._count if label is None else label)
        self._count += 1
        for cut in self._detector.process_frame(time, bgr):
            first = self._labels[cut.frame_num - self._count]
            if first > self._first[-1]:
                self._first.append(first)

    def shots(self) -> tuple[int, ...]:
        """Return the first frame of every shot so far, ascending, beginning with 0."""
        return tuple(self._first)


def find_shots(frames: Iterable[npt.NDArray[np.uint8]], fps: float) -> tuple[int, ...]:
    """Return the first frame of every shot of RGB frames uint8 [H, W, 3], beginning with 0."""
    finder = ShotFinder(fps)
    for frame in frames:
        finder.add(frame)
    return finder.shots()
