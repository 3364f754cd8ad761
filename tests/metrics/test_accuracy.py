import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.metrics.accuracy import top_accuracy


@given(st.integers(1, 7), st.integers(1, 6), st.randoms(use_true_random=False))
def test_equals_sorting_each_video(videos, classes, random):
    """Few distinct scores: ties are the rule."""
    scores = np.array([[random.choice([-np.inf, 0.0, 0.5, 1.0]) for _ in range(classes)] for _ in range(videos)])
    labels = np.array([random.randrange(classes) for _ in range(videos)])
    found = top_accuracy(scores, labels, (1, 2, 5))
    for k, value in found.items():
        best = [sorted(range(classes), key=lambda label: -row[label])[:k] for row in scores]
        assert value == sum(label in top for label, top in zip(labels, best)) / videos
    assert found[1] == np.mean(scores.argmax(1) == labels)


def test_the_usual_ranks_and_fractions():
    scores = np.array([[0.1, 0.9, 0, 0, 0, 0, 0], [7, 6, 5, 4, 3, 2, 1], [0, 0, 0, 0, 0, 0, 1]])
    assert top_accuracy(scores, np.array([1, 4, 5])) == {1: pytest.approx(1 / 3), 5: pytest.approx(2 / 3)}


def test_wrong_calls_are_user_errors():
    scores = np.zeros((2, 3))
    with pytest.raises(UserError, match="found NaN"):
        top_accuracy(scores * np.nan, np.array([0, 1]))
    with pytest.raises(UserError, match="expected labels from 0 to 2, found 0 to 3"):
        top_accuracy(scores, np.array([0, 3]))
    with pytest.raises(UserError, match="expected labels from 0 to 2, found -1 to 0"):
        top_accuracy(scores, np.array([0, -1]))
    with pytest.raises(UserError, match="expected scores of videos, found none"):
        top_accuracy(np.zeros((0, 3)), np.array([], int))
