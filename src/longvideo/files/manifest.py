"""The manifest of decoded videos: Parquet, one row per video, also for those that could not be decoded.

A row of an unusable video carries the reason in `error` and has no frames. Paths below the manifest's own folder are
stored relative to it, so that a results folder can be moved; every other path is stored absolute.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside

MAX_ROWS = 10_000_000
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("frames", pa.int32()),
        ("fps", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("start_s", pa.float64()),
        ("split", pa.string()),
        ("checksum", pa.string()),
        ("error", pa.string()),
        ("shots", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True)
class Video:
    """A decoded video: constant frame rate, short closed groups of pictures.

    Attributes:
        id: Name of the video in the annotations.
        path: The re-encoded file.
        frames: Number of frames.
        fps: Frames per second, constant.
        width: Pixels.
        height: Pixels.
        start_s: Annotation time of frame 0, seconds.
        checksum: SHA-256 of the file, hexadecimal.
        shots: First frame of each shot, ascending; the first is 0.
    """

    id: str
    path: Path
    frames: int
    fps: float
    width: int
    height: int
    start_s: float
    checksum: str
    shots: tuple[int, ...] = (0,)


class Failure(NamedTuple):
    """A video that could not be decoded, and why."""

    id: str
    path: Path
    error: str


def write_manifest(path: Path, split: str, videos: Iterable[Video], failures: Iterable[Failure] = ()) -> None:
    """Write the manifest of one split, rows ordered by id, whole or not at all."""
    rows: list[dict[str, Any]] = [
        {**vars(video), "path": _stored(video.path, path), "shots": list(video.shots), "split": split, "error": ""}
        for video in videos
    ]
    for failure in failures:
        if not failure.error:
            raise ValueError(f"video {failure.id} is given as failed without a reason")
        nothing = {"frames": 0, "fps": 0.0, "width": 0, "height": 0, "start_s": 0.0, "checksum": "", "shots": []}
        rows.append({**nothing, "id": failure.id, "path": _stored(failure.path, path), "split": split,
                     "error": " ".join(failure.error.split())})  # fmt: skip
    rows.sort(key=lambda row: row["id"])
    with write_aside(path) as aside:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), aside, compression="zstd")


def read_manifest(path: Path) -> list[Video]:
    """Return the usable videos of a manifest, ordered by id.

    Raises:
        UserError: The file is missing, is no manifest, or a row of it cannot be true.
    """
    videos = [
        Video(**{name: row[name] for name in ("id", "frames", "fps", "width", "height", "start_s", "checksum")},
              path=path.parent / row["path"], shots=tuple(row["shots"]))
        for row in _read_rows(path) if not row["error"]
    ]  # fmt: skip
    for video in videos:
        _check(video, path)
    return videos


def read_failures(path: Path) -> list[Failure]:
    """Return the videos of a manifest that could not be decoded, ordered by id."""
    return [Failure(row["id"], path.parent / row["path"], row["error"]) for row in _read_rows(path) if row["error"]]


def _stored(video: Path, manifest: Path) -> str:
    """Return how `video` is written in `manifest`: relative when it lies below the manifest's folder."""
    here, there = manifest.parent.absolute(), video.absolute()
    return (there.relative_to(here) if there.is_relative_to(here) else there).as_posix()


def _read_rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise UserError(f"{path}: expected a manifest (Parquet), found no such file; the rule 'decode' writes it")
    try:
        parquet = pq.ParquetFile(path)
        if not parquet.schema_arrow.equals(SCHEMA):
            raise UserError(f"{path}: expected the manifest columns {', '.join(SCHEMA.names)}, found "
                            f"{', '.join(parquet.schema_arrow.names)}; delete it and run 'decode' again")  # fmt: skip
        if parquet.metadata.num_rows > MAX_ROWS:
            raise UserError(f"{path}: expected at most {MAX_ROWS} videos, found {parquet.metadata.num_rows}")
        rows = parquet.read().to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: expected a manifest (Parquet), found a file that cannot be read ({error})") from None
    ids = [row["id"] for row in rows]
    if any(value is None for row in rows for value in row.values()) or len(set(ids)) != len(ids):
        raise UserError(f"{path}: expected one complete row per video, found an empty cell or the same id twice")
    return sorted(rows, key=lambda row: row["id"])


def _check(video: Video, path: Path) -> None:
    sizes = min(video.frames, video.width, video.height) > 0
    shots = list(video.shots)
    ordered = bool(shots) and shots[0] == 0 and shots == sorted(set(shots)) and shots[-1] < video.frames
    if not (sizes and math.isfinite(video.start_s) and 0 < video.fps < math.inf and ordered):
        raise UserError(f"{path}: the row of video {video.id} cannot be true (frames {video.frames}, fps {video.fps}, "
                        f"{video.width}x{video.height}, shots {shots[:4]}); run 'decode' again")  # fmt: skip
