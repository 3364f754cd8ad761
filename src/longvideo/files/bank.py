"""Feature banks: RoI features of every box at every second, and who they are of.

`features.npy` is float16, [N, C] or, with a feature per time step, [N, T, C]; it is memory-mapped. `index.parquet` has
one row per feature: video, time, box, score, whether the box was detected or annotated. Its metadata names the
checkpoint.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside
from longvideo.files.boxes import COORDINATES, ENCODING

CHECKPOINT_KEY = b"checkpoint"
SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("time_s", pa.float64()),
        *((name, pa.float32()) for name in COORDINATES),
        ("score", pa.float32()),
        ("annotated", pa.bool_()),
    ]
)


@dataclass(frozen=True, eq=False)
class Bank:
    """Features and their index; row i of every array speaks of the same box.

    Attributes:
        features: float16 [N, C] or [N, T, C].
        video: [N] video ids.
        time_s: [N] seconds on the annotation's clock.
        boxes: [N, 4] x1, y1, x2, y2 in [0, 1].
        score: [N] detection score; 1 for annotated boxes.
        annotated: [N] True where the box is of the annotation rather than of the detector.
        checkpoint: Name of the checkpoint that made the features.
    """

    features: NDArray[np.float16]
    video: NDArray[Any]
    time_s: NDArray[np.float64]
    boxes: NDArray[np.float32]
    score: NDArray[np.float32]
    annotated: NDArray[np.bool_]
    checkpoint: str = ""


def write_bank(features_path: Path, index_path: Path, bank: Bank) -> None:
    """Write both files; the index comes last, so that an index never lacks its features.

    Raises:
        UserError: A feature is no number that float16 can hold.
    """
    stored = np.asarray(bank.features, np.float16)
    if not np.isfinite(stored).all():
        raise UserError(f"{features_path}: expected finite features, found others; train {bank.checkpoint} again")
    with write_aside(features_path) as aside, aside.open("wb") as file:
        np.save(file, stored, allow_pickle=False)
    columns = [bank.video, bank.time_s, *bank.boxes.T, bank.score, bank.annotated]
    table = pa.table([pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types)], schema=SCHEMA)
    with write_aside(index_path) as aside:
        pq.write_table(table.replace_schema_metadata({CHECKPOINT_KEY: bank.checkpoint.encode()}), aside, **ENCODING)


def read_bank(features_path: Path, index_path: Path) -> Bank:
    """Open a bank; the features stay on disk until they are used.

    Raises:
        UserError: A file is missing or damaged, or the two do not belong together.
    """
    try:
        features = open_memmap(features_path, mode="r")
        table = pq.read_table(index_path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(
            f"{features_path}, {index_path}: expected a feature bank, found {error}; make it again"
        ) from error
    if not table.schema.equals(SCHEMA) or any(column.null_count for column in table.columns):
        found = ", ".join(table.column_names)
        raise UserError(f"{index_path}: expected full columns {', '.join(SCHEMA.names)}, found {found}; make it again")
    if features.dtype != np.float16 or features.ndim not in (2, 3) or len(features) != table.num_rows:
        found = f"{features.dtype} features of shape {features.shape} and {table.num_rows} index rows"
        raise UserError(f"{features_path}: expected one float16 feature per index row, found {found}; make it again")
    columns = {name: table[name].to_numpy() for name in SCHEMA.names}
    boxes = np.stack([columns[name] for name in COORDINATES], axis=1)
    checkpoint = (table.schema.metadata or {}).get(CHECKPOINT_KEY, b"").decode(errors="replace")
    return Bank(
        features, columns["video"], columns["time_s"], boxes, columns["score"], columns["annotated"], checkpoint
    )
