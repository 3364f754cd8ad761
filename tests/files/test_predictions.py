"""Predictions: what is written comes back, and what cannot be predictions is refused in one line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from longvideo.errors import UserError
from longvideo.files.predictions import Predictions, read_predictions, write_predictions


def predictions_of(count: int, classes: tuple[int, ...] = (3, 80, 5)) -> Predictions:
    random = np.random.default_rng(count)
    return Predictions(
        np.array([f"vidéo {number}" for number in range(count)], dtype=object),
        900.0 + np.arange(count),
        random.random((count, 4), np.float32),
        random.random(count, np.float32),
        random.random((count, len(classes)), np.float32),
        classes,
        np.arange(count, dtype=np.int32) % 2,
        "cpu, 1 threads",
    )


@pytest.mark.parametrize(("count", "classes"), [(4, (3, 80, 5)), (1, (7,)), (0, (3, 80, 5))])
@pytest.mark.parametrize("named", [True, False])
def test_predictions_come_back_as_they_were(tmp_path, count, classes, named):
    given = replace(predictions_of(count, classes), names=tuple(f"é, {action}" for action in classes) if named else ())
    write_predictions(tmp_path / "p.parquet", given)
    found = read_predictions(tmp_path / "p.parquet")
    for name in ("video", "time_s", "boxes", "box_score", "scores", "view"):
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name))
        assert getattr(found, name).dtype == getattr(given, name).dtype
    assert (found.classes, found.device, found.names) == (classes, given.device, given.names)


def test_several_row_groups_are_one_table(tmp_path):
    path, given = tmp_path / "p.parquet", predictions_of(7)
    write_predictions(path, given)
    pq.write_table(pq.read_table(path), path, row_group_size=3)
    np.testing.assert_array_equal(read_predictions(path).scores, given.scores)


def changed(path: Path, change: object) -> None:
    pq.write_table(change(pq.read_table(path)), path)  # type: ignore[operator]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: changed(path, lambda table: table.replace_schema_metadata(None)),
        lambda path: changed(path, lambda table: table.replace_schema_metadata({b"classes": b"1,x"})),
        lambda path: changed(path, lambda table: table.replace_schema_metadata({b"classes": b"1,2"})),
        lambda path: changed(path, lambda table: table.drop_columns(["y2"])),
        lambda path: changed(path, lambda table: table.drop_columns(["scores"])),
    ],
)
def test_what_are_no_predictions_is_one_line(tmp_path, damage):
    path = tmp_path / "p.parquet"
    write_predictions(path, predictions_of(4))
    damage(path)
    with pytest.raises(UserError, match=r"p.parquet: expected predictions of longvideo, found .*; make the file again"):
        read_predictions(path)
