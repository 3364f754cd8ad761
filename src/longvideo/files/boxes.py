"""Detections: Parquet, one row per box, ordered by video, time and falling score."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside

MAX_ROWS = 200_000_000
NO_TRACK = -1
COORDINATES = ("x1", "y1", "x2", "y2")
ENCODING: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": ["video"],
    "use_byte_stream_split": [*COORDINATES, "score"],
}
"""Arguments of pyarrow's writer: boxes are noise in their low bytes, and a third smaller with these kept apart."""
SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("time_s", pa.float64()),
        *((name, pa.float32()) for name in COORDINATES),
        ("score", pa.float32()),
        ("track", pa.int32()),
    ]
)


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes of people; row i of every array speaks of the same box.

    Attributes:
        video: [N] video ids.
        time_s: float64 [N] seconds on the annotation's clock.
        boxes: float32 [N, 4] x1, y1, x2, y2, parts of the frame's width and height, in [0, 1].
        score: float32 [N] how sure the detector is, in [0, 1].
        track: int32 [N] number of the track that a box belongs to, `NO_TRACK` where it is not known.
    """

    video: NDArray[Any]
    time_s: NDArray[np.float64]
    boxes: NDArray[np.float32]
    score: NDArray[np.float32]
    track: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.video)

    def at(self, rows: NDArray[Any] | slice) -> "Boxes":
        """Return the boxes of the given rows: indices, a mask [N] or a slice."""
        return Boxes(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


def make_boxes(video: Any, time_s: Any, boxes: Any, score: Any, track: NDArray[np.integer] | None = None) -> Boxes:
    """Make `Boxes` of arrays or lists of any numeric type; without `track` no track is known."""
    ids = np.asarray(video, dtype=object).reshape(-1)
    numbers = np.full(len(ids), NO_TRACK) if track is None else track
    return Boxes(
        ids,
        np.asarray(time_s, np.float64).reshape(-1),
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(score, np.float32).reshape(-1),
        np.asarray(numbers, np.int32).reshape(-1),
    )


def join(parts: Iterable[Boxes]) -> Boxes:
    """Return the boxes of all parts, one after the other."""
    arrays = [[getattr(part, name.name) for name in fields(Boxes)] for part in [make_boxes([], [], [], []), *parts]]
    return Boxes(*(np.concatenate(column) for column in zip(*arrays)))


def write_boxes(path: Path, boxes: Boxes) -> None:
    """Write boxes in the order of the format, whole or not at all.

    Raises:
        ValueError: A value breaks the rules of the format.
    """
    problem = _problem(boxes)
    if problem:
        raise ValueError(f"cannot write {path}: {problem}")
    ordered = _ordered(boxes)
    columns = [ordered.video, ordered.time_s, *ordered.boxes.T, ordered.score, ordered.track]
    table = pa.table([pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types)], schema=SCHEMA)
    with write_aside(path) as aside:
        pq.write_table(table, aside, **ENCODING)


def read_boxes(path: Path) -> Boxes:
    """Read boxes, ordered by video, time and falling score.

    Raises:
        UserError: The file is missing or damaged, is no file of boxes, or a row of it cannot be true.
    """
    if not path.is_file():
        raise UserError(f"{path}: expected boxes (Parquet), found no such file; the rule 'detect' writes it")
    try:
        parquet = pq.ParquetFile(path)
        if not parquet.schema_arrow.equals(SCHEMA):
            raise UserError(f"{path}: expected the columns {', '.join(SCHEMA.names)} of a file of boxes, found "
                            f"{', '.join(parquet.schema_arrow.names)}; make it with the rule 'detect'")  # fmt: skip
        if parquet.metadata.num_rows > MAX_ROWS:
            raise UserError(f"{path}: expected at most {MAX_ROWS} boxes, found {parquet.metadata.num_rows}")
        table = parquet.read()
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: expected boxes (Parquet), found a file that cannot be read ({error})") from None
    if any(column.null_count for column in table.columns):
        raise UserError(f"{path}: expected a value in every cell, found empty ones; make the file again")
    columns = {name: table[name].to_numpy() for name in SCHEMA.names}
    corners = np.stack([columns[name] for name in COORDINATES], axis=1)
    boxes = Boxes(columns["video"], columns["time_s"], corners, columns["score"], columns["track"])
    problem = _problem(boxes)
    if problem:
        raise UserError(f"{path}: {problem}; make the file again")
    return _ordered(boxes)


def _problem(boxes: Boxes) -> str | None:
    """Say what no file of boxes may hold, naming the first such row; None if all is well."""
    x1, y1, x2, y2 = boxes.boxes.T
    inside = (x1 >= 0) & (y1 >= 0) & (x2 <= 1) & (y2 <= 1) & (x1 < x2) & (y1 < y2)  # false for NaN, too
    rules: tuple[tuple[str, NDArray[np.bool_], NDArray[Any]], ...] = (
        ("0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1", inside, boxes.boxes),
        ("a score in [0, 1]", (boxes.score >= 0) & (boxes.score <= 1), boxes.score),
        ("a time", np.isfinite(boxes.time_s), boxes.time_s),
        (f"a track number or {NO_TRACK}", boxes.track >= NO_TRACK, boxes.track),
    )
    for expected, right, values in rules:
        if not right.all():
            row = int(np.argmin(right))
            return f"row {row} (video {boxes.video[row]}): expected {expected}, found {values[row].tolist()}"
    return None


def _ordered(boxes: Boxes) -> Boxes:
    ids = pa.array(boxes.video, pa.string()).dictionary_encode()
    names = np.array(ids.dictionary.to_pylist(), dtype=object)
    rank = np.argsort(np.argsort(names))
    return boxes.at(np.lexsort((-boxes.score, boxes.time_s, rank[ids.indices.to_numpy()])))
