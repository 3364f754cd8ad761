"""Labels of videos: what they say of videos and frames, and this project's own file of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_csv import read_labels, write_classes, write_labels
from longvideo.errors import UserError

CLASSES = ("sit", "stand", "drink")
# Names of real files have such characters.
ids = st.text("aZ09_-.#&()!,;'\" é", min_size=1, max_size=9).filter(
    lambda name: name == name.strip() and name[0] != "."
)
times = st.tuples(st.floats(0, 1e6), st.floats(0, 1e6))
spans = st.one_of(st.just((None, None)), times)


@st.composite
def labels(draw, spans=spans, classes=CLASSES, most=4):
    videos = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    segment = st.tuples(st.sampled_from(videos), st.integers(0, len(classes) - 1), spans)
    drawn = draw(st.lists(segment, max_size=most))
    return Labels.of(videos, classes, [Segment(video, label, *span) for video, label, span in drawn])


def same(one, other):
    return (one.videos, one.classes, one.segments) == (other.videos, other.classes, other.segments)


@settings(max_examples=100)
@given(labels())
def test_what_is_written_is_read(tmp_path_factory, written):
    folder = tmp_path_factory.mktemp("labels")
    write_labels(folder / "labels.csv", written)
    write_classes(folder / "map.pbtxt", CLASSES)
    assert same(read_labels(folder / "labels.csv", folder / "map.pbtxt"), written)


@given(labels(), st.lists(st.floats(0, 1e6), max_size=4))
def test_targets_equal_one_frame_and_segment_at_a_time(known, more):
    ends = [time for segment in known.segments for time in segment[2:] if time is not None]
    at = np.array(ends + more)
    for video in known.videos:
        rows = [segment for segment in known.segments if segment.video == video]
        expected = [
            [
                any(row.label == k and (row.start_s is None or row.start_s <= t <= row.end_s) for row in rows)
                for k in range(3)
            ]
            for t in at
        ]
        assert known.frame_targets(video, at).tolist() == expected
        assert known.video_targets()[known.videos.index(video)].tolist() == [
            any(row.label == k for row in rows) for k in range(3)
        ]


@given(labels(), st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted))
def test_a_span_shows_what_one_of_its_moments_shows(known, span):
    first, last = span
    for video in known.videos:
        starts = [row.start_s for row in known.segments if row.video == video and row.start_s is not None]
        moments = np.array([first, last, *(time for time in starts if first <= time <= last)])
        assert known.span_targets(video, first, last).tolist() == known.frame_targets(video, moments).max(0).tolist()


def test_both_ends_of_a_segment_count():
    known = Labels.of(["a", "b"], CLASSES, [Segment("b", 1, 2.0, 3.0), Segment("a", 0), Segment("b", 2, 3.0, 3.0)])
    at = np.array([1.99, 2.0, 3.0, 3.01])
    assert known.frame_targets("b", at).tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert known.frame_targets("a", at).tolist() == [[1, 0, 0]] * 4
    spans = [known.span_targets("b", *span).tolist() for span in ((0.0, 1.9), (1.9, 2.0), (2.1, 2.2), (3.0, 9.0))]
    assert spans == [[0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 1]]
    assert known.frame_targets("a", at).dtype == np.float32
    with pytest.raises(KeyError):
        known.frame_targets("c", at)


def test_segments_that_cannot_be():
    wrong = [Segment("b", 0), Segment("a", 3), Segment("a", -1), Segment("a", 0, 1.0), Segment("a", 0, None, 1.0)]
    for segment in wrong:
        with pytest.raises(ValueError, match="expected segments of 1 videos and 3 classes, found"):
            Labels.of(["a"], CLASSES, [segment])
    with pytest.raises(ValueError, match="twice"):
        Labels.of(["a", "a"], CLASSES, [])


def test_the_file_is_what_the_documentation_says(tmp_path):
    known = Labels.of(["b", "a"], CLASSES, [Segment("a", 2), Segment("a", 0, 0.5, 2)])
    write_labels(tmp_path / "labels.csv", known)
    assert (tmp_path / "labels.csv").read_text() == "video,label,start_s,end_s\nb,,,\na,3,,\na,1,0.5,2.0\n"


HEAD = "video,label,start_s,end_s\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 0: expected the header video,label,start_s,end_s"),
        ("a,1,,\n", "line 1: expected the header video,label,start_s,end_s"),
        (HEAD + "a,1,\n", "line 2: expected video,label,start_s,end_s, found 'a,1,'"),
        (HEAD + "a,1,,\n../a,1,,\n", "line 3: expected video,label,start_s,end_s, found '../a,1,,'"),
        (HEAD + "a,0,,\n", "line 2: expected a label from 1 to 3, found '0'"),
        (HEAD + "a,4,,\n", "line 2: expected a label from 1 to 3, found '4'"),
        (HEAD + "a,,1,2\n", "line 2: expected a label from 1 to 3, found ''"),
        (HEAD + "a,1,2,\n", "line 2: expected a number, found ''"),
        (HEAD + "a,1,0,inf\n", "line 2: expected seconds such as 11.90, found 'inf'"),
        (HEAD + 'a,1,0,"2\n', "line 2: unexpected end of data"),
    ],
)
def test_wrong_files_are_named_with_their_line(tmp_path, text, expected):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    write_classes(tmp_path / "map.pbtxt", CLASSES)
    with pytest.raises(UserError) as error:
        read_labels(path, tmp_path / "map.pbtxt")
    assert str(error.value) == f"{path}: {expected}; run 'acquire' again"


def test_a_label_map_with_holes_is_refused(tmp_path):
    (tmp_path / "map.pbtxt").write_text('item {\n  name: "sit"\n  id: 2\n}\n')
    (tmp_path / "labels.csv").write_text(HEAD)
    with pytest.raises(UserError, match=r"map.pbtxt: expected ids 1 to 1, found 2 to 2"):
        read_labels(tmp_path / "labels.csv", tmp_path / "map.pbtxt")
