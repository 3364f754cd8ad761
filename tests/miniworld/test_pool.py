"""Pools on disk: official lists that never part a group, one pool for all splits, and the same bytes each time."""

from collections import Counter
from pathlib import Path

import pytest

from longvideo.data.recognition_splits import LAYOUTS, ONE_SPLIT, read_split
from longvideo.errors import UserError
from longvideo.miniworld.pool import ANNOTATIONS, CLIPS, POOLS, tell, write_pool

FPS, SIZE = 6, (40, 56)
THREE = ("ucf", "hmdb")


def videos_of(story: str, groups: int = 6) -> int:
    return CLIPS * groups * (1 if story.startswith("charades") else len(POOLS[story].classes))


def make(out: Path, story: str, videos: int, with_videos: bool = False, **changed: object) -> dict[str, Path]:
    values = {"purpose": "dev", "seed": 0, "seconds": 1, "fps": FPS, "size": SIZE} | changed
    return write_pool(out, story, videos=videos, with_videos=with_videos, **values)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("story", POOLS)
def test_the_same_seed_gives_the_same_bytes_and_other_worlds_do_not(story, tmp_path):
    few = 4 if story.startswith("charades") else 2 * len(POOLS[story].classes) + 1
    with pytest.raises(UserError, match="expected enough videos for every split"):
        make(tmp_path / "few", story, few)
    files = make(tmp_path / "one", story, videos_of(story, 4), with_videos=False)
    assert not any(path.exists() for path in files.values())
    takes = [
        tell(story, purpose, seed, number, 1, FPS).take
        for purpose in ("dev", "report") for seed in (0, 1) for number in range(videos_of(story, 4))
    ]  # fmt: skip
    assert len({take.camera.tobytes() for take in takes}) == len(takes)
    assert len({take.place for take in takes}) == len(takes) // CLIPS


def test_an_interrupted_world_is_gone_on_with_to_the_same_bytes(tmp_path):
    files = make(tmp_path / "one", "charades", 8, with_videos=True)
    make(tmp_path / "other", "charades", 8, with_videos=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    first, second, *_ = files.values()
    second.unlink()
    before = first.stat()
    make(tmp_path / "one", "charades", 8, with_videos=True)
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    make(tmp_path / "one", "charades", 8, with_videos=True, seed=1)
    assert contents(tmp_path / "one")[f"videos/{first.name}"] != (tmp_path / "other/videos" / first.name).read_bytes()


@pytest.mark.parametrize("story", ["kinetics", "something"])
def test_one_split_tests_a_quarter_of_each_action_and_parts_no_group(story, tmp_path):
    videos = videos_of(story, 8)
    files = make(tmp_path, story, videos)
    told = {one.video: one for one in (tell(story, "dev", 0, number, 1, FPS) for number in range(videos))}
    assert LAYOUTS[POOLS[story].layout].splits == ONE_SPLIT
    train, test = (read_split(POOLS[story].layout, tmp_path / ANNOTATIONS, part) for part in ONE_SPLIT)
    assert set(train.videos) | set(test.videos) == set(files) == set(told)
    assert not {told[video].group for video in train.videos} & {told[video].group for video in test.videos}
    for labels, each in ((train, 12), (test, 4)):
        assert labels.classes == POOLS[story].classes
        assert Counter(labels.label.tolist()) == dict.fromkeys(range(len(labels.classes)), each)
        assert all(told[row.video].labels[0].label == row.label for row in labels.segments)


@pytest.mark.parametrize("story", THREE)
def test_three_splits_test_every_video_once_and_part_no_group(story, tmp_path):
    videos = videos_of(story)
    files = make(tmp_path, story, videos)
    told = [tell(story, "dev", 0, number, 1, FPS) for number in range(videos)]
    group = {one.video: (one.labels[0].label, one.group) for one in told}
    name = {one.video: POOLS[story].classes[one.labels[0].label] for one in told}
    tested: Counter[str] = Counter()
    for number in (1, 2, 3):
        train, test = (
            read_split(POOLS[story].layout, tmp_path / ANNOTATIONS, f"{part}{number}") for part in ("train", "test")
        )
        assert set(train.videos) | set(test.videos) == set(files)
        assert not {group[video] for video in train.videos} & {group[video] for video in test.videos}
        for labels in (train, test):
            assert all(labels.classes[row.label] == name[row.video] for row in labels.segments)
            assert len(set(Counter(labels.label.tolist()).values())) == 1
        tested.update(test.videos)
    assert tested == dict.fromkeys(files, 1)


def test_charades_has_one_split_by_person_and_the_times_of_what_is_done(tmp_path):
    files = make(tmp_path, "charades", 16, seconds=12)
    told = {one.video: one for one in (tell("charades", "dev", 0, number, 12, FPS) for number in range(16))}
    train, test = (read_split("charades", tmp_path / ANNOTATIONS, part) for part in ("train", "test"))
    assert (len(train.videos), len(test.videos)) == (12, 4)
    assert set(train.videos) | set(test.videos) == set(files)
    assert not {told[video].group for video in train.videos} & {told[video].group for video in test.videos}
    for labels in (train, test):
        assert sorted(labels.segments) == sorted(row for video in labels.videos for row in told[video].labels)


def test_an_unknown_story_is_named():
    with pytest.raises(
        UserError, match="expected a story among ucf, hmdb, charades, charades_steady, kinetics, something, found ava"
    ):
        tell("ava", "dev", 0, 0, 1, FPS)
