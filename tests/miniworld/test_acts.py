"""What actions look like: what tells two actions apart is seen, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from longvideo.miniworld.acts import HANDHELD, Act, Change, Limbs, Motion, take_of
from longvideo.miniworld.film import film
from longvideo.miniworld.pool import POOLS, tell
from longvideo.miniworld.stories import charades, hmdb, kinetics, something, ucf
from longvideo.miniworld.take import Setting, Shape, Take
from longvideo.video.compressed.decoder import GroupDecoder
from longvideo.video.compressed.index import build_group_index
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video

FRAMES, FPS = 36, 12
HEIGHT, WIDTH = 80, 112
STAND = Act("stand", Setting.SAND, Shape.BOX)


def perform(act: Act, number: int = 0) -> Take:
    return take_of(act, np.random.default_rng([1, number]), np.random.default_rng([2, number]), FRAMES, FPS)


def speed(track: np.ndarray) -> np.ndarray:
    """Mean motion [2] of a place [F, 2] in the world, right and down, in pixels per frame."""
    return np.polyfit(np.arange(FRAMES), track * HEIGHT, 1)[0]


def body(take: Take) -> np.ndarray:
    return np.stack([take.figure.x, take.figure.foot], axis=1)


@pytest.mark.parametrize("number", range(5))
def test_each_kind_of_motion_moves_the_body_its_way_and_the_camera_goes_along(number):
    still = perform(STAND, number)
    ways = {Motion.RISE: (0, -1), Motion.SINK: (0, 1), Motion.PASS: (1, 0), Motion.LEFT: (-1, 0), Motion.RIGHT: (1, 0)}
    for motion, way in ways.items():
        take = perform(replace(STAND, motion=motion), number)
        moved, followed = (speed(one) - speed(other) for one, other in ((body(take), body(still)),
                                                                       (take.camera, still.camera)))  # fmt: skip
        along = np.dot(moved, way)
        assert 0.68 <= (abs(along) if motion == Motion.PASS else along) <= 1.0
        assert abs(moved @ way[::-1]) < 1e-4
        assert 0.69 <= np.dot(followed, way) / along <= 1.0
    for motion in (Motion.ROCK, Motion.SHIVER):
        assert np.allclose(speed(body(perform(replace(STAND, motion=motion), number))), speed(body(still)), atol=0.2)


def test_rocking_and_shivering_differ_in_their_rate_alone():
    rate, size = {}, {}
    for motion in (Motion.ROCK, Motion.SHIVER):
        swings = []
        for number in range(40):
            take, still = (perform(act, number) for act in (replace(STAND, motion=motion), STAND))
            swings.append(take.figure.foot - still.figure.foot)
        steps = np.sign(np.diff(np.stack(swings), axis=1))
        rate[motion] = np.mean(steps[:, 1:] != steps[:, :-1])
        size[motion] = np.mean(np.ptp(np.stack(swings), axis=1))
    assert rate[Motion.SHIVER] > 2.5 * rate[Motion.ROCK]
    assert size[Motion.SHIVER] == pytest.approx(size[Motion.ROCK], rel=0.1)


def test_brightness_changes_only_where_the_action_says_and_any_level_may_be_kept():
    for change, column in ((Change.NONE, None), (Change.PROP, 0), (Change.CAP, 1)):
        glow = np.stack([perform(replace(STAND, change=change), number).figure.glow for number in range(40)])
        assert glow.min() >= HANDHELD.dim - 1e-6 and glow.max() <= 1
        for one in (0, 1):
            assert (np.ptp(glow[..., one], axis=1) > 0.4 * (1 - HANDHELD.dim)).all() == (one == column)
            assert np.ptp(glow[:, 0, one]) > 0.9 * (1 - HANDHELD.dim)


def test_arms_turn_one_way_the_other_or_not():
    for limbs, sign in ((Limbs.HOLD, 0), (Limbs.ROW_UP, 1), (Limbs.ROW_DOWN, -1)):
        assert (np.sign(np.diff(perform(replace(STAND, limbs=limbs)).figure.arms, axis=0)) == sign).all()


@pytest.mark.parametrize(("acts", "pairs"), [(ucf.ACTS, 4), (hmdb.ACTS, 4), (kinetics.ACTS, 6)])
def test_no_two_actions_are_the_same_and_some_pairs_look_alike(acts, pairs):
    looks = [(act.setting, act.shape) for act in acts]
    cues = [(act.motion, act.change, act.limbs) for act in acts]
    assert len(set(zip(looks, cues))) == len({act.name for act in acts}) == len(acts)
    assert len(acts) - len(set(looks)) == pairs


def test_no_look_tells_what_is_done_with_something_and_a_mirror_would_tell_wrong():
    deeds = something.DEEDS
    assert len({(deed.motions, deed.limbs) for deed in deeds}) == len(set(something.NAMES)) == len(deeds)
    labels = range(len(deeds))
    takes = [
        [tell("something", "dev", 0, label + len(deeds) * clip, 3, FPS).take for label in labels] for clip in (0, 2)
    ]
    for group in takes:
        assert len({(take.setting, take.figure.looks) for take in group}) == 1
    assert takes[0][0].figure.looks != takes[1][0].figure.looks
    half = FRAMES // 3
    for label, deed in enumerate(deeds):
        signs = {Motion.LEFT: (-1, 0), Motion.RIGHT: (1, 0), Motion.RISE: (0, -1), Motion.SINK: (0, 1)}
        for motion, part in zip((deed.motions[0], deed.motions[-1]), (slice(0, half), slice(-half, None))):
            track = body(takes[0][label])[part]
            moved = np.polyfit(np.arange(half), track * HEIGHT, 1)[0]
            if motion in signs:
                assert np.dot(moved, signs[motion]) > 0.3
    mirrored = {Motion.LEFT: Motion.RIGHT, Motion.RIGHT: Motion.LEFT}
    turned = {tuple(mirrored.get(motion, motion) for motion in deed.motions) for deed in deeds}
    assert (Motion.LEFT,) in turned and (Motion.RISE, Motion.RIGHT) not in turned


def test_every_frame_of_charades_is_labelled_with_what_is_done_in_it():
    told = [tell("charades", "dev", 3, number, 12, FPS) for number in range(40)]
    assert {row.label for one in told for row in one.labels} == set(range(len(charades.CLASSES)))
    for one in told:
        figure = one.take.figure
        glowing = np.abs(np.diff(figure.glow, axis=0)) > 1e-6
        turn = np.diff(figure.arms[:, 0])
        seen = {
            "flash": glowing[:, 0],
            "blink": glowing[:, 1],
            "row forth": turn > 1e-6,
            "row back": turn < -1e-6,
        }
        for verb, active in seen.items():
            labelled = np.zeros(len(figure.x), bool)
            for row in one.labels:
                name = POOLS["charades"].classes[row.label]
                if name.startswith(verb):
                    span = slice(round(row.start_s * FPS), round(row.end_s * FPS))
                    labelled[span] = True
                    thing = name.split()[-1]
                    assert thing == "cap" or {charades.SHAPES[n].name.lower() for n in figure.shown[span]} == {thing}
            assert np.array_equal(labelled[1:], active) or np.mean(labelled[1:] != active) < 0.03


def test_a_frame_is_moved_with_the_camera_and_lit_where_it_glows():
    take = perform(STAND)
    steady = replace(take, camera=np.zeros_like(take.camera), frames=1)
    moved = replace(steady, camera=steady.camera + np.float32([5 / HEIGHT, -3 / HEIGHT]))
    one, other = (next(film(each, HEIGHT, WIDTH)).astype(int) for each in (steady, moved))
    assert np.abs(one[:-3, 5:] - other[3:, :-5]).max() <= 2
    dark = replace(steady, figure=replace(steady.figure, glow=steady.figure.glow * 0))
    change = np.abs(next(film(dark, HEIGHT, WIDTH)).astype(int) - one).max(axis=2) > 8
    assert 0.02 < change.mean() < 0.12


def shares(path: Path) -> list[float]:
    """How much of each P-frame is predicted: one vector for each of its macroblocks that is."""
    decoder = GroupDecoder(path, build_group_index(path))
    blocks = HEIGHT // 16 * (WIDTH // 16)
    return [len(one.vectors) / blocks for group in range(3) for one in list(decoder.pictures(group))[1:]]


def test_nearly_all_of_a_p_frame_is_predicted_and_accumulated_motion_follows_a_slow_body(tmp_path):
    errors: dict[bool, list[float]] = {True: [], False: []}
    for motion in (Motion.RISE, Motion.SINK):
        take = perform(replace(STAND, motion=motion), 1)
        write_video(tmp_path / "source.mp4", film(take, HEIGHT, WIDTH), FPS, 48, 23, bframes=2)
        reencode_mpeg4(tmp_path / "source.mp4", tmp_path / "mpeg4.mp4", WIDTH, HEIGHT, 12)
        with_vectors = shares(tmp_path / "mpeg4.mp4")
        assert min(with_vectors) > 0.85 and np.mean(with_vectors) > 0.97
        video = CompressedVideo(tmp_path / "mpeg4.mp4")
        for frame in range(6, 12):
            for accumulated, since in ((True, 0), (False, frame - 1)):
                shift = (take.camera[since, 1] - take.camera[frame, 1]) * HEIGHT
                found = np.median(video.motion(*video.frame_position(frame), accumulated=accumulated)[..., 1])
                errors[accumulated].append(abs(found - shift) / max(abs(shift), 1e-3))
    assert np.median(errors[True]) < np.median(errors[False])
