"""The story that stands for AVA: its labels follow from what is shown, now or before, and never from what is not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest

from longvideo.miniworld.behaviour import Motion
from longvideo.miniworld.render import render
from longvideo.miniworld.script import CLOSED_BAG, NO_PROP, ActorTrack, Label, Script
from longvideo.miniworld.stories import ava
from longvideo.miniworld.write import script_of

SECONDS, FPS = 60, 8
WORLDS = [(purpose, seed, split, number)
          for purpose in ("report", "dev") for seed in (0, 1) for split in ("train", "test")
          for number in range(8)]  # fmt: skip
KIND = {action: kind for action, (_, kind) in enumerate(ava.LABELS, 1)}
SEEN_S = 2
"""Seconds in sight that count as having seen something."""


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    return [script_of("ava", purpose, seed, split, number, SECONDS, FPS) for purpose, seed, split, number in WORLDS]


def around(label: Label) -> slice:
    """The two seconds that a clip shows."""
    return slice((label.second - 1) * FPS, (label.second + 1) * FPS)


def labels_of(script: Script, first: int, names: tuple[str, ...]) -> Iterator[tuple[Label, int, int]]:
    """The labels of one group, the number of each one's class in it, and its frame."""
    for label in script.labels:
        if first <= label.action < first + len(names):
            yield label, label.action - first, label.second * FPS


def shown(actor: ActorTrack) -> np.ndarray:
    """[F] whether the actor shows an item openly, in sight."""
    return (actor.prop != NO_PROP) & (actor.prop != CLOSED_BAG) & actor.visible


def longest_run(track: np.ndarray) -> int:
    return max((len(list(run)) for value, run in groupby(track) if value), default=0)


def test_no_two_worlds_splits_or_videos_share_a_story(scripts):
    assert len({script.scenery for script in scripts}) == len(scripts)
    assert len({(tuple(script.shots), script.light.tobytes()) for script in scripts}) == len(scripts)
    again = script_of("ava", *WORLDS[5], SECONDS, FPS)
    assert again.labels == scripts[5].labels
    assert all(np.array_equal(a.prop, b.prop) for a, b in zip(again.actors, scripts[5].actors, strict=True))


def test_shots_part_the_frames_and_change_place(scripts):
    for script in scripts:
        frames = [frame for shot in script.shots for frame in range(shot.start, shot.end)]
        assert frames == list(range(script.frames)) == list(range(SECONDS * FPS))
        assert all(one.location != other.location for one, other in pairwise(script.shots))


def test_every_visible_actor_and_no_other_is_labelled_at_every_second(scripts):
    for script in scripts:
        expected = {
            (second, index)
            for second in range(1, SECONDS)
            for index, actor in enumerate(script.actors)
            if actor.visible[second * FPS]
        }
        counts = Counter((label.second, label.actor) for label in script.labels if label.action < ava.FIRST_COSTUME)
        assert counts == dict.fromkeys(expected, 1)
        assert {(label.second, label.actor) for label in script.labels} == expected
        assert len(set(script.labels)) == len(script.labels)


def test_what_a_clip_shows_is_what_its_labels_say(scripts):
    for script in scripts:
        for label, costume, _ in labels_of(script, ava.FIRST_COSTUME, ava.COSTUMES):
            assert script.actors[label.actor].costume == costume
        for _, light, frame in labels_of(script, ava.FIRST_LIGHT, ava.LIGHTS):
            assert np.argmax(script.light[frame]) == light
        for label, item, frame in labels_of(script, ava.FIRST_SHOW, ava.SHOWS):
            assert script.actors[label.actor].prop[frame] == item
        seconds = [label.second for label, _, _ in labels_of(script, ava.FIRST_LIGHT, ava.LIGHTS)]
        lit = {second for second in range(1, SECONDS) if np.any(script.light[second * FPS] != 1)}
        assert set(seconds) == lit


def test_motions_move_what_their_labels_say(scripts):
    tracks = {Motion.WALK: "x", Motion.JUMP: "foot", Motion.CROUCH: "height", Motion.TURN: "girth"}
    checked = total = 0
    for script in scripts:
        for label, motion, frame in labels_of(script, ava.FIRST_MOTION, ava.MOTIONS):
            actor = script.actors[label.actor]
            steps = [
                (name, np.abs(np.diff(getattr(actor, name)[frame - 1 : frame + 2])) > 1e-4) for name in tracks.values()
            ]
            before, after = ({name for name, moves in steps if moves[side]} for side in (0, 1))
            total += 1
            if before == after:  # not where one motion, or one shot, follows another
                checked += 1
                assert before == ({tracks[Motion(motion)]} if motion in tracks else set())
    assert checked > 0.8 * total


def test_an_item_in_the_bag_was_shown_before_by_the_same_actor(scripts):
    for script in scripts:
        for label, item, frame in labels_of(script, ava.FIRST_ITEM, ava.ITEMS):
            actor = script.actors[label.actor]
            assert actor.prop[frame] == CLOSED_BAG
            assert longest_run(shown(actor)[:frame]) >= SEEN_S * FPS
            assert set(actor.prop[:frame][shown(actor)[:frame]]) == {item}


def test_raised_arms_mean_the_mood_that_coloured_light_has_shown(scripts):
    for script in scripts:
        lit = np.any(script.light != 1, axis=1)
        for label, mood, frame in labels_of(script, ava.FIRST_MOOD, ava.MOODS):
            assert not lit[around(label)].any()
            assert longest_run(lit[:frame]) >= SEEN_S * FPS
            assert set(np.argmax(script.light[:frame][lit[:frame]], axis=1)) == {mood}


def test_all_classes_occur_and_those_of_the_past_are_balanced(scripts):
    counts = Counter(label.action for script in scripts for label in script.labels)
    assert counts.keys() == KIND.keys()
    for kind in (ava.SCENE_PAST, ava.ACTOR_PAST):
        found = [count for action, count in counts.items() if KIND[action] == kind]
        assert len(found) == 3 and max(found) < 3 * min(found)


def swap_item(script: Script, index: int, item: int) -> Script:
    """The same video, but one actor has another item."""
    actor = script.actors[index]
    changed = replace(actor, prop=np.where(actor.prop >= 0, item, actor.prop).astype(np.int32))
    return replace(script, actors=[changed if one is actor else one for one in script.actors])


def swap_mood(script: Script, mood: int) -> Script:
    """The same video, but the light shows another mood."""
    lit = np.any(script.light != 1, axis=1, keepdims=True)
    return replace(script, light=np.where(lit, np.float32(ava.MOOD_LIGHTS[mood]), np.float32(1)))


def frames_of(script: Script) -> np.ndarray:
    return np.stack(list(render(script, 64, 64)))


@pytest.mark.parametrize("number", range(4))
def test_the_clip_of_a_label_of_the_past_shows_nothing_of_its_class(number):
    script = script_of("ava", "dev", 7, "train", number, SECONDS, FPS)
    frames = frames_of(script)
    checked = 0
    for index in range(len(script.actors)):
        found = [
            (label, item) for label, item, _ in labels_of(script, ava.FIRST_ITEM, ava.ITEMS) if label.actor == index
        ]
        for other in {(item + 1) % 3 for _, item in found}:
            swapped = frames_of(swap_item(script, index, other))
            assert not np.array_equal(frames, swapped)
            assert all(np.array_equal(frames[around(label)], swapped[around(label)]) for label, _ in found)
            checked += len(found)
    found = [(label, mood) for label, mood, _ in labels_of(script, ava.FIRST_MOOD, ava.MOODS)]
    for other in {(mood + 1) % 3 for _, mood in found}:
        swapped = frames_of(swap_mood(script, other))
        assert not np.array_equal(frames, swapped)
        assert all(np.array_equal(frames[around(label)], swapped[around(label)]) for label, _ in found)
        checked += len(found)
    assert checked > 20
