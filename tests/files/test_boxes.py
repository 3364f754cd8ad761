"""Files of detections: what is written comes back in order, and a file that cannot be true is refused in one line."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.files.boxes import NO_TRACK, SCHEMA, Boxes, join, make_boxes, read_boxes, write_boxes

COORDINATE = st.integers(0, 31)
ROW = st.tuples(
    st.sampled_from(["b", "a", "a\x00", "é,1"]),
    st.sampled_from([902.0, 900.0, 901.5]),
    st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE).map(
        lambda c: (c[0] / 64, c[1] / 64, (c[0] + c[2] + 1) / 64, (c[1] + c[3] + 1) / 64)
    ),
    st.floats(0, 1, width=32),
    st.integers(-1, 9),
)


def boxes_of(rows: list) -> Boxes:
    video, time_s, box, score, track = list(zip(*rows)) or [()] * 5
    return make_boxes(video, time_s, box, score, np.array(track, int))


def rows_of(boxes: Boxes) -> list:
    corners = map(tuple, boxes.boxes.tolist())
    return list(zip(boxes.video, boxes.time_s.tolist(), corners, boxes.score.tolist(), boxes.track.tolist()))


@settings(max_examples=60)
@given(st.lists(ROW, max_size=12))
def test_a_file_holds_the_boxes_by_video_time_and_falling_score(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("boxes") / "boxes.parquet"
    write_boxes(path, boxes_of(rows))
    found = read_boxes(path)
    assert rows_of(found) == sorted(rows, key=lambda row: (row[0], row[1], -row[3]))
    assert [array.dtype for array in (found.time_s, found.boxes, found.score, found.track)] == [
        np.float64, np.float32, np.float32, np.int32]  # fmt: skip


def test_joined_boxes_keep_their_order_and_unknown_tracks():
    parts = [make_boxes(["b"], [1], [[0, 0, 1, 1]], [0.5]), make_boxes([], [], [], []),
             make_boxes(["a"], [2], [[0, 0, 0.5, 1]], [0.25])]  # fmt: skip
    assert rows_of(join(parts)) == [
        ("b", 1.0, (0.0, 0.0, 1.0, 1.0), 0.5, NO_TRACK),
        ("a", 2.0, (0.0, 0.0, 0.5, 1.0), 0.25, NO_TRACK),
    ]
    assert len(join([])) == 0


def table(**changed: list) -> pa.Table:
    columns = {"video": ["v", "v"], "time_s": [1.0, 2.0], "x1": [0.1, 0.1], "y1": [0.1, 0.1], "x2": [0.2, 0.2],
               "y2": [0.2, 0.2], "score": [0.5, 0.5], "track": [-1, 3]}  # fmt: skip
    return pa.table(columns | changed, schema=SCHEMA)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table(x1=[0.1, 0.2]), r"row 1 \(video v\): expected 0 <= x1 < x2 <= 1"),
        (table(y2=[1.5, 0.2]), r"row 0 \(video v\): expected 0 <= x1 < x2 <= 1"),
        (table(x2=[0.2, float("nan")]), "row 1"),
        (table(score=[0.5, 1.5]), r"row 1 .*a score in \[0, 1\]"),
        (table(time_s=[float("inf"), 1]), "row 0 .*a time"),
        (table(track=[-1, -2]), "row 1 .*a track number"),
        (table(video=["v", None]), "expected a value in every cell"),
        (table().drop_columns(["track"]), "expected the columns video, time_s, x1, y1, x2, y2, score, track"),
        (table().cast(pa.schema([*list(SCHEMA)[:-1], ("track", pa.int64())])), "expected the columns"),
    ],
)
def test_a_file_that_cannot_be_true_is_refused(tmp_path: Path, content: pa.Table, message: str):
    path = tmp_path / "boxes.parquet"
    pq.write_table(content, path)
    with pytest.raises(UserError, match=message):
        read_boxes(path)


def test_a_missing_and_a_damaged_file_are_user_errors(tmp_path: Path):
    with pytest.raises(UserError, match="no such file"):
        read_boxes(tmp_path / "none.parquet")
    path = tmp_path / "boxes.parquet"
    write_boxes(path, make_boxes(["v"], [1], [[0, 0, 1, 1]], [0.5]))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match="cannot be read"):
        read_boxes(path)


def test_boxes_outside_of_the_frame_are_not_written(tmp_path: Path):
    with pytest.raises(ValueError, match="0 <= x1 < x2 <= 1"):
        write_boxes(tmp_path / "boxes.parquet", make_boxes(["v"], [1], [[0, 0, 1.01, 1]], [0.5]))
    assert not list(tmp_path.iterdir())
