"""From the scores of single views, clips and crops of a video, to those of the whole video."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from longvideo.errors import UserError

Pooling = Literal["mean", "softmax", "max"]


def pool_views(
    logits: NDArray[np.floating], video: NDArray[np.integer], videos: int, how: Pooling
) -> NDArray[np.float64]:
    """Return the score of each class for each video, [V, K].

    Args:
        logits: [N, K], one row per view.
        video: [N] index of the video that each view is of, in any order.
        videos: V, number of videos.
        how: "mean" of the logits; mean of their "softmax" over the classes; or "max" of the logits, for labels of which
            a video has several (a sigmoid would change no rank).

    Returns:
        float64 [V, K]; minus infinity for a video without any view.

    Raises:
        UserError: A score is NaN.

    Source: thesis sec. 6.2, "combine the predictions with average pooling"; paper (CM) sec. 4.1, "softmax scores of all
        30 clips are averaged"; on Charades the maximum, LFB release.
    """
    if np.isnan(logits).any():
        raise UserError("expected a number as every score, found NaN: did the training diverge?")
    scores = np.asarray(logits, np.float64)
    pooled = np.full((videos, scores.shape[1]), -np.inf)
    if how == "max":
        np.maximum.at(pooled, video, scores)
        return pooled
    counts = np.bincount(video, minlength=videos)
    total = np.zeros_like(pooled)
    np.add.at(total, video, softmax(scores, axis=1) if how == "softmax" else scores)
    there = counts > 0
    pooled[there] = total[there] / counts[there, None]
    return pooled
