"""AVA's frame mAP under the four protocols that published numbers were measured with.

The protocols agree on the matching (see `ava_match`) and on the average precision, which is that of PASCAL VOC over
all points. They differ in which rows they look at (see `ava_rows`). Equal scores share one threshold here, so that the
result does not depend on the order of rows of equal score; the published evaluators leave that to an unstable sort.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from longvideo.errors import UserError
from longvideo.metrics.ava_match import true_positives
from longvideo.metrics.ava_rows import (
    PROTOCOLS,
    Detections,
    Frames,
    GroundTruth,
    detection_rows,
    number_frames,
    truth_rows,
)
from longvideo.metrics.average_precision import average_precisions

MIN_IOU = 0.5


@dataclass(frozen=True)
class FrameMap:
    """What one file of detections scored.

    Attributes:
        map: Mean of the average precisions, a fraction.
        ap: Average precision per action id; None for an action without ground truth, which the mean leaves out.
        ground_truth_boxes: Ground-truth rows that counted.
        detections: Detection rows that counted.
        frames: Frames that these rows lie in.
    """

    map: float
    ap: dict[int, float | None]
    ground_truth_boxes: int
    detections: int
    frames: int


def frame_map(
    ground_truth: GroundTruth,
    detections: Detections,
    labels: Iterable[int],
    excluded: Frames | None = None,
    protocol: str = "2019",
    min_iou: float = MIN_IOU,
) -> FrameMap:
    """Score detections against ground truth.

    Args:
        ground_truth: Boxes and actions of the annotated frames.
        detections: Boxes, actions and scores.
        labels: The action ids that count; rows of others are dropped on both sides.
        excluded: Frames that are left out, where the protocol looks at them.
        protocol: "2018", "2019", "2020" or "lfb".
        min_iou: Intersection over union from which a ground-truth box is found.

    Raises:
        UserError: The protocol is unknown, a score is NaN, or no ground-truth box has an action that counts.
    """
    if protocol not in PROTOCOLS:
        raise UserError(f"expected an AVA protocol among {', '.join(PROTOCOLS)}, found {protocol!r}")
    if np.isnan(detections.score).any():
        raise UserError("expected a number as every detection's score, found NaN: did the training diverge?")
    rules = PROTOCOLS[protocol]
    actions = np.unique(np.fromiter(labels, np.int64))
    if not len(actions):
        raise UserError("expected at least one action id that counts, found none")
    left_out = [excluded] if excluded is not None and rules.exclusions else []
    frames, frame_count = number_frames([ground_truth, detections, ground_truth.scored, *left_out])
    truth_frame, frame, empty_frame = frames[:3]
    counts = np.full(frame_count, not rules.listed_frames)
    if rules.listed_frames:
        counts[truth_frame] = counts[empty_frame] = True
    for excluded_frame in frames[3:]:
        counts[excluded_frame] = False

    truth = truth_rows(ground_truth, actions, counts[truth_frame], rules)
    chosen = detection_rows(detections, actions, frame, counts[frame], rules)
    score = detections.score[chosen.row]
    hit = true_positives(
        frame[chosen.row] * len(actions) + chosen.action,
        detections.box[chosen.row],
        -score if rules.by_score else np.zeros(len(score)),
        truth_frame[truth.row] * len(actions) + truth.action,
        ground_truth.box[truth.row],
        min_iou,
    )
    ap = average_precisions(chosen.action, score, hit, np.bincount(truth.action, minlength=len(actions)))
    known = [value for value in ap if value is not None]
    if not known:
        raise UserError("expected ground-truth boxes of actions in the label map, found none: is it the right map?")
    return FrameMap(
        map=float(np.mean(known)),
        ap=dict(zip(actions.tolist(), ap)),
        ground_truth_boxes=len(truth.row),
        detections=len(chosen.row),
        frames=len(np.union1d(truth_frame[truth.row], frame[chosen.row])),
    )


def group_map(ap: Mapping[int, float | None], groups: Mapping[int, str]) -> dict[str, float | None]:
    """Return the mean average precision of each group of actions; None where no action has ground truth.

    Args:
        ap: Average precision per action id, or None.
        groups: The group of each action id; "" for an action that is in none.
    """
    members: dict[str, list[float]] = {name: [] for name in groups.values() if name}
    for action, value in ap.items():
        if value is not None and groups.get(action):
            members[groups[action]].append(value)
    return {name: float(np.mean(values)) if values else None for name, values in members.items()}
