"""Boxes with their actions: what a model of spatio-temporal localisation is trained on.

A box has the actions of every annotated box that it overlaps enough. So annotated boxes have their own actions, and
detected boxes those of the person they show, or none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longvideo.data.ava import AvaLabels
from longvideo.files.boxes import Boxes, make_boxes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Keyframe:
    """The boxes of one annotated second; row i of every array speaks of the same box.

    Attributes:
        video: Video id.
        second: Time on the annotation's clock.
        boxes: [N, 4] x1, y1, x2, y2 in [0, 1].
        targets: [N, K] 1 where the box has the action.
        rows: [N] row of each box in a bank of features, -1 where there is none.
    """

    video: str
    second: float
    boxes: Floats
    targets: Floats
    rows: NDArray[np.int64]


def overlap(a: Floats, b: Floats) -> Floats:
    """Return intersection over union of every box of `a` [N, 4] with every box of `b` [M, 4]: [N, M]."""
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    opposite = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(opposite - corner, 0, None).prod(-1)
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b))
    union = area_a[:, None] + area_b[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-12), dtype=np.float32)


class Annotation:
    """The annotated boxes and actions of one split, by video and second.

    Args:
        labels: Rows of the official file; several rows of one box are its several actions.
        classes: Action ids, in the order of the columns of targets.
    """

    def __init__(self, labels: AvaLabels, classes: tuple[int, ...]) -> None:
        self._classes = len(classes)
        column = {action: index for index, action in enumerate(classes)}
        found: dict[tuple[str, float], dict[tuple[float, ...], Floats]] = {}
        for row in range(len(labels.label)):
            key = (labels.videos[labels.video[row]], float(labels.second[row]))
            box = tuple(float(value) for value in labels.box[row])
            targets = found.setdefault(key, {}).setdefault(box, np.zeros(self._classes, np.float32))
            if int(labels.label[row]) in column:
                targets[column[int(labels.label[row])]] = 1.0
        self._boxes = {
            key: (np.array(list(boxes), np.float32), np.stack(list(boxes.values()))) for key, boxes in found.items()
        }

    @property
    def keyframes(self) -> list[tuple[str, float]]:
        """All annotated seconds, ordered by video and time."""
        return sorted(self._boxes)

    def boxes(self, video: str, second: float) -> Floats:
        """Return the annotated boxes of one second, [N, 4]."""
        found = self._boxes.get((video, second))
        return np.zeros((0, 4), np.float32) if found is None else found[0]

    def listed(self) -> Boxes:
        """Return every annotated box once, with score 1, ordered by video and time."""
        found = [(video, second, box) for video, second in self.keyframes for box in self.boxes(video, second)]
        videos, seconds, boxes = ([row[column] for row in found] for column in range(3))
        return make_boxes(videos, seconds, boxes, np.ones(len(found)))

    def targets(self, video: str, second: float, boxes: Floats, min_iou: float) -> Floats:
        """Return the actions of `boxes` [N, 4]: those of all annotated boxes that overlap by at least `min_iou`.

        Source: thesis sec. 7.2.1, "Training": labels are assigned at an IoU of at least 0.9.
        """
        found = self._boxes.get((video, second))
        if found is None or len(boxes) == 0:
            return np.zeros((len(boxes), self._classes), np.float32)
        meets = overlap(boxes, found[0]) >= min_iou
        return np.asarray((meets[:, :, None] * found[1][None]).max(axis=1), dtype=np.float32)


def keyframes(
    annotation: Annotation, video: NDArray[Any], second: NDArray[np.float64], boxes: Floats, min_iou: float
) -> list[Keyframe]:
    """Group candidate boxes by video and second and give them their actions; seconds without annotation are left out.

    Args:
        annotation: Of the split.
        video: [N] video ids of the candidates.
        second: [N] times of the candidates.
        boxes: [N, 4].
        min_iou: Overlap at which a candidate takes the actions of an annotated box.
    """
    rows: dict[tuple[str, float], list[int]] = {}
    for row, key in enumerate(zip(video.tolist(), second.tolist(), strict=True)):
        rows.setdefault(key, []).append(row)
    result = []
    for name, time_s in annotation.keyframes:
        chosen = np.array(rows.get((name, time_s), []), np.int64)
        if len(chosen) == 0:
            continue
        there = boxes[chosen]
        result.append(Keyframe(name, time_s, there, annotation.targets(name, time_s, there, min_iou), chosen))
    return result
