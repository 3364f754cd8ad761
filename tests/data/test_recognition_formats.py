"""The official files of UCF-101, HMDB-51 and Charades: what is written is read, and what is wrong is one line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_recognition import CLASSES, ids, labels, same

from longvideo.data import charades, hmdb51, ucf101
from longvideo.data.charades_submission import read_submission, write_submission
from longvideo.data.recognition import Labels, Segment
from longvideo.errors import UserError

NAMES = ("brush_hair", "cart-wheel", "Walk (slow)")
# Two digits, as in the published files, and others, which must not be rounded.
seconds = st.one_of(st.integers(0, 10**5).map(lambda hundredths: hundredths / 100), st.floats(0, 1e6))
timed = st.tuples(seconds, seconds)


@st.composite
def one_each(draw):
    """Videos of NAMES with one label each, in an order in which no class is torn apart."""
    videos = draw(st.lists(ids, min_size=1, max_size=6, unique=True))
    classes = sorted(draw(st.lists(st.integers(0, 2), min_size=len(videos), max_size=len(videos))))
    return Labels.of(videos, NAMES, [Segment(*pair) for pair in zip(videos, classes)])


@settings(max_examples=60)
@given(one_each(), st.booleans(), st.sampled_from([".avi", ".mp4"]))
def test_ucf_lists(tmp_path_factory, written, with_numbers, suffix):
    folder = tmp_path_factory.mktemp("ucf")
    ucf101.write_classes(folder / "classInd.txt", NAMES)
    ucf101.write_list(folder / "list.txt", written, with_numbers, suffix)
    assert same(ucf101.read_list(folder / "list.txt", ucf101.read_classes(folder / "classInd.txt")), written)


@settings(max_examples=60)
@given(one_each(), st.integers(1, 6), st.integers(1, 3))
def test_hmdb_splits(tmp_path_factory, written, cut, number):
    order = sorted(written.segments, key=lambda row: (NAMES[row.label], row.video))
    parts = [order[0::3], order[1::3], order[2::3]]
    classes = tuple(sorted(NAMES))
    renumbered = [[row._replace(label=classes.index(NAMES[row.label])) for row in part] for part in parts]
    train, test = (Labels.of([row.video for row in part], classes, part) for part in renumbered[:2])
    folder = tmp_path_factory.mktemp("hmdb")
    hmdb51.write_split(folder, number, train, test, unused=renumbered[2])
    hmdb51.write_split(folder, number + 1, test, train)
    for part, expected in (("train", train), ("test", test)):
        if expected.videos:
            assert same(hmdb51.read_split(folder, number, part), expected)
        else:
            with pytest.raises(UserError, match=f"expected videos for {part} in split {number}, found none"):
                hmdb51.read_split(folder, number, part)


@settings(max_examples=60)
@given(labels(spans=timed), st.booleans())
def test_charades_annotations(tmp_path_factory, written, with_lengths):
    folder = tmp_path_factory.mktemp("charades")
    lengths = dict.fromkeys(written.videos, 30.5) if with_lengths else None
    charades.write_annotations(folder / "labels.csv", written, lengths)
    charades.write_classes(folder / "classes.txt", CLASSES)
    classes = charades.read_classes(folder / "classes.txt")
    assert same(charades.read_annotations(folder / "labels.csv", classes), written)


@settings(max_examples=60)
@given(st.lists(st.text("ABC019_-", min_size=1, max_size=5), min_size=1, max_size=4, unique=True), st.data())
def test_charades_submissions(tmp_path_factory, videos, data):
    row = st.lists(st.floats(allow_nan=False), min_size=3, max_size=3)
    scores = np.array(data.draw(st.lists(row, min_size=len(videos), max_size=len(videos))))
    path = tmp_path_factory.mktemp("charades") / "submission.txt"
    write_submission(path, videos, scores)
    read = read_submission(path, 3)
    assert read.videos == tuple(videos) and np.array_equal(read.scores, scores)
    asked = [*videos[::-1], "missing"]
    assert np.array_equal(read.of(asked), [*scores[::-1], [-np.inf] * 3])


def test_written_files_look_like_the_official_ones(tmp_path):
    known = Labels.of(["v_b", "v_a"], NAMES[:2], [Segment("v_b", 0), Segment("v_a", 1)])
    ucf101.write_classes(tmp_path / "classInd.txt", NAMES[:2])
    ucf101.write_list(tmp_path / "train.txt", known, with_numbers=True)
    ucf101.write_list(tmp_path / "test.txt", known, with_numbers=False)
    assert (tmp_path / "classInd.txt").read_text() == "1 brush_hair\n2 cart-wheel\n"
    assert (tmp_path / "train.txt").read_text() == "brush_hair/v_b.avi 1\ncart-wheel/v_a.avi 2\n"
    assert (tmp_path / "test.txt").read_text() == "brush_hair/v_b.avi\ncart-wheel/v_a.avi\n"
    other = Labels.of(["v_c"], NAMES[:2], [Segment("v_c", 1)])
    hmdb51.write_split(tmp_path, 2, known, other, [Segment("v_d", 1)])
    assert (tmp_path / "brush_hair_test_split2.txt").read_text() == "v_b.avi 1\n"
    assert (tmp_path / "cart-wheel_test_split2.txt").read_text() == "v_a.avi 1\nv_c.avi 2\nv_d.avi 0\n"
    rows = [Segment("AAA", 92, 11.9, 21.2), Segment("AAA", 147, 0, 12.625)]
    acted = Labels.of(["AAA", "BBB"], charades.class_names(), rows)
    charades.write_annotations(tmp_path / "c.csv", acted, {"AAA": 24.83, "BBB": 10})
    assert (tmp_path / "c.csv").read_text().splitlines() == [
        "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length",
        "AAA,,,,,,,,,c092 11.90 21.20;c147 0.00 12.625,24.83",
        "BBB,,,,,,,,,,10.00",
    ]


def test_writers_refuse_what_their_formats_cannot_hold(tmp_path):
    two = Labels.of(["a"], NAMES, [Segment("a", 0), Segment("a", 1)])
    times = Labels.of(["a"], NAMES, [Segment("a", 0, 1.0, 2.0)])
    for wrong in (two, times, Labels.of(["a"], NAMES, [])):
        with pytest.raises(ValueError, match="expected one label for the whole of each video"):
            ucf101.write_list(tmp_path / "list.txt", wrong, with_numbers=True)
    with pytest.raises(ValueError, match="in the order of their names"):
        hmdb51.write_split(tmp_path, 1, two, two)
    with pytest.raises(ValueError, match="expected labels with times"):
        charades.write_annotations(tmp_path / "c.csv", two)
    with pytest.raises(UserError, match="expected video ids without spaces, found 'a b'"):
        write_submission(tmp_path / "s.txt", ["a b"], np.zeros((1, 2)))
    assert list(tmp_path.iterdir()) == []


def read_ucf(folder, text):
    (folder / "file").write_bytes(text)
    return ucf101.read_list(folder / "file", NAMES)


def read_ucf_classes(folder, text):
    (folder / "file").write_bytes(text)
    return ucf101.read_classes(folder / "file")


def read_hmdb(folder, text):
    (folder / "run_test_split1.txt").write_bytes(text)
    return hmdb51.read_split(folder, 1, "train")


def read_charades(folder, text):
    (folder / "file").write_bytes(b"id,actions,length\n" + text)
    return charades.read_annotations(folder / "file", CLASSES)


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (read_ucf, b"", "line 1: expected videos such as 'ApplyEyeMakeup/v_1.avi', found none"),
        (
            read_ucf,
            b"v.avi 1\n",
            "line 1: expected CLASS/VIDEO.avi and perhaps the number of the class, found 'v.avi 1'",
        ),
        (
            read_ucf,
            b"brush_hair/v.avi 1\n\nrun/w.avi\n",
            "line 3: expected a class of the list of classes, found 'run'",
        ),
        (read_ucf, b"brush_hair/v.avi 2\n", "line 1: expected number 1 with class brush_hair, found 2"),
        (read_ucf, b"brush_hair/v.avi\ncart-wheel/v.mp4\n", "line 2: expected each video once, found 'v' again"),
        (read_ucf, b"brush_hair/\xff.avi\n", "line 1: expected UTF-8 text, found other bytes"),
        (read_ucf_classes, b"1 a\n3 b\n", "line 2: expected '2 NAME', found '3 b'"),
        (read_ucf_classes, b"1 a\n2 a\n", "line 2: expected each class once, found 'a' again"),
        (read_ucf_classes, b"\n", "line 1: expected classes such as '1 ApplyEyeMakeup', found none"),
        (read_hmdb, b"v.avi 1\nw.avi 3\n", "line 2: expected VIDEO.avi and 0, 1 or 2, found 'w.avi 3'"),
        (read_hmdb, b"v.avi 1\nv.avi 2\n", "line 2: expected each video once, found 'v' again"),
        (read_charades, b"", "line 2: expected videos with their actions, found none"),
        (read_charades, b"A,c000 1,9\n", "line 2: expected actions such as 'c092 11.90 21.20', found 'c000 1'"),
        (read_charades, b"A,c000 1 x,9\n", "line 2: expected a number, found 'x'"),
        (read_charades, b"A,c000 1 inf,9\n", "line 2: expected seconds such as 11.90, found 'inf'"),
        (read_charades, b'A,,9\n"B\nC",,9\n', "line 4: expected a video id, found 'B\\nC'"),
        (read_charades, b"A,,9\n../B,,9\n", "line 3: expected a video id, found '../B'"),
    ],
)
def test_wrong_files_are_named_with_their_line(tmp_path, read, text, expected):
    with pytest.raises(UserError) as error:
        read(tmp_path, text)
    (path,) = tmp_path.iterdir()
    assert str(error.value) == f"{path}: {expected}"


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, 40), st.integers(0, 3))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, noise, position, kept):
    folder = tmp_path_factory.mktemp("noise")
    good = {read_ucf: b"brush_hair/v.avi 1\n", read_hmdb: b"v.avi 1\n", read_charades: b'A,"c000 1 2;c001 0 9",9\n'}
    for read, text in good.items():
        try:
            read(folder, text * 2 + text[:position] + noise + text[position + kept :])
        except UserError as error:
            assert str(error).startswith(str(folder))


def test_missing_splits_are_user_errors(tmp_path):
    with pytest.raises(UserError, match="expected a folder of splits, found an error"):
        hmdb51.read_split(tmp_path / "none", 1, "train")
    (tmp_path / "run_test_split10.txt").write_text("v.avi 1\n")
    with pytest.raises(UserError, match=r"expected files such as brush_hair_test_split1\.txt, found 0"):
        hmdb51.read_split(tmp_path, 1, "train")


def test_an_action_that_ends_before_it_starts_counts_for_the_video_alone(tmp_path):
    known = read_charades(tmp_path, b"A,c001 5.00 4.00,9\n")
    assert known.video_targets().tolist() == [[False, True, False]]
    assert not known.frame_targets("A", np.array([3.0, 4.0, 4.5, 5.0])).any()
    assert not known.span_targets("A", 3.0, 6.0).any()
