"""A world on disk: the same bytes each time, official formats, and videos that show what the script says."""

from pathlib import Path

import numpy as np
import pytest

from longvideo.data.ava import read_excluded, read_label_map, read_labels
from longvideo.errors import UserError
from longvideo.miniworld.render import actor_box, render
from longvideo.miniworld.stories import ava
from longvideo.miniworld.write import script_of, write_world
from longvideo.video.reader import sequential

SECONDS, FPS, SIZE, VIDEOS = 24, 8, (64, 64), 2


def make(folder: Path, seed: int = 0, seconds: int = SECONDS, **changed: object) -> dict[str, Path]:
    values = {"story": "ava", "purpose": "dev", "split": "train", "videos": VIDEOS, "fps": FPS, "size": SIZE} | changed
    return write_world(folder, seed=seed, seconds=seconds, **values)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make(folder)
    return folder


def test_the_same_seed_gives_the_same_bytes_and_others_do_not(world, tmp_path):
    files = make(tmp_path / "same")
    assert list(files) == ["train_0000", "train_0001"]
    first = contents(world)
    assert {"labels.csv", "excluded.csv", "label_map.pbtxt", "videos/train_0000.mp4"} <= first.keys()
    assert contents(tmp_path / "same") == first
    assert first["videos/train_0000.mp4"] != first["videos/train_0001.mp4"]
    for number, changed in enumerate([{"seed": 1}, {"purpose": "report"}, {"split": "test"}]):
        make(tmp_path / str(number), seconds=4, videos=1, **changed)
        (video,) = (tmp_path / str(number) / "videos").glob("*.mp4")
        assert next(sequential(video))[1].tolist() != next(sequential(files["train_0000"]))[1].tolist()


def test_annotations_are_the_scripts_in_the_official_formats(world):
    labels = read_labels(world / "labels.csv")
    found = list(zip(labels.video.tolist(), labels.second.tolist(), labels.person.tolist(), labels.label.tolist()))
    scripts = [script_of("ava", "dev", 0, "train", number, SECONDS, FPS) for number in range(VIDEOS)]
    expected = [(n, label.second, label.actor, label.action) for n, one in enumerate(scripts) for label in one.labels]
    assert labels.videos == ("train_0000", "train_0001")
    assert sorted(found) == sorted(expected)
    boxes = {
        (n, label.second, label.actor): actor_box(one.actors[label.actor], label.second * FPS, 1.0)
        for n, one in enumerate(scripts)
        for label in one.labels
    }
    for key, box in zip(found, labels.box, strict=True):
        assert box == pytest.approx(boxes[key[:3]], abs=1e-4)
    assert np.all(labels.box[:, :2] < labels.box[:, 2:]) and labels.box.min() >= 0 and labels.box.max() <= 1

    label_map = read_label_map(world / "label_map.pbtxt")
    assert [(label.id, label.name, label.group) for label in label_map] == [
        (number, name, kind) for number, (name, kind) in enumerate(ava.LABELS, 1)
    ]
    excluded = read_excluded(world / "excluded.csv")
    cuts = {(n, shot.start / FPS) for n, one in enumerate(scripts) for shot in one.shots[1:] if shot.start % FPS == 0}
    names = [int(name.removeprefix("train_")) for name in excluded.videos]
    assert {(names[video], second) for video, second in zip(excluded.video, excluded.second)} == cuts


def test_videos_show_their_scripts_with_cuts_between_shots(world):
    for number in range(VIDEOS):
        script = script_of("ava", "dev", 0, "train", number, SECONDS, FPS)
        decoded = np.stack([frame for _, frame in sequential(world / "videos" / f"train_{number:04d}.mp4")]).astype(int)
        drawn = np.stack(list(render(script, *SIZE))).astype(int)
        assert decoded.shape == drawn.shape == (SECONDS * FPS, *SIZE, 3)
        assert np.abs(decoded - drawn).mean() < 8
        change = np.abs(np.diff(decoded, axis=0)).mean(axis=(1, 2, 3))
        relit = np.any(np.diff(script.light, axis=0) != 0, axis=1)
        cuts = {shot.start for shot in script.shots[1:]}
        largest = sorted((frame for frame in range(1, len(decoded)) if not relit[frame - 1] or frame in cuts),
                         key=lambda frame: -change[frame - 1])  # fmt: skip
        assert set(largest[: len(cuts)]) == cuts


def test_boxes_are_around_the_people(world):
    script = script_of("ava", "dev", 0, "train", 0, SECONDS, FPS)
    for second in range(1, SECONDS, 3):
        frame = second * FPS
        for actor in (one for one in script.actors if one.visible[frame]):
            whole = list(render(script, 64, 64))[frame].astype(int)
            actor.visible[frame] = False
            changed = np.abs(whole - list(render(script, 64, 64))[frame]).max(axis=2) > 0
            actor.visible[frame] = True
            x1, y1, x2, y2 = (round(64 * value) for value in actor_box(actor, frame, 1.0))
            inside = changed[max(y1 - 2, 0) : y2 + 2, max(x1 - 2, 0) : x2 + 2]
            assert inside.sum() > 0.9 * changed.sum()  # hands stick out a little
            assert changed.sum() > 0.3 * (x2 - x1) * (y2 - y1)


def test_an_interrupted_world_is_gone_on_with_and_another_one_replaces_it(tmp_path, monkeypatch):
    files = make(tmp_path, seconds=4)
    first, second = files.values()
    second.unlink()
    before = first.stat()
    make(tmp_path, seconds=4)
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert second.is_file()
    make(tmp_path, seconds=5)
    assert len(list(sequential(first))) == 5 * FPS


def test_an_unknown_story_is_named():
    with pytest.raises(UserError, match="expected a story among ava, found lfb"):
        script_of("lfb", "dev", 0, "train", 0, 4, FPS)
