import numpy as np
import pytest

from longvideo.tables.figures.video_space import broken, draw_videos, embedded, joined, separation
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.encode import write_video


def noise(seed, rows=60, columns=4):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def test_separation_is_1_for_sets_apart_and_a_half_for_sets_that_overlap():
    assert separation(np.concatenate([noise(0), noise(1) + 20]), 60) == 1
    assert separation(np.concatenate([noise(0, 400), noise(1, 400)]), 400) == pytest.approx(0.5, abs=0.1)


def test_frames_close_in_time_are_no_neighbours():
    # Two videos along one line, whose frames alternate: a frame's nearest of its own video is close in time.
    line = np.arange(80, dtype=np.float32)[:, None]
    assert separation(np.concatenate([line[::2], line[1::2]]), 40) == 0


def test_in_the_joint_space_every_representation_counts_alike():
    one, other = noise(0, columns=3), 1000 * noise(1, columns=8)
    space = joined([one, other])
    assert space.shape == (60, 11)
    assert [float(part.var(axis=0).sum()) for part in (space[:, :3], space[:, 3:])] == pytest.approx([1, 1], rel=1e-3)
    assert np.isfinite(joined([one, np.zeros_like(other)])).all()


def test_a_curve_breaks_where_a_group_begins():
    curve = broken(noise(0, 5, 2), np.array([0, 0, 1, 1, 2]))
    assert np.isnan(curve[:, 0]).tolist() == [False, False, True, False, False, True, False]


def test_the_embedding_follows_from_seed_and_points():
    points = noise(0, 30)
    assert np.array_equal(embedded(points, 30.0, 3), embedded(points, 30.0, 3))


def test_two_videos_of_other_places_are_apart_in_rgb(tmp_path):
    paths = {}
    for number, name in enumerate(("one", "other")):
        place = np.random.default_rng(number).integers(0, 255, (16, 20, 3))
        still = np.kron(place, np.ones((6, 6, 1))).astype(np.uint8)
        frames = [np.roll(still, round(3 * np.sin(frame)), axis=1) for frame in range(24)]
        write_video(tmp_path / "in.mp4", frames, 12)
        paths[name] = tmp_path / f"{name}.mp4"
        reencode_mpeg4(tmp_path / "in.mp4", paths[name], 112, 80, 12)
    apart = draw_videos(paths, 20, 8, True, 5.0, 0, tmp_path / "a.svg")
    assert list(apart) == ["RGB", "Motion vectors", "Residual", "Joint space"]
    assert apart["RGB"] == 1 > apart["Motion vectors"]
    assert ">Joint space<" in (tmp_path / "a.svg").read_text()
