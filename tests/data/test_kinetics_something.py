"""The official files of Kinetics and Something-Something: what is written is read, and what is wrong is one line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_recognition import ids, same

from longvideo.data import kinetics, something_v1, something_v2
from longvideo.data.recognition import Labels, Segment
from longvideo.data.recognition_splits import read_split, write_splits
from longvideo.errors import UserError

# As in the published lists: commas and apostrophes, objects at the start of a name; sorted, as Kinetics needs them.
NAMES = ("Closing something", "Putting something, something and something on the table", "Something doesn't stick")
LAYOUTS = ("kinetics", "something_v1", "something_v2")
clips = st.builds(
    "{}_{:06d}_{:06d}".format, st.text("aZ09_-", min_size=1, max_size=11), st.integers(0, 9999), st.integers(0, 9999)
)


@st.composite
def splits(draw, layout):
    """Videos of NAMES with one label each, in any order, every class among those for training."""
    names = {"kinetics": clips, "something_v1": ids.filter(lambda name: ";" not in name)}.get(layout, ids)
    videos = draw(st.lists(names, min_size=4, max_size=8, unique=True))
    chosen = [0, 1, 2, *draw(st.lists(st.integers(0, 2), min_size=len(videos) - 3, max_size=len(videos) - 3))]
    segments = [Segment(*pair) for pair in zip(videos, chosen)]
    parts = {"train": draw(st.permutations(segments[:3])), "test": segments[3:]}
    return {name: Labels.of([row.video for row in part], NAMES, part) for name, part in parts.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_is_read(tmp_path_factory, layout, data):
    written = data.draw(splits(layout))
    folder = tmp_path_factory.mktemp(layout)
    write_splits(layout, folder, written)
    assert all(same(read_split(layout, folder, name), labels) for name, labels in written.items())


def test_written_files_look_like_the_official_ones(tmp_path):
    train = Labels.of(["-a_b_000001_000011", "b_000120_000130"], NAMES[:2], [Segment("b_000120_000130", 1),
                      Segment("-a_b_000001_000011", 0)])  # fmt: skip
    test = Labels.of(["7"], NAMES[:2], [Segment("7", 1)])
    write_splits("kinetics", tmp_path, {"train": train, "test": train})
    assert (tmp_path / "val.csv").read_text().splitlines() == [
        "label,youtube_id,time_start,time_end,split",
        "Closing something,-a_b,1,11,val",
        '"Putting something, something and something on the table",b,120,130,val',
    ]
    write_splits("something_v1", tmp_path, {"train": test, "test": test})
    assert (tmp_path / "something-something-v1-validation.csv").read_text() == f"7;{NAMES[1]}\n"
    assert (tmp_path / "something-something-v1-labels.csv").read_text() == f"{NAMES[0]}\n{NAMES[1]}\n"
    write_splits("something_v2", tmp_path, {"train": test, "test": test})
    labels, videos = (
        json.loads((tmp_path / f"something-something-v2-{part}.json").read_text()) for part in ("labels", "validation")
    )
    assert labels == {NAMES[0]: "0", NAMES[1]: "1"}
    template = "Putting [something], [something] and [something] on the table"
    assert videos == [{"id": "7", "label": NAMES[1].lower(), "template": template, "placeholders": ["something"] * 3}]


def test_writers_refuse_what_their_formats_cannot_hold(tmp_path):
    one = Labels.of(["a_000001_000011"], NAMES, [Segment("a_000001_000011", 0)])
    with pytest.raises(ValueError, match="expected classes in the order of their names, and clips of each"):
        write_splits("kinetics", tmp_path, {"train": one, "test": one})
    plain = Labels.of(["a"], ("x",), [Segment("a", 0)])
    with pytest.raises(ValueError, match="expected ids such as v_000003_000013, found a"):
        write_splits("kinetics", tmp_path, {"train": plain, "test": plain})
    semicolon = Labels.of(["a;b"], ("x",), [Segment("a;b", 0)])
    with pytest.raises(ValueError, match="expected ids of videos without semicolons"):
        something_v1.write_list(tmp_path / "list.csv", semicolon)
    brackets = Labels.of(["a"], ("[x]",), [Segment("a", 0)])
    with pytest.raises(ValueError, match="expected names of classes without brackets"):
        something_v2.write_annotations(tmp_path / "list.json", brackets)
    assert list(tmp_path.iterdir()) == []


def test_copies_of_kinetics_differ(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(
        'youtube_id,label,time_start,time_end,split,is_cc\r\n_-b,"a, b",0,10,validate,0\r\nc,d,7.0,17,validate,0\r\n'
        "c,d,7,17,validate,1\r\nc,d,8,18,validate,0\r\n"
    )
    found = kinetics.read_annotations(path, kinetics.read_classes(path))
    assert found.classes == ("a, b", "d")
    assert found.segments == [Segment("_-b_000000_000010", 0), Segment("c_000007_000017", 1),
                              Segment("c_000008_000018", 1)]  # fmt: skip


def read_kinetics(path):
    return kinetics.read_annotations(path, NAMES[::2])


def read_v1(path):
    return something_v1.read_list(path, NAMES)


def read_v2(path):
    return something_v2.read_annotations(path, NAMES)


HEAD = b"label,youtube_id,time_start,time_end,split\n"
ROW = b"Closing something,a,1,11,val\n"
V1 = b"1;Closing something\n"
V2 = b'{"id": "1", "template": "Closing [something]"}'


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (read_kinetics, b"", "line 1: expected the columns label,youtube_id,time_start,time_end,split, found ''"),
        (read_kinetics, b"youtube_id,time_start,time_end,split\na,1,11,test\n", "line 1: expected the columns label,"
            "youtube_id,time_start,time_end,split, found 'youtube_id,time_start,time_end,split'"),
        (read_kinetics, HEAD, "line 2: expected clips with their labels, found none"),
        (read_kinetics, HEAD + b"Closing something,a,1\n", "line 2: expected 5 columns as in the header, found 3"),
        (read_kinetics, HEAD + ROW + b"run,a,1,11,val\n",
            "line 3: expected a class of the training split, found 'run'"),
        (read_kinetics, HEAD + ROW + ROW.replace(NAMES[0].encode(), NAMES[2].encode()),
            "line 3: expected one label for a_000001_000011, found a second one; delete one of the lines"),
        (read_kinetics, HEAD + b"Closing something,a,1,1e3,val\n",
            "line 2: expected times in whole seconds of at most six digits, found '1,1e3'"),
        (read_kinetics, HEAD + b"Closing something,a,-1,11,val\n",
            "line 2: expected times in whole seconds of at most six digits, found '-1,11'"),
        (read_kinetics, HEAD + b"Closing something,../a,1,11,val\n",
            "line 2: expected the id of a YouTube video, found '../a'"),
        (kinetics.read_classes, HEAD, "expected labels of 1 to 100000 classes, found 0"),
        (kinetics.read_classes, HEAD + b",a,1,11,val\n", "expected labels of 1 to 100000 classes, found an empty one"),
        (read_v1, b"\n", "line 1: expected videos such as '100218;Closing something', found none"),
        (read_v1, V1 + b"2\n", "line 2: expected VIDEO;CLASS, found '2'"),
        (read_v1, b"..;Closing something\n", "line 1: expected VIDEO;CLASS, found '..;Closing something'"),
        (read_v1, b"1;closing something\n", "line 1: expected a class of the list of classes, found "
            "'closing something'"),
        (read_v1, V1 + V1, "line 2: expected each video once, found '1' again"),
        (something_v1.read_classes, b"", "line 1: expected 1 to 100000 classes such as 'Closing something', found 0"),
        (something_v1.read_classes, b"a\n\na \n", "line 3: expected each class once, found 'a' again"),
        (read_v2, b"[]", "expected a list of videos with their templates, found a list of 0"),
        (read_v2, b'{"id": "1"}', "expected a list of videos with their templates, found an object of 'id'"),
        (read_v2, b'[{"id": "1"}]', "entry 1: expected an id and a template, found an object of 'id'"),
        (read_v2, b"[" + V2 + b", 7]", "entry 2: expected an id and a template, found '7'"),
        (read_v2, b'[{"id": "\\ud800", "template": "Closing [something]"}]',
            "entry 1: expected an id and a template, found an object of 'id, template'"),
        (read_v2, b'[{"id": "1", "template": "Close [it]"}]', "entry 1: expected a class of the list of classes, found "
            "'Close [it]'"),
        (read_v2, b"[" + V2 + b"," + V2 + b"]", "entry 2: expected each video once, found '1' again"),
        (something_v2.read_classes, b"7", """expected classes such as {"Closing something": "18"}, found '7'"""),
        (something_v2.read_classes, b'{"a": "0", "b": "2"}', "expected classes numbered 0 to 1, found none with "
            "number 1"),
    ],
)  # fmt: skip
def test_wrong_files_are_named_with_their_place(tmp_path, read, text, expected):
    path = tmp_path / "file"
    path.write_bytes(text)
    with pytest.raises(UserError) as error:
        read(path)
    assert str(error.value) == f"{path}: {expected}"


def test_text_that_is_no_json(tmp_path, monkeypatch):
    path = tmp_path / "file"
    for text in (b"", b"[1", b"\xff", b"[" * 100_000, b"1" * 10_000):
        path.write_bytes(text)
        with pytest.raises(UserError, match="expected JSON in UTF-8, found other text"):
            read_v2(path)
    monkeypatch.setattr(something_v2, "MAX_BYTES", 9)
    path.write_bytes(b"[          ]")
    with pytest.raises(UserError, match="expected a JSON file of at most 9 bytes, found a larger one"):
        read_v2(path)
    with pytest.raises(UserError, match="expected a JSON file, found an error"):
        read_v2(tmp_path / "none")


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, 120), st.integers(0, 3))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, noise, position, kept):
    path = tmp_path_factory.mktemp("noise") / "file"
    good = {read_kinetics: HEAD + ROW, read_v1: V1 + b"2" + V1, read_v2: b"[" + V2 + b"]"}
    good |= {something_v2.read_classes: b'{"a": "0", "b": "1"}'}
    for read, text in good.items():
        path.write_bytes(text[:position] + noise + text[position + kept :])
        try:
            read(path)
        except UserError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
