"""Which detections are true positives: each detection against the ground truth of its own frame and action.

All of a file at once: pairs of one frame and one action are the runs of a sorted group number, and a detection's pairs
are a run of their own, so that no loop runs over frames.
"""

import numpy as np
from numpy.typing import NDArray

PAIRS_AT_ONCE = 1 << 20

Indices = NDArray[np.intp]
Floats = NDArray[np.floating]


def best_rows(frame: NDArray[np.integer], score: Floats, tie_keys: list[NDArray], cap: int) -> Indices:
    """Choose at most `cap` rows of each frame, those of highest score, in file order.

    Rows of equal score at the limit are chosen as a bounded heap does that is filled in file order and gives up its
    smallest (score, *tie_keys): of those among the first `cap` rows of at least that score, the largest by `tie_keys`.

    Args:
        frame: [N] frame number of each row, from 0.
        score: [N] score of each row.
        tie_keys: Arrays [N] by which rows of equal score are ordered, the first one counting most.
        cap: Rows that a frame may keep.

    Returns:
        [M] indices of the chosen rows, increasing.
    """
    crowded = (np.bincount(frame) > cap)[frame]
    rows = np.flatnonzero(crowded)
    order = rows[np.lexsort((-score[rows], frame[rows]))]
    limit = score[order[_rank(frame[order]) == cap - 1]]
    limit_of_frame = np.zeros(int(frame.max(initial=-1)) + 1)
    limit_of_frame[frame[order[_rank(frame[order]) == cap - 1]]] = limit
    at_least = rows[score[rows] >= limit_of_frame[frame[rows]]]
    at_least = at_least[np.argsort(frame[at_least], kind="stable")]
    early = _rank(frame[at_least]) < cap
    above = score[at_least] > limit_of_frame[frame[at_least]]
    candidates = at_least[early | above]
    keys = [-key[candidates] for key in reversed(tie_keys)]
    ranked = candidates[np.lexsort((*keys, -score[candidates], frame[candidates]))]
    kept = ~crowded
    kept[ranked[_rank(frame[ranked]) < cap]] = True
    return np.flatnonzero(kept)


def true_positives(
    group: NDArray[np.int64],
    box: Floats,
    order: Floats,
    truth_group: NDArray[np.int64],
    truth_box: Floats,
    min_iou: float,
) -> NDArray[np.bool_]:
    """Say which detections find a ground-truth box that no earlier one has found.

    A detection looks only at the box of its group that it overlaps most, the first one where several do equally; if
    an earlier detection has that box, it is a false positive and gets no second choice.

    Args:
        group: [N] frame and action of each detection, as one number.
        box: [N, 4] x1, y1, x2, y2 with x1 < x2 and y1 < y2.
        order: [N] detections with smaller values come earlier; file order decides between equal ones.
        truth_group: [M] frame and action of each ground-truth box; the order of the boxes of a group counts.
        truth_box: [M, 4] boxes; one that is not x1 < x2 and y1 < y2 is never found.
        min_iou: Intersection over union from which a box is found.
    """
    by_group = np.argsort(truth_group, kind="stable")
    groups, starts, counts = np.unique(truth_group[by_group], return_index=True, return_counts=True)
    slot = np.searchsorted(groups, group)
    slot[slot == len(groups)] = 0
    paired = np.flatnonzero(groups[slot] == group) if len(groups) else np.empty(0, np.intp)
    slot = slot[paired]
    found = np.empty(len(paired), np.intp)
    overlap = np.empty(len(paired))
    ends = np.cumsum(counts[slot])
    done = 0
    while done < len(paired):
        stop = max(done + 1, int(np.searchsorted(ends, (ends[done - 1] if done else 0) + PAIRS_AT_ONCE, "right")))
        part = slice(done, stop)
        found[part], overlap[part] = _best_overlaps(
            box[paired[part]], truth_box, by_group, starts[slot[part]], counts[slot[part]]
        )
        done = stop
    hits = np.flatnonzero(overlap >= min_iou)
    hits = hits[np.lexsort((order[paired[hits]], found[hits]))]
    result = np.zeros(len(group), bool)
    result[paired[hits[_rank(found[hits]) == 0]]] = True
    return result


def _best_overlaps(
    box: Floats, truth_box: Floats, by_group: Indices, starts: Indices, counts: Indices
) -> tuple[Indices, Floats]:
    """Return the ground-truth box that each detection overlaps most, and that overlap.

    Args:
        box: [N, 4] detections.
        truth_box: [M, 4] ground truth.
        by_group: [M] indices into `truth_box`, sorted by group.
        starts: [N] where the group of each detection starts in `by_group`.
        counts: [N] how many boxes that group has, at least 1.
    """
    first_pair = np.cumsum(counts) - counts
    detection = np.repeat(np.arange(len(box)), counts)
    truth = by_group[np.arange(len(detection)) - np.repeat(first_pair - starts, counts)]
    iou = _iou(box[detection], truth_box[truth])
    best = np.maximum.reduceat(iou, first_pair)
    is_best = np.flatnonzero(iou == best[detection])
    first_best = is_best[_rank(detection[is_best]) == 0]
    return truth[first_best], best


def _iou(a: Floats, b: Floats) -> Floats:
    """Return the intersection over union of boxes [P, 4] and [P, 4], pair by pair."""
    ax1, ay1, ax2, ay2 = a.T
    bx1, by1, bx2, by2 = b.T
    width = np.maximum(0.0, np.minimum(ax2, bx2) - np.maximum(ax1, bx1))
    height = np.maximum(0.0, np.minimum(ay2, by2) - np.maximum(ay1, by1))
    shared = height * width
    union = (ay2 - ay1) * (ax2 - ax1) + (by2 - by1) * (bx2 - bx1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)


def _rank(run: NDArray[np.integer]) -> Indices:
    """Count from 0 within each run of equal values."""
    new = np.ones(len(run), bool)
    new[1:] = run[1:] != run[:-1]
    starts = np.flatnonzero(new)
    return np.arange(len(run)) - np.repeat(starts, np.diff(starts, append=len(run)))
