"""Average precision of a person detector: boxes alone, whatever the people do."""

from dataclasses import dataclass

import numpy as np

from longvideo.errors import UserError
from longvideo.metrics.ava_match import true_positives
from longvideo.metrics.ava_rows import Detections, GroundTruth, number_frames
from longvideo.metrics.average_precision import average_precision


@dataclass(frozen=True)
class BoxScore:
    """What a detector scored.

    Attributes:
        ap: Average precision over all points, a fraction.
        recall: Fraction of the people that any detection finds.
        people: Annotated boxes.
        detections: Detections in annotated frames.
        frames: Annotated frames.
    """

    ap: float
    recall: float
    people: int
    detections: int
    frames: int


def box_score(truth: GroundTruth, detections: Detections, min_iou: float = 0.5) -> BoxScore:
    """Score detections of people; a box with several actions is one person, and actions are not looked at.

    Only annotated frames count: a detector looks at every second, annotators at some of them.

    Args:
        truth: Annotated boxes, and frames known to have none.
        detections: Boxes and scores.
        min_iou: Intersection over union from which a person is found.

    Raises:
        UserError: Nobody is annotated.
    """
    (truth_frame, found_frame, empty_frame), _ = number_frames([truth, detections, truth.scored])
    people = np.unique(np.column_stack([truth_frame, truth.box]), axis=0)
    if not len(people):
        raise UserError("expected annotated people to find, found none: is it the labels file of this split?")
    frames = np.union1d(people[:, 0].astype(np.int64), empty_frame)
    x1, y1, x2, y2 = detections.box.T
    rows = np.flatnonzero(np.isin(found_frame, frames) & (x1 < x2) & (y1 < y2))
    score = detections.score[rows]
    hit = true_positives(
        found_frame[rows], detections.box[rows], -score, people[:, 0].astype(np.int64), people[:, 1:], min_iou
    )
    ap = average_precision(score, hit, len(people))
    return BoxScore(ap, float(hit.sum() / len(people)), len(people), len(rows), len(frames))
