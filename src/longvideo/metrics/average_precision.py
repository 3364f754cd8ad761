"""Average precision as in PASCAL VOC over all points."""

import numpy as np
from numpy.typing import NDArray


def average_precision(score: NDArray[np.floating], hit: NDArray[np.bool_], positives: int) -> float:
    """Return the area under the curve of the best precision at each recall or above it.

    Equal scores share one threshold, so that the result does not depend on the order of rows.

    Args:
        score: [N] scores of the detections; none may be NaN.
        hit: [N] whether a detection is a true positive.
        positives: How many there are to find, at least 1.
    """
    order = np.argsort(-score)
    falling = score[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))
    found = np.cumsum(hit[order])[last]
    precision = np.maximum.accumulate((found / (last + 1))[::-1])[::-1]
    return float(np.sum(np.diff(found, prepend=0) / positives * precision))


def average_precisions(
    kind: NDArray[np.integer], score: NDArray[np.floating], hit: NDArray[np.bool_], positives: NDArray[np.integer]
) -> list[float | None]:
    """Return the average precision of each kind, or None where there is nothing to find.

    Args:
        kind: [N] kind of each detection, from 0.
        score: [N] scores; none may be NaN.
        hit: [N] whether a detection is a true positive.
        positives: [K] how many there are to find of each kind.
    """
    by_kind = np.argsort(kind, kind="stable")
    ends = np.cumsum(np.bincount(kind, minlength=len(positives)))
    return [
        average_precision(score[rows], hit[rows], count) if count else None
        for rows, count in zip(np.split(by_kind, ends[:-1]), positives.tolist())
    ]
