"""Videos with labels, whole or from one time to another: what every data set of action recognition is read into."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Segment(NamedTuple):
    """A label (index of a class) of a video, from `start_s` to `end_s`, or of the whole video where both are None."""

    video: str
    label: int
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of one split. Row i of `video`, `label`, `start_s` and `end_s` is one segment; rows of a video adjoin.

    Attributes:
        videos: V video ids, in the order of the official file; those without any label are among them.
        classes: K names of the classes.
        video: [N] index into `videos`, rising.
        label: [N] index into `classes`.
        start_s: [N] seconds, NaN where a label is of the whole video.
        end_s: [N] seconds, NaN where a label is of the whole video.
    """

    videos: tuple[str, ...]
    classes: tuple[str, ...]
    video: NDArray[np.int32]
    label: NDArray[np.int32]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]

    @classmethod
    def of(cls, videos: Iterable[str], classes: Sequence[str], segments: Iterable[Segment]) -> "Labels":
        """Make the arrays from the segments of `videos`, in any order; those of one video keep theirs.

        Raises:
            ValueError: A video comes twice, or a segment is of another video or class, or has one time alone.
        """
        names = tuple(videos)
        index = {name: number for number, name in enumerate(names)}
        listed = list(segments)
        if len(index) != len(names):
            raise ValueError("expected every video once, found one twice")
        for row in listed:
            known = row.video in index and 0 <= row.label < len(classes)
            if not known or (row.start_s is None) != (row.end_s is None):
                raise ValueError(f"expected segments of {len(names)} videos and {len(classes)} classes, found {row}")
        listed.sort(key=lambda row: index[row.video])
        starts, ends = (np.array([row[column] for row in listed], np.float64) for column in (2, 3))
        numbers = np.array([(index[row.video], row.label) for row in listed], np.int32).reshape(-1, 2)
        return cls(names, tuple(classes), numbers[:, 0], numbers[:, 1], starts, ends)

    def __len__(self) -> int:
        return len(self.label)

    @property
    def segments(self) -> list[Segment]:
        """All rows, ordered by video."""
        times = ([None if math.isnan(time) else time for time in part.tolist()] for part in (self.start_s, self.end_s))
        return [
            Segment(self.videos[video], label, start_s, end_s)
            for video, label, start_s, end_s in zip(self.video.tolist(), self.label.tolist(), *times)
        ]

    def video_targets(self) -> NDArray[np.bool_]:
        """Return whether each video has each label, anywhere in time: [V, K]."""
        targets = np.zeros((len(self.videos), len(self.classes)), np.bool_)
        targets[self.video, self.label] = True
        return targets

    def frame_targets(self, video: str, times_s: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the labels that frames of a video have: [T, K], 1 where start <= time <= end, else 0.

        Args:
            video: Video id.
            times_s: [T] seconds from the start of the video.

        Raises:
            KeyError: The video is not one of this split.

        Source: thesis sec. 4.2.3: on Charades the network is trained to predict the labels of each frame. Both ends
            count, as in the data set's evaluation of frames.
        """
        label, start, end = self._rows(video)
        active = (start <= times_s[:, None]) & (times_s[:, None] <= end)
        targets = np.zeros((len(times_s), len(self.classes)), np.float32)
        frame, row = np.nonzero(active)
        targets[frame, label[row]] = 1.0
        return targets

    def span_targets(self, video: str, first_s: float, last_s: float) -> NDArray[np.float32]:
        """Return the labels that a stretch of a video has anywhere, both of its ends included: [K], 1 or 0.

        Raises:
            KeyError: The video is not one of this split.

        Source: LFB release, Charades: a clip is trained to show what any frame of the video from its first to its last
            one shows. As there, a label that ends before it starts is of no frame.
        """
        label, start, end = self._rows(video)
        targets = np.zeros(len(self.classes), np.float32)
        targets[label[(start <= end) & (start <= last_s) & (first_s <= end)]] = 1.0
        return targets

    def _rows(self, video: str) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
        """Return label, start and end of the segments of a video; those of a whole video never start nor end."""
        number = self._number[video]
        rows = slice(*np.searchsorted(self.video, (number, number + 1)).tolist())
        start, end = (
            np.nan_to_num(part[rows], nan=far) for part, far in ((self.start_s, -np.inf), (self.end_s, np.inf))
        )
        return self.label[rows], start, end

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.videos)}


def one_label_each(labels: Labels) -> dict[str, int]:
    """Return the class index of each video, where every video has one label for the whole of it.

    Raises:
        ValueError: A video has none, several, or one with times.
    """
    if not np.array_equal(labels.video, np.arange(len(labels.videos))) or not np.isnan(labels.start_s).all():
        raise ValueError("expected one label for the whole of each video, found others")
    return dict(zip(labels.videos, labels.label.tolist()))


def union(splits: Sequence[Labels]) -> Labels:
    """Return the labels of several splits of the same classes as one; of a video of several, those of the first."""
    rows: dict[str, list[Segment]] = {}
    for labels in splits:
        new: dict[str, list[Segment]] = {video: [] for video in labels.videos if video not in rows}
        rows |= new
        for segment in labels.segments:
            if segment.video in new:
                rows[segment.video].append(segment)
    return Labels.of(rows, splits[0].classes, [segment for listed in rows.values() for segment in listed])
