"""AVA's stand-in: several actors whose actions are seen in a clip, or follow from the scene's or the actor's own past.

Three kinds of labels, told apart in the label map by their type:

- CLIP: how an actor moves, what the actor wears or shows, in which light. Two seconds of video show it.
- SCENE_PAST: what raised arms mean in white light. The mood of the video decides; coloured light shows the mood for a
  few seconds, first at the beginning and again now and then.
- ACTOR_PAST: what an actor carries in a closed bag. The actor showed it openly before the first time, and now and then
  since. Each actor's item is drawn alone: knowing which items there are tells a little, knowing whose tells all.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longvideo.miniworld.behaviour import Motion, Rng, choose_per_spell, displacement, shots
from longvideo.miniworld.script import CLOSED_BAG, NO_PROP, ActorTrack, Arms, Floats, Ints, Label, Script, Shot

CLIP, SCENE_PAST, ACTOR_PAST = "CLIP", "SCENE_PAST", "ACTOR_PAST"
MOTIONS = ("stand", "walk", "jump", "crouch", "turn around")
COSTUMES = ("dressed in red", "dressed in blue", "dressed in yellow", "dressed in green")
LIGHTS = ("bask in red light", "bask in green light", "bask in blue light")
SHOWS = ("show a ball", "show a crate", "show a tent")
MOODS = ("cheer", "protest", "surrender")
ITEMS = ("carry a ball", "carry a crate", "carry a tent")

LABELS: tuple[tuple[str, str], ...] = (
    *((name, CLIP) for name in MOTIONS),
    *((name, CLIP) for name in COSTUMES),
    *((name, CLIP) for name in LIGHTS),
    *((name, CLIP) for name in SHOWS),
    *((name, SCENE_PAST) for name in MOODS),
    *((name, ACTOR_PAST) for name in ITEMS),
)
FIRST_MOTION = 1
FIRST_COSTUME = FIRST_MOTION + len(MOTIONS)
FIRST_LIGHT = FIRST_COSTUME + len(COSTUMES)
FIRST_SHOW = FIRST_LIGHT + len(LIGHTS)
FIRST_MOOD = FIRST_SHOW + len(SHOWS)
FIRST_ITEM = FIRST_MOOD + len(MOODS)

CAST = (2, 3)
"""Fewest and most actors of a video."""
LANES = 3
LOCATIONS = 3
SHOT_SECONDS = (6, 12)
ABSENT = 0.2
MOOD_LIGHTS = ((1.55, 0.55, 0.5), (0.5, 1.45, 0.55), (0.5, 0.6, 1.7))
MOOD_SHOWN_SECONDS = (4, 6)
MOOD_PAUSE_SECONDS = (10, 22)
SHOWN_SECONDS = (6, 10)
CARRIED_SECONDS = (10, 24)
REST_SECONDS = (0, 3)


def tell(rng: Rng, seconds: int, fps: int) -> Script:
    """Tell one story of `seconds` seconds; all that happens follows from `rng`."""
    frames = seconds * fps
    cut = shots(rng, frames, fps, SHOT_SECONDS, LOCATIONS)
    mood = int(rng.integers(len(MOODS)))
    cast = int(rng.integers(CAST[0], CAST[1] + 1))
    items = rng.integers(len(ITEMS), size=cast)
    costumes = rng.permutation(len(COSTUMES))[:cast]
    motions = [choose_per_spell(rng, frames, (3 * fps, 6 * fps), tuple(Motion)) for _ in range(cast)]
    stages = _placement(rng, cut, cast, frames)
    actors = [
        _actor(rng, stages[index], motions[index], int(costumes[index]), int(items[index]), fps)
        for index in range(cast)
    ]
    light = _mood_light(rng, frames, fps, mood)
    return Script(
        fps=fps,
        frames=frames,
        shots=cut,
        light=light,
        actors=actors,
        labels=_labels(actors, motions, light, mood, items, fps),
        scenery=int(rng.integers(2**31)),
        excluded=[shot.start // fps for shot in cut[1:] if shot.start % fps == 0],
    )


def _placement(
    rng: Rng, cut: Sequence[Shot], cast: int, frames: int
) -> list[tuple[NDArray[np.bool_], Floats, Floats, Floats]]:
    """Give every actor a place in every shot: the lanes are drawn anew, so a place never tells who somebody is."""
    kinds = (np.bool_, np.float32, np.float32, np.float32)
    result = [tuple(np.zeros(frames, dtype=kind) for kind in kinds) for _ in range(cast)]
    for shot in cut:
        lanes = rng.permutation(LANES)
        present = rng.uniform(size=cast) >= ABSENT
        present[rng.integers(cast)] = True
        for index, (visible, x, foot, height) in enumerate(result):
            span = slice(shot.start, shot.end)
            visible[span] = present[index]
            x[span] = (lanes[index] + 0.5) / LANES + rng.uniform(-0.04, 0.04)
            foot[span] = rng.uniform(0.72, 0.97)
            height[span] = rng.uniform(0.36, 0.46)
    return result  # type: ignore[return-value]


def _actor(
    rng: Rng,
    place: tuple[NDArray[np.bool_], Floats, Floats, Floats],
    motion: Ints,
    costume: int,
    item: int,
    fps: int,
) -> ActorTrack:
    visible, x, foot, height = place
    sideways, up, taller, girth = displacement(rng, motion, fps)
    arms = choose_per_spell(rng, len(motion), (3 * fps, 7 * fps), (Arms.DOWN, Arms.UP))
    return ActorTrack(
        costume=costume,
        visible=visible,
        x=x + sideways * height,
        foot=foot + up * height,
        height=height * taller,
        girth=girth,
        arms=arms,
        prop=_hands(rng, visible, item, fps),
    )


def _hands(rng: Rng, visible: NDArray[np.bool_], item: int, fps: int) -> Ints:
    """Decide what the hands hold: the item is shown, then carried in the bag for a while, then shown again.

    A showing that the camera missed is made up for: nothing is carried before the item was seen for two seconds.
    """
    frames = len(visible)
    hands = np.full(frames, NO_PROP, dtype=np.int32)
    start, seen = fps * int(rng.integers(REST_SECONDS[0], REST_SECONDS[1] + 1)), False
    while start < frames:
        end = start + fps * int(rng.integers(SHOWN_SECONDS[0], SHOWN_SECONDS[1] + 1))
        hands[start:end] = item
        seen = seen or int(visible[start:end].sum()) >= 2 * fps
        start = end + fps * int(rng.integers(REST_SECONDS[0], REST_SECONDS[1] + 1))
        if seen:
            end = start + fps * int(rng.integers(CARRIED_SECONDS[0], CARRIED_SECONDS[1] + 1))
            hands[start:end] = CLOSED_BAG
            start = end + fps * int(rng.integers(REST_SECONDS[0], REST_SECONDS[1] + 1))
    return hands


def _mood_light(rng: Rng, frames: int, fps: int, mood: int) -> Floats:
    """Return [F, 3] gains: white but for the few seconds in which the mood shows."""
    light = np.ones((frames, 3), dtype=np.float32)
    second = int(rng.integers(0, 4))
    while second * fps < frames:
        shown = int(rng.integers(MOOD_SHOWN_SECONDS[0], MOOD_SHOWN_SECONDS[1] + 1))
        light[second * fps : (second + shown) * fps] = MOOD_LIGHTS[mood]
        second += shown + int(rng.integers(MOOD_PAUSE_SECONDS[0], MOOD_PAUSE_SECONDS[1] + 1))
    return light


def _labels(
    actors: Sequence[ActorTrack],
    motions: Sequence[Ints],
    light: Floats,
    mood: int,
    items: NDArray[np.int64],
    fps: int,
) -> list[Label]:
    """Annotate every visible actor at every whole second but the first.

    What the past decides is annotated once the past has shown it, and only where the two seconds around do not.
    """
    labels: list[Label] = []
    for second in range(1, len(light) // fps):
        frame = second * fps
        around = slice(frame - fps, frame + fps)
        lit = bool(np.any(light[frame] != 1.0))
        white = bool(np.all(light[around] == 1.0))
        known = bool(np.any(light[:frame] != 1.0))
        for index, actor in enumerate(actors):
            if not actor.visible[frame]:
                continue
            actions = [FIRST_MOTION + int(motions[index][frame]), FIRST_COSTUME + actor.costume]
            if lit:
                actions.append(FIRST_LIGHT + mood)
            elif white and known and actor.arms[frame] == Arms.UP:
                actions.append(FIRST_MOOD + mood)
            prop = actor.prop[around]
            shown = bool(np.any(actor.visible[around] & (prop != NO_PROP) & (prop != CLOSED_BAG)))
            if actor.prop[frame] == CLOSED_BAG and not shown:
                actions.append(FIRST_ITEM + int(items[index]))
            elif actor.prop[frame] not in (NO_PROP, CLOSED_BAG):
                actions.append(FIRST_SHOW + int(items[index]))
            labels += [Label(second, index, action) for action in actions]
    return labels
