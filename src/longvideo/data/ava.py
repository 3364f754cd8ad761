"""AVA's official files: labels, detections and excluded timestamps, as arrays.

    labels      video,sec,x1,y1,x2,y2,action_id,person_id      no header; boxes are fractions of the frame
    detections  video,sec,x1,y1,x2,y2,action_id,score
    excluded    video,sec

A row of labels or detections may have two columns only: a frame that was looked at and has no boxes. The eighth
column may be absent. Seconds may be padded ("0902") in one file and not in another; they are read as numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from longvideo.data.ava_csv import Columns, read_columns
from longvideo.data.ava_label_map import Label, read_label_map, write_label_map
from longvideo.data.ava_lines import read_frames
from longvideo.files.atomic import write_aside

__all__ = [
    "AvaDetections", "AvaFrames", "AvaLabels", "Label", "index_names", "read_detections", "read_excluded",
    "read_label_map", "read_labels", "write_detections", "write_excluded", "write_label_map", "write_labels",
]  # fmt: skip

BOX_COLUMNS = ("video", "sec", "x1", "y1", "x2", "y2", "label")
NO_PERSON = -1.0
SURE = 1.0


@dataclass(frozen=True, eq=False)
class AvaFrames:
    """Frames of videos.

    Attributes:
        videos: The distinct video ids.
        video: [N] index into `videos`.
        second: [N] seconds of the video.
    """

    videos: tuple[str, ...] = ()
    video: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    second: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(cls, frames: Iterable[tuple[str, float]]) -> "AvaFrames":
        """Make the arrays from pairs of video id and second."""
        pairs = list(frames)
        names, index = index_names([name for name, _ in pairs])
        return cls(names, index, np.array([second for _, second in pairs], float))


@dataclass(frozen=True, eq=False)
class _Boxes:
    """One row per box and action, in the order of the file.

    Attributes:
        videos: The distinct video ids.
        video: [N] index into `videos`.
        second: [N] seconds of the video.
        box: [N, 4] x1, y1, x2, y2, fractions of the frame's width and height.
        label: [N] action ids.
    """

    videos: tuple[str, ...]
    video: NDArray[np.int32]
    second: NDArray[np.float64]
    box: NDArray[np.floating]
    label: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, eq=False)
class AvaLabels(_Boxes):
    """Ground truth: `person` [N] tells people of a video apart, `scored` are frames that are given without boxes."""

    person: NDArray[np.floating]
    scored: AvaFrames = field(default_factory=AvaFrames)


@dataclass(frozen=True, eq=False)
class AvaDetections(_Boxes):
    """Predictions, with their `score` [N]."""

    score: NDArray[np.floating]


def index_names(names: Sequence[str] | NDArray[np.object_]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the distinct names in order of appearance, and the index of each given name among them."""
    index: dict[str, int] = {}
    numbers = np.fromiter((index.setdefault(name, len(index)) for name in names), np.int32, len(names))
    return tuple(index), numbers


def read_labels(path: Path) -> AvaLabels:
    """Read ground truth. Without an eighth column, every person is -1.

    Raises:
        UserError: The file is missing, empty or malformed; names the line and what was expected there.
    """
    columns = read_columns(path, (*BOX_COLUMNS, "person"))
    return AvaLabels(*_shared(columns), _value(columns, NO_PERSON), AvaFrames.of(columns.frames))


def read_detections(path: Path) -> AvaDetections:
    """Read predictions. Without an eighth column, every score is 1; rows of two columns are dropped.

    Raises:
        UserError: The file is missing, empty or malformed; names the line and what was expected there.
    """
    columns = read_columns(path, (*BOX_COLUMNS, "score"))
    return AvaDetections(*_shared(columns), _value(columns, SURE))


def read_excluded(path: Path) -> AvaFrames:
    """Read excluded timestamps; the file may be empty.

    Raises:
        UserError: The file is missing or malformed; names the line and what was expected there.
    """
    return AvaFrames.of(read_frames(path))


def write_labels(path: Path, labels: AvaLabels) -> None:
    """Write ground truth, whole or not at all, with the frames without boxes at its end."""
    _write(path, labels, labels.person, labels.scored)


def write_detections(path: Path, detections: AvaDetections) -> None:
    """Write predictions, whole or not at all. Numbers keep their full precision: rounding would make ties."""
    _write(path, detections, detections.score, AvaFrames())


def write_excluded(path: Path, frames: AvaFrames) -> None:
    """Write excluded timestamps, whole or not at all."""
    with write_aside(path) as aside:
        _append(aside, _frame_columns(frames))


def _shared(columns: Columns) -> tuple[tuple[str, ...], NDArray, NDArray, NDArray, NDArray]:
    return columns.names, columns.video, columns.second, columns.box, columns.label


def _value(columns: Columns, absent: float) -> NDArray[np.float64]:
    return np.full(len(columns.label), absent) if columns.value is None else columns.value


def _write(path: Path, boxes: _Boxes, value: NDArray, frames: AvaFrames) -> None:
    coordinates = [np.ascontiguousarray(column) for column in boxes.box.T]
    with write_aside(path) as aside:
        _append(aside, [*_frame_columns(boxes), *coordinates, boxes.label, value])
        _append(aside, _frame_columns(frames))


def _frame_columns(frames: AvaFrames | _Boxes) -> list[pa.Array]:
    """Return the columns of video ids and of seconds padded to four digits, as in the official files."""
    seconds, index = np.unique(frames.second, return_inverse=True)
    texts = [f"{second:04.0f}" if second == round(second) else f"{second:.6f}" for second in seconds]
    return [
        pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values, pa.string())).dictionary_decode()
        for codes, values in ((frames.video, frames.videos), (index, texts))
    ]


def _append(path: Path, columns: Sequence[pa.Array | NDArray]) -> None:
    table = pa.table({str(number): column for number, column in enumerate(columns)})
    with path.open("ab") as file:
        arrow_csv.write_csv(table, file, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
