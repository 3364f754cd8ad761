import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.data.ava import (
    AvaDetections,
    AvaFrames,
    AvaLabels,
    Label,
    index_names,
    read_detections,
    read_excluded,
    read_label_map,
    read_labels,
    write_detections,
    write_excluded,
    write_label_map,
    write_labels,
)
from longvideo.errors import UserError

names = st.text("abcXYZ019_-.é", min_size=1, max_size=12)
seconds = st.one_of(st.integers(0, 9999).map(float), st.integers(0, 10**9).map(lambda micro: micro / 1e6))
sides = st.tuples(*[st.floats(-2, 2, allow_subnormal=False)] * 4)
rows = st.lists(st.tuples(names, seconds, sides, st.integers(1, 2**31 - 1), st.floats(-1e30, 1e30)), max_size=8)


def columns(listed):
    video, second, box, label, value = zip(*listed)
    return *index_names(video), np.array(second), np.array(box), np.array(label, np.int32), np.array(value)


def frames(videos, video, second):
    return [(videos[index], time) for index, time in zip(video.tolist(), second.tolist())]


@settings(max_examples=60)
@given(rows.filter(len), st.lists(st.tuples(names, seconds), max_size=3))
def test_what_is_written_is_read(tmp_path_factory, listed, empty):
    path = tmp_path_factory.mktemp("ava") / "rows.csv"
    write_labels(path, AvaLabels(*columns(listed), AvaFrames.of(empty)))
    labels = read_labels(path)
    write_detections(path, AvaDetections(*columns(listed)))
    found = read_detections(path)
    for read, value in ((labels, labels.person), (found, found.score)):
        assert frames(read.videos, read.video, read.second) == [row[:2] for row in listed]
        assert [tuple(box) for box in read.box.tolist()] == [row[2] for row in listed]
        assert list(zip(read.label.tolist(), value.tolist())) == [row[3:] for row in listed]
    assert frames(labels.scored.videos, labels.scored.video, labels.scored.second) == empty
    write_excluded(path, AvaFrames.of(empty))
    excluded = read_excluded(path)
    assert frames(excluded.videos, excluded.video, excluded.second) == empty


def test_written_files_look_like_the_official_ones(tmp_path):
    path = tmp_path / "gt.csv"
    box = np.array([[0.25, 0.5, 0.75, 1]], np.float32)
    person = np.array([7.0])
    empty = AvaFrames.of([("b", 1798)])
    write_labels(path, AvaLabels(("a",), np.array([0]), np.array([902.0]), box, np.array([12]), person, empty))
    assert path.read_text() == "a,0902,0.25,0.5,0.75,1,12,7\nb,1798\n"


def test_seconds_match_padded_or_not_and_absent_columns_have_defaults(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbfa,902\r\na,0902,0,0,1,1,3\r\n\r\n"b",902.000,0,0,.5,1e0, 3\r\n')
    labels = read_labels(path)
    assert labels.second.tolist() == [902, 902] and labels.videos == ("a", "b")
    assert labels.person.tolist() == [-1, -1] and read_detections(path).score.tolist() == [1, 1]
    assert labels.scored.videos == ("a",) and labels.scored.second.tolist() == [902]


def test_files_longer_than_a_block_of_the_parser(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "".join(f"video {row // 50_000},{row % 900:04d},0,0,1,1,{row % 7},{row}\n" for row in range(300_000))
    )
    found = read_detections(path)
    assert found.score.tolist() == list(range(300_000))
    assert [found.videos[index] for index in found.video[::50_000]] == [f"video {number}" for number in range(6)]
    assert np.array_equal(found.second, np.arange(300_000) % 900) and np.array_equal(
        found.label, np.arange(300_000) % 7
    )


GOOD = b"a,902,0,0,1,1,3,0.5\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1: expected rows of video,sec,x1,y1,x2,y2,label,score, found an empty file"),
        (GOOD + b"a,902,0,0,x,1,3,0.5\n", "line 2: expected a finite number as x2, found 'x'"),
        (GOOD + b"a,902,0,0,,1,3,0.5\n", "line 2: expected a finite number as x2, found ''"),
        (GOOD + b"\na,902,0,0,1,1,3,nan\n", "line 3: expected a finite number as score, found 'nan'"),
        (GOOD + b"a,902,0,0,1,-inf,3,1\n", "line 2: expected a finite number as y2, found '-inf'"),
        (GOOD + b"a,902,0,0,1,1,3.0,1\n", "line 2: expected a whole number as label, found '3.0'"),
        (GOOD + b"a,902,0,0,1,1,3000000000,1\n", "line 2: expected a whole number as label, found '3000000000'"),
        (GOOD + b"a,t=9,0,0,1,1,3,1\n", "line 2: expected seconds such as 0902, found 't=9'"),
        (GOOD + b"a,9e2\n", "line 2: expected seconds such as 0902, found '9e2'"),
        (GOOD + b"a,902,0,0,1,1,3\n", "line 2: expected 8 columns (video,sec,x1,y1,x2,y2,label,score), found 7"),
        (b"a 902 0 0 1 1 3 1\n", "line 1: expected 8 columns (video,sec,x1,y1,x2,y2,label,score), found 1"),
        (b"video,sec,x1,y1,x2,y2,label,score\n" + GOOD, "line 1: expected seconds such as 0902, found 'sec'"),
        (GOOD + b"\xff,902,0,0,1,1,3,1\n", "line 2: expected UTF-8 text, found other bytes"),
        (GOOD + b"\xff,902\n", "line 2: expected UTF-8 text, found other bytes"),
        (GOOD.decode().encode("utf-16"), "line 1: expected UTF-8 text, found other bytes"),
        (b"a,902\rb,903\r", "line 1: expected one row on each line, found a carriage return within it"),
        (GOOD + b"a" * 100_000 + b"\n", "line 2: expected at most 65536 bytes, found a longer line"),
    ],
)
def test_wrong_files_are_named_with_their_line(tmp_path, content, expected):
    path = tmp_path / "det.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_detections(path)
    assert str(error.value) == f"{path}: {expected}"


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 3))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, noise, position, kept):
    path = tmp_path_factory.mktemp("noise") / "file"
    text = GOOD * 2 + b'label {\n  name: "x"\n  label_id: 3\n}\n'
    path.write_bytes(text[:position] + noise + text[position + kept :])
    for read in (read_labels, read_detections, read_excluded, read_label_map):
        try:
            read(path)
        except UserError as error:
            assert str(error).startswith(f"{path}: ")


@pytest.mark.parametrize("read", [read_labels, read_detections, read_excluded, read_label_map])
def test_missing_files_and_folders_are_user_errors(tmp_path, read):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="expected"):
            read(path)


def test_label_maps_of_both_forms(tmp_path):
    path = tmp_path / "map.pbtxt"
    path.write_text('item {\n  name: "bend/bow (at the waist)"\n  id: 1\n}\nitem { id: 80 name: "a } \\"b\\"" }\n')
    assert read_label_map(path) == [Label(1, "bend/bow (at the waist)"), Label(80, 'a } "b"')]
    path.write_text('# 2019\nlabel {\n  name: "sit"\n  label_id: 11\n  label_type: PERSON_MOVEMENT\n}\n')
    assert read_label_map(path) == [Label(11, "sit", "PERSON_MOVEMENT")]


label_names = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=9)
labels = st.builds(Label, st.integers(1, 10**9 - 1), label_names, st.sampled_from(["", "PERSON_MOVEMENT", "CLIP"]))


@given(st.lists(labels, min_size=1, max_size=5, unique_by=lambda label: label.id))
def test_a_written_label_map_is_read(tmp_path_factory, listed):
    path = tmp_path_factory.mktemp("map") / "map.pbtxt"
    write_label_map(path, listed)
    assert read_label_map(path) == listed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'line 1: expected entries like item { name: "stand" id: 12 }, found none'),
        ('item {\n name: "a"\n id: 0\n}', "line 1: expected an id of 1 or more, found '0'"),
        ('item {\n name: "a"\n}', "line 1: expected an id of 1 or more, found 'none'"),
        ("item {\n id: 3\n}", "line 1: expected a name for id 3, found none"),
        ('item { id: 3 name: "a" }\nitem { id: 3 name: "b" }', "line 2: expected each id once, found id 3 again"),
        ('item { id: 3 name: "a"', "line 1: expected } to close this entry, found the end of the file"),
        ('\nclass { id: 3 name: "a" }', "line 2: expected item { or label {, found 'class'"),
        ("item { id 3 }", "line 1: expected ':', found '3'"),
        ("1: bend\n2: crouch", "line 1: expected item { or label {, found '1'"),
    ],
)
def test_wrong_label_maps_are_named_with_their_line(tmp_path, text, expected):
    path = tmp_path / "map.pbtxt"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read_label_map(path)
    assert str(error.value) == f"{path}: {expected}"


def test_reading_and_scoring_import_neither_torch_nor_pandas(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(GOOD + b"a,903\n")
    program = (
        "import sys; from pathlib import Path; from longvideo.data.ava import *;"
        "from longvideo.metrics.ava_map import frame_map;"
        f"p = Path({str(path)!r}); frame_map(read_labels(p), read_detections(p), [3]);"
        "print([name for name in ('torch', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
