"""The manifest comes back as it was written, moves with its folder, and refuses what is no manifest."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.files.manifest import SCHEMA, Failure, Video, read_failures, read_manifest, write_manifest


def video(folder: Path, name: str = "a", **changes: object) -> Video:
    facts = {"frames": 40, "fps": 8.0, "width": 64, "height": 48, "start_s": 900.0, "checksum": "00", "shots": (0, 20)}
    return Video(id=name, path=folder / "videos" / f"{name}.mp4", **facts | changes)


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20)


@given(st.lists(names, min_size=1, max_size=6, unique=True), st.data())
@settings(max_examples=12)
def test_rows_come_back_ordered_by_id(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("m")
    failed = data.draw(st.integers(0, len(ids)))
    videos = [Video(name, folder / "videos" / "x.mp4", 7, 29.97, 2, 4, 0.5, "ff", (0, 3)) for name in ids[failed:]]
    failures = [Failure(name, folder / "raw.mp4", "no such file") for name in ids[:failed]]
    write_manifest(folder / "manifest.parquet", "train", videos, failures)
    assert read_manifest(folder / "manifest.parquet") == sorted(videos, key=lambda row: row.id)
    assert read_failures(folder / "manifest.parquet") == sorted(failures)


def test_reason_is_one_line(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", "train", [], [Failure("a", tmp_path / "a.mp4", "two\nlines")])
    assert read_failures(tmp_path / "m.parquet")[0].error == "two lines"


def test_folder_can_be_moved(tmp_path: Path) -> None:
    old = tmp_path / "old"
    write_manifest(old / "m.parquet", "train", [video(old)])
    old.rename(tmp_path / "new")
    (read,) = read_manifest(tmp_path / "new" / "m.parquet")
    assert read.path == tmp_path / "new" / "videos" / "a.mp4"


def test_path_outside_the_folder_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_manifest(Path("here/m.parquet"), "train", [video(Path("there"))])
    (read,) = read_manifest(Path("here/m.parquet"))
    assert read.path == tmp_path / "there" / "videos" / "a.mp4"


def test_split_is_stored(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", "val", [video(tmp_path)])
    assert pq.read_table(tmp_path / "m.parquet")["split"].to_pylist() == ["val"]


@pytest.mark.parametrize(
    "changes", [{"frames": 0}, {"fps": 0.0}, {"width": -2}, {"start_s": float("nan")}, {"shots": (0, 40)},
                {"shots": (3,)}, {"shots": ()}, {"fps": float("inf")}]
)  # fmt: skip
def test_impossible_rows_are_refused(changes: dict[str, object], tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.parquet", "train", [video(tmp_path, **changes)])
    with pytest.raises(UserError, match=r"m\.parquet: the row of video a cannot be true"):
        read_manifest(tmp_path / "m.parquet")


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    with pytest.raises(UserError, match="found no such file"):
        read_manifest(path)
    path.write_text("id,path\n")
    with pytest.raises(UserError, match="a file that cannot be read"):
        read_manifest(path)
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(UserError, match="expected the manifest columns id, path, frames"):
        read_manifest(path)
    write_manifest(path, "train", [video(tmp_path), video(tmp_path)])
    with pytest.raises(UserError, match="the same id twice"):
        read_manifest(path)
    row = dict.fromkeys(SCHEMA.names) | {"id": "a", "path": "x", "error": "", "shots": [0]}
    pq.write_table(pa.Table.from_pylist([row], schema=SCHEMA), path)
    with pytest.raises(UserError, match="an empty cell"):
        read_manifest(path)
