"""Predictions in the format of Charades' evaluator: a line per video, its id and one score per class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longvideo.data.lines import numbered_lines, parse_number
from longvideo.errors import UserError
from longvideo.files.atomic import write_text

MAX_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Submission:
    """Scores of videos.

    Attributes:
        videos: The distinct video ids.
        scores: float64 [V, K], -inf and inf included.
        repeated: Ids that had several lines, of which the last one counts.
    """

    videos: tuple[str, ...]
    scores: NDArray[np.float64]
    repeated: tuple[str, ...] = ()

    def of(self, videos: Sequence[str]) -> NDArray[np.float64]:
        """Return the scores of `videos`, [len(videos), K]; minus infinity for those that are not there."""
        row = {video: number for number, video in enumerate(self.videos)}
        below = np.vstack([self.scores, np.full((1, self.scores.shape[1]), -np.inf)])
        return below[[row.get(video, -1) for video in videos]]


def read_submission(path: Path, classes: int) -> Submission:
    """Read a submission; blank lines are skipped, and of several lines of a video the last one counts.

    Args:
        path: Text file.
        classes: K, how many scores each line has.

    Raises:
        UserError: The file is missing, empty or malformed, or a score is no number or NaN; names the line.
    """
    found: dict[str, NDArray[np.float64]] = {}
    repeated: dict[str, None] = {}
    for number, line in numbered_lines(path, "submission", MAX_BYTES):
        words = line.split()
        if not words:
            continue
        video, *texts = words
        if len(texts) != classes:
            raise UserError(
                f"{path}: line {number}: expected a video id and {classes} scores, found {len(texts)} scores"
            )
        if video in found:
            repeated[video] = None
        try:
            found[video] = np.array([parse_number(text) for text in texts])
        except ValueError as error:
            raise UserError(f"{path}: line {number}: {error}") from None
    if not found:
        raise UserError(f"{path}: line 1: expected a video id and {classes} scores on each line, found an empty file")
    return Submission(tuple(found), np.stack(list(found.values())), tuple(repeated))


def write_submission(path: Path, videos: Sequence[str], scores: NDArray[np.floating]) -> None:
    """Write a submission, whole or not at all. Numbers keep their full precision: rounding would make ties.

    Args:
        path: Where to.
        videos: V video ids, without spaces.
        scores: [V, K].
    """
    spaced = [video for video in videos if video.split() != [video]]
    if spaced:
        raise UserError(f"expected video ids without spaces, found {spaced[0]!r}: this format has no way to write it")
    lines = (" ".join([video, *map(repr, row)]) for video, row in zip(videos, scores.tolist(), strict=True))
    write_text(path, "".join(f"{line}\n" for line in lines))
