"""Accuracy of whole videos that have one label each."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError


def top_accuracy(
    scores: NDArray[np.floating], labels: NDArray[np.integer], ranks: Iterable[int] = (1, 5)
) -> dict[int, float]:
    """Return the fraction of videos whose label is among the k classes of the highest scores, for each k.

    Of classes with equal scores, those of lower index rank higher, so that the result follows from the scores alone.

    Args:
        scores: [V, K].
        labels: [V] class index of each video.
        ranks: The k, at least 1; with k from K on, every video is right.

    Raises:
        UserError: A score is NaN, a label is no class, or there are no videos.

    Source: thesis sec. 4.2, Table 4.1 (top-1 accuracy).
    """
    if not len(scores):
        raise UserError("expected scores of videos, found none")
    if np.isnan(scores).any():
        raise UserError("expected a number as every score, found NaN: did the training diverge?")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise UserError(f"expected labels from 0 to {scores.shape[1] - 1}, found {labels.min()} to {labels.max()}")
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    earlier = np.arange(scores.shape[1]) < labels[:, None]
    better = ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
    return {k: float((better < k).mean()) for k in ranks}
