"""Predictions: Parquet, one row per box (and view), the scores of all classes in one list; never aggregated."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside
from longvideo.files.boxes import COORDINATES

COLUMNS: dict[str, pa.DataType] = {
    "video": pa.string(),
    "time_s": pa.float64(),
    "view": pa.int32(),
    **dict.fromkeys(COORDINATES, pa.float32()),
    "box_score": pa.float32(),
    "scores": pa.list_(pa.float32()),
}
"""Types of the columns; the list of scores has as many values as there are classes."""


@dataclass(frozen=True)
class Predictions:
    """Scores of every class for every box; row i of every array speaks of the same box.

    Attributes:
        video: [N] video ids.
        time_s: [N] seconds on the annotation's clock.
        boxes: [N, 4] x1, y1, x2, y2 in [0, 1].
        box_score: [N] score of the detection.
        scores: float32 [N, K] probability of each class; logits where whole videos are scored.
        classes: K action ids of the label map, in the order of the columns of `scores`.
        view: [N] index of the test view (crop, flip or scale).
        device: Where the model ran, in words.
        names: K names of the classes; empty where they are left to the label map.
    """

    video: NDArray[Any]
    time_s: NDArray[np.float64]
    boxes: NDArray[np.float32]
    box_score: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: tuple[int, ...]
    view: NDArray[np.int32]
    device: str = ""
    names: tuple[str, ...] = ()


def of_whole_videos(
    video: Sequence[str],
    time_s: NDArray[np.float64],
    view: NDArray[np.int32],
    scores: NDArray[np.float32],
    classes: tuple[int, ...],
    device: str,
) -> Predictions:
    """Return predictions that speak of the whole picture, see `Predictions`."""
    whole = np.tile(np.array([0, 0, 1, 1], np.float32), (len(video), 1))
    return Predictions(np.array(video), time_s, whole, np.ones(len(video), np.float32), scores, classes, view, device)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write `predictions` to `path`, whole or not at all."""
    count = predictions.scores.shape[1]
    scores = pa.FixedSizeListArray.from_arrays(pa.array(predictions.scores.astype(np.float32).reshape(-1)), count)
    columns: dict[str, Any] = {"video": predictions.video.astype(str), "time_s": predictions.time_s}
    columns["view"] = predictions.view
    columns |= {name: predictions.boxes[:, i] for i, name in enumerate(COORDINATES)}
    columns |= {"box_score": predictions.box_score, "scores": scores}
    classes = ",".join(str(action) for action in predictions.classes)
    metadata = {b"classes": classes.encode(), b"device": predictions.device.encode()}
    metadata |= {b"names": json.dumps(predictions.names).encode()} if predictions.names else {}
    table = pa.table(columns).replace_schema_metadata(metadata)
    with write_aside(path) as aside:
        pq.write_table(table, aside)


def read_predictions(path: Path) -> Predictions:
    """Read `path`.

    Raises:
        UserError: The file is missing, damaged or of another kind.
    """
    try:
        table = pq.read_table(path)
        metadata = table.schema.metadata or {}
        classes = tuple(int(text) for text in metadata[b"classes"].decode().split(",") if text)
        names = tuple(map(str, json.loads(metadata.get(b"names", b"[]"))))
        device = metadata.get(b"device", b"").decode()
        found = {name: table.schema.field(name).type for name in COLUMNS}
        expected = COLUMNS | {"scores": pa.list_(pa.float32(), len(classes))}
        if found != expected or any(column.null_count for column in table.columns):
            wrong = [name for name in COLUMNS if found[name] != expected[name]]
            raise ValueError(f"{', '.join(wrong) or 'a column'} of another type or with empty cells")
        scores = table["scores"].combine_chunks().flatten().to_numpy().reshape(table.num_rows, len(classes))
        columns = {name: table[name].to_numpy() for name in COLUMNS if name != "scores"}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise UserError(f"{path}: expected predictions of longvideo, found {error}; make the file again") from error
    boxes = np.stack([columns[name] for name in COORDINATES], axis=1).reshape(-1, 4)
    return Predictions(
        columns["video"],
        columns["time_s"],
        boxes,
        columns["box_score"],
        scores,
        classes,
        columns["view"],
        device,
        names,
    )
