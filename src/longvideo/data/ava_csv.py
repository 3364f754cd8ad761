"""Reads CSV files of millions of rows into arrays, and says which line is wrong when one is.

The fast path is pyarrow's parser. Only a file that it refuses is read again, line by line, to find the first mistake.
"""

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from longvideo.data.ava_lines import FRAME_COLUMNS, count_columns, first_mistake, parse_frame, parse_second
from longvideo.errors import UserError

BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class Columns:
    """A file's columns, and the rows of two columns (a frame without boxes) that stood between its rows.

    Attributes:
        names: The distinct video ids.
        video: [N] index into `names`.
        second: [N] seconds of the video.
        box: [N, 4] x1, y1, x2, y2.
        label: [N] action ids.
        value: [N] the eighth column, or None where the file has seven.
        frames: (video id, second) of each row of two columns.
    """

    names: tuple[str, ...]
    video: NDArray[np.int32]
    second: NDArray[np.float64]
    box: NDArray[np.float64]
    label: NDArray[np.int32]
    value: NDArray[np.float64] | None
    frames: list[tuple[str, float]]


def read_columns(path: Path, header: Sequence[str]) -> Columns:
    """Read a file of boxes.

    Args:
        path: A CSV file without a header line.
        header: The eight names of its columns; the eighth column may be absent from the whole file.

    Raises:
        UserError: The file is missing, empty or not such a file; names the first wrong line.
    """
    columns = header[: count_columns(path, header)]
    _expect_utf8(path, columns)
    frame_rows: list[str] = []

    def on_other_width(row: Any) -> str:
        if row.actual_columns != len(FRAME_COLUMNS):
            return "error"
        frame_rows.append(row.text)
        return "skip"

    text = pa.dictionary(pa.int32(), pa.string())
    types = [text, text, *[pa.float64()] * 4, pa.int32(), pa.float64()]
    try:
        table = arrow_csv.read_csv(
            path,
            # One thread: the rest of a step may use the others, and the parser's own share is a second or two.
            read_options=arrow_csv.ReadOptions(column_names=columns, use_threads=False, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(invalid_row_handler=on_other_width),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict(zip(columns, types)), null_values=[], strings_can_be_null=False
            ),
        ).unify_dictionaries()
        names, video = _indexed(table["video"])
        seconds, second = _indexed(table["sec"])
        box = np.empty((4, len(table)))
        for row, name in zip(box, header[2:6]):
            row[:] = _numbers(table[name])
        label = _numbers(table["label"])
        value = _numbers(table[header[7]]) if len(columns) == len(header) else None
        frames = [parse_frame(row) for row in csv.reader(frame_rows)]
        second_values = np.array([parse_second(text) for text in seconds])
        numbers = [box] if value is None else [box, value]
        if not all(np.isfinite(part).all() for part in numbers):
            raise ValueError("a value is not a finite number")
    except (pa.ArrowException, ValueError, csv.Error) as error:
        raise first_mistake(path, columns) or UserError(f"{path}: expected {','.join(columns)}: {error}") from None
    return Columns(tuple(names), video, second_values[second], box.T, label, value, frames)


def _expect_utf8(path: Path, columns: Sequence[str]) -> None:
    """Raise UserError if the file is not UTF-8, which pyarrow would report on stderr from within its callback."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise first_mistake(path, columns) or UserError(f"{path}: expected UTF-8 text, found other bytes") from None


def _indexed(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int32]]:
    """Return the values and the indices of a dictionary-encoded column of one dictionary."""
    values = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    return values, _numbers(pa.chunked_array([chunk.indices for chunk in column.chunks], pa.int32()))


def _numbers(column: pa.ChunkedArray) -> NDArray:
    """Return a column without nulls as an array."""
    # Not `to_numpy`: it imports pandas, which takes longer than scoring a small file.
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks]
    return np.concatenate(chunks) if chunks else np.empty(0, column.type.to_pandas_dtype())
