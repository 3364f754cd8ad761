"""Which rows of AVA's files each published evaluator looks at, and in which order."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longvideo.metrics.ava_match import best_rows

MICROSECONDS = 1e6


class Frames(Protocol):
    """Frames of videos: [N] indices into the ids of `videos`, and [N] seconds."""

    @property
    def videos(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def video(self) -> NDArray[np.integer]: ...  # noqa: D102
    @property
    def second(self) -> NDArray[np.floating]: ...  # noqa: D102


class Boxes(Frames, Protocol):
    """Boxes in frames, in file order: [N, 4] x1, y1, x2, y2, and [N] action ids."""

    @property
    def box(self) -> NDArray[np.floating]: ...  # noqa: D102
    @property
    def label(self) -> NDArray[np.integer]: ...  # noqa: D102


class GroundTruth(Boxes, Protocol):
    """Boxes of people, [N] numbered in `person`, and frames in `scored` that are known to have none."""

    @property
    def person(self) -> NDArray[np.floating]: ...  # noqa: D102
    @property
    def scored(self) -> Frames: ...  # noqa: D102


class Detections(Boxes, Protocol):
    """Boxes with [N] scores."""

    @property
    def score(self) -> NDArray[np.floating]: ...  # noqa: D102


@dataclass(frozen=True)
class FrameMapProtocol:
    """How an evaluator chooses the rows it looks at.

    Attributes:
        exclusions: Excluded frames are left out; otherwise the list is not looked at.
        listed_frames: Only frames with a row in the ground truth count; otherwise detections elsewhere are false.
        by_score: The best detection of a frame is matched first; otherwise the first in the file.
        cap: Rows that are kept of each frame's detections.
        by_person: Ground truth is ordered by decreasing person, which decides between boxes overlapped equally.
        above_score: Only detections above this score count.
    """

    exclusions: bool
    listed_frames: bool = False
    by_score: bool = True
    cap: int | None = None
    by_person: bool = False
    above_score: float = -np.inf


PROTOCOLS = {
    # Its detection library drops scores of -10 and less: logits of a confident "no".
    "2018": FrameMapProtocol(exclusions=True, above_score=-10.0),
    "2019": FrameMapProtocol(exclusions=True, cap=50, by_person=True),
    "2020": FrameMapProtocol(exclusions=False, listed_frames=True, cap=50, by_person=True),
    "lfb": FrameMapProtocol(exclusions=True, by_score=False),
}


@dataclass(frozen=True)
class Rows:
    """Rows of a file, in the order in which they are looked at, and the index of the action of each."""

    row: NDArray[np.intp]
    action: NDArray[np.int64]

    def at(self, index: NDArray) -> "Rows":
        """Return the rows that a mask or an array of indices picks."""
        return Rows(self.row[index], self.action[index])


def _rows_that_count(boxes: Boxes, actions: NDArray[np.int64], counts: NDArray[np.bool_]) -> Rows:
    """Return the rows whose action is among `actions` and for which `counts` [N] holds, in file order."""
    place = np.minimum(np.searchsorted(actions, boxes.label), len(actions) - 1)
    rows = np.flatnonzero(counts & (actions[place] == boxes.label))
    return Rows(rows, place[rows])


def truth_rows(
    truth: GroundTruth, actions: NDArray[np.int64], counts: NDArray[np.bool_], rules: FrameMapProtocol
) -> Rows:
    """Return the ground-truth rows that a protocol looks at, in its order.

    Args:
        truth: [M] rows.
        actions: The action ids that count, increasing.
        counts: [M] whether the frame of each row counts.
        rules: The protocol.
    """
    rows = _rows_that_count(truth, actions, counts)
    if not rules.by_person:
        return rows
    # Boxes of the same person number are ordered by their place, so that the order of the file does not matter.
    x1, y1, x2, y2 = truth.box[rows.row].T
    return rows.at(np.lexsort((x2, y2, x1, y1, -truth.person[rows.row])))


def detection_rows(
    detections: Detections,
    actions: NDArray[np.int64],
    frame: NDArray[np.int64],
    counts: NDArray[np.bool_],
    rules: FrameMapProtocol,
) -> Rows:
    """Return the detections that a protocol looks at, in file order.

    Args:
        detections: [N] rows.
        actions: The action ids that count, increasing.
        frame: [N] frame number of each row.
        counts: [N] whether the frame of each row counts.
        rules: The protocol.
    """
    rows = _rows_that_count(detections, actions, counts & (detections.score > rules.above_score))
    x1, y1, x2, y2 = detections.box.T
    if rules.cap is not None:
        # The cap comes before degenerate boxes are dropped: they take the places of others.
        ties = [rows.action, y1[rows.row], x1[rows.row], y2[rows.row], x2[rows.row]]
        rows = rows.at(best_rows(frame[rows.row], detections.score[rows.row], ties, rules.cap))
    return rows.at((x1[rows.row] < x2[rows.row]) & (y1[rows.row] < y2[rows.row]))


def number_frames(parts: list[Frames]) -> tuple[list[NDArray[np.int64]], int]:
    """Give the rows of all parts frame numbers of one numbering, and count the frames."""
    names: dict[str, int] = {}
    videos = []
    for part in parts:
        number = np.array([names.setdefault(name, len(names)) for name in part.videos], np.int64)
        videos.append(number[part.video] if len(part.video) else np.empty(0, np.int64))
    second = np.concatenate([np.rint(part.second * MICROSECONDS).astype(np.int64) for part in parts])
    seconds, second_count = _number(second)
    frames, frame_count = _number(np.concatenate(videos) * second_count + seconds)
    return np.split(frames, np.cumsum([len(part.second) for part in parts])[:-1]), frame_count


def _number(values: NDArray) -> tuple[NDArray[np.int64], int]:
    """Number the distinct int64 values [N] in order of appearance, and count them."""
    # Hashing is several times faster than the sort behind np.unique; `pa.array` would import pandas.
    column = pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)]).dictionary_encode()
    return np.from_dlpack(column.indices).astype(np.int64), len(column.dictionary)
