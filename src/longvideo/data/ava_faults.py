"""What can be wrong with annotations in AVA's formats."""

from collections.abc import Collection, Iterator

import numpy as np

from longvideo.data.ava import AvaFrames, AvaLabels


def last_seconds(labels: AvaLabels) -> dict[str, float]:
    """Return the last annotated second of each video, by id."""
    last: dict[str, float] = {}
    for frames in (labels, labels.scored):
        seconds = np.full(len(frames.videos), -np.inf)
        np.maximum.at(seconds, frames.video, frames.second)
        for video, second in zip(frames.videos, seconds.tolist()):
            last[video] = max(second, last.get(video, second))
    return last


def label_faults(labels: AvaLabels, actions: Collection[int] | None, first: float, last: float) -> Iterator[str]:
    """Yield one line per kind of fault in the rows, with the first row that has it.

    Args:
        labels: The rows.
        actions: The ids of the label map, or None where it is not known.
        first: The first second that may be annotated.
        last: The last one.
    """
    x1, y1, x2, y2 = labels.box.T
    faults = {
        f"seconds {first:g} to {last:g}": (labels.second < first) | (labels.second > last),
        "boxes within 0 and 1": (labels.box < 0).any(1) | (labels.box > 1).any(1),
        "boxes with x1 < x2 and y1 < y2": (x1 >= x2) | (y1 >= y2),
    }
    if actions is not None:
        faults["action ids of the label map"] = ~np.isin(labels.label, sorted(actions))
    for expected, wrong in faults.items():
        if rows := np.flatnonzero(wrong).tolist():
            box = ",".join(f"{side:g}" for side in labels.box[rows[0]])
            row = f"{labels.videos[labels.video[rows[0]]]},{labels.second[rows[0]]:g},{box},{labels.label[rows[0]]}"
            yield f"expected {expected}, found {len(rows)} other rows, the first: {row}"


def frame_faults(frames: AvaFrames, first: float, last: float) -> Iterator[str]:
    """Yield a line if frames lie outside the seconds that may be annotated."""
    outside = frames.second[(frames.second < first) | (frames.second > last)]
    if len(outside):
        yield f"expected seconds {first:g} to {last:g}, found {len(outside)} others, the first: {outside[0]:g}"
