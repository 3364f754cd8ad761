"""Charades' video-level mean average precision (mAP), and the one weighted by the size of each class (wAP).

Published numbers follow two policies for videos without any action:

    official   such a video scores minus infinity for every class, and so comes after every video that has a score.
               Equal scores keep the order of the ground truth file (the evaluator sorts stably).
    nonempty   only videos with an action are looked at; equal scores share one threshold. The releases of LFB and
               SlowFast score so, with scikit-learn's average precision.

Under both, a video without a prediction scores minus infinity. They agree where no two scores of a class are equal. A
class without any positive has no average precision and is left out of both means (the official evaluator, made for a
file in which every class occurs, divides by zero there).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError

POLICIES = ("official", "nonempty")


@dataclass(frozen=True)
class VideoMap:
    """What the scores of all videos are worth.

    Attributes:
        map: Mean of the average precisions, a fraction.
        wap: Mean of the average precisions, weighted by the positives of each class.
        ap: Average precision of each class; None for a class without positives.
        positives: How many videos show each class.
        videos: How many videos have an action.
    """

    map: float
    wap: float
    ap: tuple[float | None, ...]
    positives: tuple[int, ...]
    videos: int


def video_map(scores: NDArray[np.floating], actions: NDArray[np.bool_], policy: str = "official") -> VideoMap:
    """Score videos against the actions that they show.

    Args:
        scores: [V, K] score of each class in each video, in the order of the ground truth file; minus infinity in the
            whole row of a video without a prediction.
        actions: [V, K] whether a video shows a class, anywhere in time.
        policy: "official" or "nonempty".

    Raises:
        UserError: The policy is unknown, a score is NaN, or no video has an action.

    Source: thesis sec. 4.2, "Datasets and Protocol" (mAP and wAP); the data set's evaluation script for their meaning.
    """
    if policy not in POLICIES:
        raise UserError(f"expected a policy among {', '.join(POLICIES)}, found {policy!r}")
    if np.isnan(scores).any():
        raise UserError("expected a number as every score, found NaN: did the training diverge?")
    acted = np.asarray(actions.any(axis=1))
    positives = actions.sum(axis=0)
    if not acted.any():
        raise UserError("expected videos with actions, found none: is it the annotation file of this split?")
    if policy == "official":
        ap = _average_precisions(np.where(acted[:, None], scores, -np.inf), actions)
    else:
        ap = _average_precisions(scores[acted], actions[acted], share_ties=True)
    known = positives > 0
    return VideoMap(
        map=float(ap[known].mean()),
        wap=float(ap @ positives / positives.sum()),
        ap=tuple(float(value) if there else None for value, there in zip(ap, known)),
        positives=tuple(positives.tolist()),
        videos=int(acted.sum()),
    )


def _average_precisions(
    scores: NDArray[np.floating], actions: NDArray[np.bool_], share_ties: bool = False
) -> NDArray[np.float64]:
    """Return the mean, over the positives of each class, of the precision at their place: [K], 0 without positives."""
    places = np.arange(1, len(scores) + 1)[:, None]
    order = np.argsort(-scores, axis=0, kind="stable")
    hit = np.take_along_axis(actions, order, axis=0)
    precision = np.cumsum(hit, axis=0) / places
    if share_ties:
        # The place of a video is that of the last one with its score.
        falling = np.take_along_axis(scores, order, axis=0)
        is_last = np.vstack([falling[1:] != falling[:-1], np.ones_like(hit[:1])])
        last = np.where(is_last, places - 1, len(scores))
        precision = np.take_along_axis(precision, np.minimum.accumulate(last[::-1], axis=0)[::-1], axis=0)
    return np.asarray((precision * hit).sum(axis=0) / np.maximum(hit.sum(axis=0), 1))
