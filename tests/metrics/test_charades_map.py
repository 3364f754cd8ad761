"""Charades' mAP against the published numbers of a golden case, and against counting one video at a time."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.commands._score_charades import POLICIES as OFFERED
from longvideo.data.charades import class_names, read_annotations
from longvideo.data.charades_submission import read_submission
from longvideo.errors import UserError
from longvideo.metrics.charades_map import POLICIES, video_map


def in_file_order(scores, shown):
    """Walk down the videos, equal scores in the order of the file, and average the precision at each that shows it."""
    found, precisions = 0, []
    for place, video in enumerate(sorted(range(len(scores)), key=lambda video: -scores[video]), start=1):
        if shown[video]:
            found += 1
            precisions.append(found / place)
    return sum(precisions) / len(precisions) if precisions else None


def at_thresholds(scores, shown):
    """Average, over the videos that show it, the precision of all videos that score as high or higher."""
    precisions = []
    for threshold in (score for score, there in zip(scores, shown) if there):
        above = [there for score, there in zip(scores, shown) if score >= threshold]
        precisions.append(sum(above) / len(above))
    return sum(precisions) / len(precisions) if precisions else None


def slow_average_precisions(scores, actions, policy):
    rows = [(list(row), list(there)) for row, there in zip(scores.tolist(), actions.tolist())]
    if policy == "official":
        rows = [(row if any(there) else [-np.inf] * len(row), there) for row, there in rows]
    else:
        rows = [(row, there) for row, there in rows if any(there)]
    average = in_file_order if policy == "official" else at_thresholds
    columns = range(scores.shape[1])
    return [average([row[k] for row, _ in rows], [there[k] for _, there in rows]) for k in columns]


@st.composite
def cases(draw, distinct=False):
    """Few videos, classes and scores, so that ties, videos without actions and classes without videos are the rule."""
    videos, classes = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    values = st.sampled_from([-np.inf, -1e300, -1.5, 0.0, 0.25, 3.0, np.inf])
    column = st.permutations(range(videos)) if distinct else st.lists(values, min_size=videos, max_size=videos)
    scores = np.array([draw(column) for _ in range(classes)], float).T
    flags = st.lists(st.booleans(), min_size=videos * classes, max_size=videos * classes)
    actions = np.array(draw(flags.filter(any))).reshape(videos, classes)
    return scores, actions


@settings(max_examples=300)
@given(cases(), st.sampled_from(POLICIES))
def test_equals_one_video_at_a_time(case, policy):
    scores, actions = case
    result = video_map(scores, actions, policy)
    expected = slow_average_precisions(scores, actions, policy)
    assert list(result.ap) == [None if value is None else pytest.approx(value, abs=1e-12) for value in expected]
    counts = actions.sum(0).tolist()
    known = [(value, count) for value, count in zip(expected, counts) if value is not None]
    assert result.map == pytest.approx(sum(value for value, _ in known) / len(known), abs=1e-12)
    assert result.wap == pytest.approx(sum(value * count for value, count in known) / sum(counts), abs=1e-12)
    assert result.positives == tuple(counts) and result.videos == actions.any(1).sum()


@given(cases(distinct=True), st.randoms(use_true_random=False))
def test_without_ties_the_policies_agree_and_the_order_of_videos_does_not_matter(case, random):
    scores, actions = case
    order = random.sample(range(len(scores)), len(scores))
    results = [video_map(scores, actions, policy) for policy in POLICIES]
    results += [video_map(scores[order], actions[order], policy) for policy in POLICIES]
    for result in results[1:]:
        assert result.map == pytest.approx(results[0].map) and result.wap == pytest.approx(results[0].wap)


@given(cases(), st.sampled_from(POLICIES))
def test_only_the_order_of_scores_within_a_class_counts(case, policy):
    scores, actions = case
    values = sorted(set(scores.flat))
    scale = np.arange(1, scores.shape[1] + 1)
    # Minus infinity stays: it is what videos without actions or prediction score.
    other = np.where(np.isneginf(scores), scores, np.searchsorted(values, scores) * scale - 100.0 * scale)
    assert video_map(other, actions, policy) == video_map(scores, actions, policy)


def test_ties_by_hand():
    # Two of four equal scores are right: those that come first, or those that come last in the file.
    scores = np.zeros((4, 1))
    first, last = np.array([[1], [1], [0], [0]], bool), np.array([[0], [0], [1], [1]], bool)
    # A second class keeps all four videos from being without actions.
    both = [(np.hstack([scores, scores]), np.hstack([shown, ~shown])) for shown in (first, last)]
    assert [video_map(*case).ap[0] for case in both] == [1.0, pytest.approx((1 / 3 + 2 / 4) / 2)]
    assert [video_map(*case, "nonempty").ap[0] for case in both] == [0.5, 0.5]


def test_a_video_without_prediction_comes_last():
    scores = np.array([[-np.inf], [-1e9], [2.0], [5.0]])
    actions = np.array([[1], [0], [1], [0]], bool)
    # Official: the videos without actions fall behind, but not behind a missing one that comes before them in the file.
    assert video_map(scores, actions).map == 1.0
    assert video_map(scores[::-1], actions[::-1]).map == pytest.approx((1 + 2 / 4) / 2)


def test_wrong_calls_are_user_errors():
    scores, actions = np.zeros((2, 1)), np.array([[True], [False]])
    with pytest.raises(UserError, match="expected a policy among official, nonempty, found 'none'"):
        video_map(scores, actions, "none")
    with pytest.raises(UserError, match="expected a number as every score, found NaN"):
        video_map(scores * np.nan, actions)
    with pytest.raises(UserError, match="expected videos with actions, found none"):
        video_map(scores, ~actions & actions)


@pytest.mark.skipif("LONGVIDEO_GOLDEN" not in os.environ, reason="LONGVIDEO_GOLDEN does not name the golden cases")
def test_equals_the_golden_case():
    folder = Path(os.environ["LONGVIDEO_GOLDEN"]) / "charades"
    labels = read_annotations(folder / "Charades_v1_test.csv", class_names())
    scores = read_submission(folder / "submission_noties.txt", 157).of(labels.videos)
    actions = labels.video_targets()
    for policy in POLICIES:
        result = video_map(scores, actions, policy)
        assert (result.map, result.wap) == (pytest.approx(0.436120, abs=5e-7), pytest.approx(0.539336, abs=5e-7))
    # What scikit-learn gives over all videos: those without actions are then negatives like others.
    everywhere = [at_thresholds(scores[:, k], actions[:, k]) for k in range(157)]
    known = [(value, count) for value, count in zip(everywhere, actions.sum(0)) if value is not None]
    assert np.mean([value for value, _ in known]) == pytest.approx(0.430820, abs=5e-7)
    assert sum(value * count for value, count in known) / actions.sum() == pytest.approx(0.531443, abs=5e-7)


def test_the_command_offers_every_policy():
    assert POLICIES == OFFERED
