"""What is shown of scores of whole pictures: one line for a video that has one action, lines over time otherwise."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from longvideo.commands._own_video import Found
from longvideo.files.predictions import Predictions
from longvideo.video.annotate import Scene, captions

Numbers = NDArray[np.float64]

MIN_SCORE, TOP = 0.5, 5
"""What is shown of a moment besides its best action, unless the user says otherwise."""
WHOLE = np.array([[0.0, 0.0, 1.0, 1.0]])


def one_action(scores: Predictions, chances: Numbers, min_score: float | None, top: int | None) -> Found:
    """Show the likeliest actions all over the video.

    Args:
        scores: For the table.
        chances: [K] probabilities of the classes.
        min_score: What the classes after the best one need; None for 0.
        top: At most so many classes; None for the usual.
    """
    (line,) = captions(chances[None], class_names(scores), min_score or 0.0, top or TOP)
    return Found(scores, np.zeros(1), [Scene(WHOLE, [line])], line, [])


def over_time(scores: Predictions, logits: Numbers, whole: Numbers, min_score: float | None, top: int | None) -> Found:
    """Show the actions of each moment, and print those of the whole video before them.

    Args:
        scores: For the table; rows of one time are one moment.
        logits: [N, K], one row per row of `scores`; those of a moment are averaged.
        whole: [K] logits of the whole video.
        min_score: What the classes of a moment after the best one need; None for the usual.
        top: At most so many classes at once; None for the usual.
    """
    names, top = class_names(scores), top or TOP
    seconds = np.unique(scores.time_s)  # in a short video, one frame is in the middle of several segments
    moments = np.stack([logits[scores.time_s == second].mean(axis=0) for second in seconds])
    lines = captions(expit(moments), names, MIN_SCORE if min_score is None else min_score, top)
    (first,) = captions(expit(whole[None]), names, 0.0, top)
    told = [f"{second:.1f} s: {', '.join(line)}" for second, line in zip(seconds, lines)]
    return Found(scores, seconds, [Scene(WHOLE, [line]) for line in lines], [*first, *told], [])


def class_names(scores: Predictions) -> tuple[str, ...]:
    """Return the names of the classes; of an old checkpoint, which has none, their numbers."""
    return scores.names or tuple(f"action {action}" for action in scores.classes)
