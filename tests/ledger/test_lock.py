"""Reading dvc.lock and the stores that it names objects of, and what follows from what DVC says has changed."""

import hashlib
import json

import pytest

from longvideo.errors import UserError
from longvideo.ledger.lock import Artifact, LockedStage, files_of, read_lock
from longvideo.ledger.state import broken_objects, stale_stages
from longvideo.ledger.store import Store

A, B = "0" * 32, "1" * 32
PARAMS = "config/scales/mini.yaml"


def lock(out: str = "results/mini/bank", digest: str = f"{A}.dir") -> str:
    return json.dumps({"schema": "2.0", "stages": {"bank@0": {"cmd": "x", "outs": [{"path": out, "md5": digest}]}}})


def stage(name: str, reads: str = "", writes: str = "", params: tuple[str, ...] = ()) -> LockedStage:
    deps, outs = (tuple(Artifact(path, A) for path in paths.split()) for paths in (reads, writes))
    return LockedStage(name, deps, params, outs)


CHAIN = {
    found.name: found
    for found in (
        stage("world", "", "raw/labels.csv", (PARAMS,)),
        stage("bank", "raw/labels.csv", "banks/nl", (PARAMS,)),
        stage("train", "banks/nl src/notes.txt", "checkpoints/nl/s0", (PARAMS,)),
        stage("table", "checkpoints/nl", "tables/t.json"),
        stage("other", "raw/labels.csv", "checkpoints/other"),
    )
}


def store(folder, *contents: bytes) -> Store:
    found = Store("the cache", folder)
    for content in contents:
        digest = hashlib.md5(content).hexdigest() + (".dir" if content.startswith(b"[") else "")
        found.object(digest).parent.mkdir(parents=True, exist_ok=True)
        found.object(digest).write_bytes(content)
    return found


def test_a_missing_lock_says_who_writes_it(tmp_path):
    with pytest.raises(UserError, match="'longvideo publish' writes it"):
        read_lock(tmp_path / "dvc.lock")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1", "expected stages, found none"),
        ('{"stages": {"a": 3}}', "stage a: expected deps and outs with hashes"),
        (lock(out="../other"), "found the path '../other'"),
        (lock(out="/etc/passwd"), "found the path '/etc/passwd'"),
        (lock(digest="../../x"), "found the hash '../../x'"),
    ],
)
def test_a_lock_that_is_none_is_one_line(tmp_path, text, found):
    (tmp_path / "dvc.lock").write_text(text)
    with pytest.raises(UserError, match=r"dvc\.lock") as error:
        read_lock(tmp_path / "dvc.lock")
    assert found in str(error.value)


def test_a_folder_is_the_files_of_its_list(tmp_path):
    listed = json.dumps([{"relpath": "sub/a.npy", "md5": A}]).encode()
    digest = hashlib.md5(listed).hexdigest() + ".dir"
    found = LockedStage("bank", (), (), (Artifact("banks/nl", digest), Artifact("x.json", B)))
    assert files_of(found, [store(tmp_path, listed)]) == [Artifact("banks/nl/sub/a.npy", A), Artifact("x.json", B)]
    assert files_of(found, [Store("the cache", tmp_path / "none")]) == [Artifact("x.json", B)]


def test_a_list_that_leads_out_of_its_folder_is_refused(tmp_path):
    listed = json.dumps([{"relpath": "../../a", "md5": A}]).encode()
    found = LockedStage("bank", (), (), (Artifact("banks/nl", hashlib.md5(listed).hexdigest() + ".dir"),))
    with pytest.raises(UserError, match="expected the list of the files in banks/nl"):
        files_of(found, [store(tmp_path, listed)])


def test_a_broken_object_and_a_broken_list_are_named(tmp_path):
    whole, listed = (
        b"features",
        json.dumps([{"relpath": "a.npy", "md5": hashlib.md5(b"features").hexdigest()}]).encode(),
    )
    cache = store(tmp_path, whole, listed)
    found = LockedStage("bank", (), (), (Artifact("banks/nl", hashlib.md5(listed).hexdigest() + ".dir"),))
    assert broken_objects([found], [cache]) == []
    cache.object(hashlib.md5(whole).hexdigest()).write_bytes(whole[:-1])
    (line,) = broken_objects([found], [cache])
    assert "expected the content of banks/nl/a.npy in the cache" in line and "found 7 other bytes" in line
    cache.object(found.outs[0].digest).write_bytes(b"[]")
    (line,) = broken_objects([found], [cache])
    assert "expected the content of banks/nl in the cache" in line


def test_nothing_is_stale_where_files_are_merely_absent():
    absent = [{"changed deps": {"raw/labels.csv": "deleted"}}, {"changed outs": {"banks/nl": "deleted"}}]
    assert stale_stages(CHAIN, {"bank": absent, "train": [{"changed deps": {"banks/nl": "deleted"}}]}) == {}


def test_an_edited_value_makes_its_stage_and_what_follows_stale():
    edited = {"bank": [{"changed deps": {PARAMS: {"detector": "modified"}}}]}
    assert stale_stages(CHAIN, edited) == {
        "bank": f"{PARAMS}: detector", "train": "reads what bank wrote", "table": "reads what train wrote"
    }  # fmt: skip


def test_other_files_count_by_content_and_results_by_who_wrote_them():
    assert stale_stages(CHAIN, {"train": [{"changed deps": {"src/notes.txt": "modified"}}]}).keys() == {
        "train",
        "table",
    }
    # More seeds in a folder that is read as a whole: the released ones are what they were.
    assert stale_stages(CHAIN, {"table": [{"changed deps": {"checkpoints/nl": "modified"}}]}) == {}
    assert stale_stages(CHAIN, {"table": ["changed command"]}) == {"table": "changed command"}
