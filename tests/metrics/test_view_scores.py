"""Scores of videos from those of their views, against one video at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.metrics.accuracy import top_accuracy
from longvideo.metrics.view_scores import pool_views


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_pooling_is_that_of_each_video_by_itself(videos, classes, data):
    owner = np.array(data.draw(st.lists(st.integers(0, videos - 1), max_size=8)), np.int64)
    row = st.lists(st.floats(-50, 50, width=32), min_size=classes, max_size=classes)
    rows = data.draw(st.lists(row, min_size=len(owner), max_size=len(owner)))
    logits = np.array(rows, np.float32).reshape(-1, classes)
    for how in ("mean", "softmax", "max"):
        found = pool_views(logits, owner, videos, how)
        assert found.shape == (videos, classes) and found.dtype == np.float64
        for video in range(videos):
            views = logits[owner == video].astype(np.float64)
            if how == "softmax":
                views = np.exp(views) / np.exp(views).sum(1, keepdims=True)
            expected = np.full(classes, -np.inf)
            if len(views):
                expected = views.max(0) if how == "max" else sum(views) / len(views)
            assert np.allclose(found[video], expected, rtol=1e-9, atol=1e-12)


def test_averages_of_probabilities_and_of_logits_may_disagree():
    logits = np.array([[9.0, 0, 0], [0, 1, -9], [0, 1, -9]])
    assert pool_views(logits, np.zeros(3, int), 1, "mean").argmax() == 0
    logits = np.array([[2.0, 0, -9], [2.0, 0, -9], [0, 9, -9]])
    softmax = pool_views(logits, np.zeros(3, int), 1, "softmax")
    assert softmax.argmax() == 0 and pool_views(logits, np.zeros(3, int), 1, "mean").argmax() == 1
    assert softmax.sum() == pytest.approx(1)
    assert top_accuracy(softmax, np.array([0])) == {1: 1.0, 5: 1.0}


def test_a_diverged_model_is_one_line():
    with pytest.raises(UserError, match="found NaN"):
        pool_views(np.array([[np.nan]]), np.array([0]), 1, "max")
