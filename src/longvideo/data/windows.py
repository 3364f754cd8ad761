"""Windows of a long-term feature bank: what a clip gets to see of its video's past and future."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.files.bank import Bank

Features = NDArray[np.float16]


@dataclass(frozen=True)
class _Timeline:
    first: int
    features: Features  # [S, K, C]
    valid: NDArray[np.bool_]  # [S, K]


class WindowValues(Protocol):
    """What windows look like; `longvideo.specs.experiment.BankSpec` has them."""

    @property
    def window_s(self) -> float: ...  # noqa: D102 - the arguments of Windows
    @property
    def slots_per_s(self) -> int: ...  # noqa: D102
    @property
    def min_score(self) -> float: ...  # noqa: D102
    @property
    def causal(self) -> bool: ...  # noqa: D102
    @property
    def shuffle_videos(self) -> bool: ...  # noqa: D102


class Windows:
    """Cuts windows of a fixed number of slots out of a bank.

    Args:
        bank: Features [N, C] of one split; annotated boxes are left out, so no label leaks into it.
        window_s: Seconds in a window: [t - w/2, t + w/2), or (t - w, t] if `causal`.
        slots_per_s: K; of more boxes a random choice, of fewer the slots stay empty.
        min_score: Detection score from which a box is in the bank.
        causal: See only the past and the present.
        shuffle_videos: Control: give each video the bank of another one.
        seed: What the choice of boxes and of other videos follows from.

    Raises:
        UserError: The window is not whole seconds, the bank is not of one feature per box, or there is no other video.

    Source: thesis sec. 7.1.3, "Batch vs. Casual", and 7.2.1, "Training" (padding). The release draws the choice of
        boxes anew each time; here it is drawn once per run, so that a test can be repeated.
    """

    def __init__(
        self,
        bank: Bank,
        window_s: float,
        slots_per_s: int,
        min_score: float,
        causal: bool = False,
        shuffle_videos: bool = False,
        seed: int = 0,
    ) -> None:
        if bank.features.ndim != 2:
            raise UserError(f"expected a bank with one feature per box, found shape {bank.features.shape}")
        if window_s < 1 or window_s != round(window_s):
            raise UserError(f"expected bank.window_s as whole seconds, found {window_s:g}")
        self._length = round(window_s)
        self._slots = slots_per_s
        self._channels = bank.features.shape[1]
        self._causal = causal
        rng = np.random.default_rng([seed, 1])
        chosen = np.flatnonzero(~bank.annotated & (bank.score >= min_score))
        rows: dict[str, dict[int, list[int]]] = {}
        for row in chosen.tolist():
            rows.setdefault(bank.video[row], {}).setdefault(round(float(bank.time_s[row])), []).append(row)
        self._timelines = {video: self._timeline(bank, seconds, rng) for video, seconds in sorted(rows.items())}
        names = sorted(set(bank.video.tolist()))
        if shuffle_videos and len(names) == 1:
            raise UserError(f"expected at least two videos with bank.shuffle_videos, found {names[0]} alone")
        self._source = dict(zip(names, _exchange(names, rng) if shuffle_videos else names, strict=True))

    @classmethod
    def of(cls, bank: Bank, values: WindowValues, seed: int) -> "Windows":
        """Cut the windows that a spec asks for."""
        return cls(
            bank, values.window_s, values.slots_per_s, values.min_score, values.causal, values.shuffle_videos, seed
        )

    def _timeline(self, bank: Bank, seconds: dict[int, list[int]], rng: np.random.Generator) -> _Timeline:
        first, last = min(seconds), max(seconds)
        features = np.zeros((last - first + 1, self._slots, self._channels), np.float16)
        valid = np.zeros(features.shape[:2], np.bool_)
        for second, rows in sorted(seconds.items()):
            kept = rows if len(rows) <= self._slots else sorted(rng.permutation(rows)[: self._slots].tolist())
            features[second - first, : len(kept)] = bank.features[kept]
            valid[second - first, : len(kept)] = True
        return _Timeline(first, features, valid)

    def read(self, video: str, second: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the window around (or, if causal, up to) a second of a video.

        Args:
            video: Video id.
            second: Time of the clip's centre on the annotation's clock.

        Returns:
            features: float32 [window * K, C], ordered by time; zeros where a slot is empty.
            valid: bool [window * K], False where a slot is empty.
        """
        features = np.zeros((self._length, self._slots, self._channels), np.float32)
        valid = np.zeros((self._length, self._slots), np.bool_)
        timeline = self._timelines.get(self._source.get(video, video))
        if timeline is not None:
            begin = round(second) - (self._length - 1 if self._causal else self._length // 2) - timeline.first
            low, high = max(0, begin), min(len(timeline.valid), begin + self._length)
            if low < high:
                features[low - begin : high - begin] = timeline.features[low:high]
                valid[low - begin : high - begin] = timeline.valid[low:high]
        return features.reshape(-1, self._channels), valid.reshape(-1)


def _exchange(names: list[str], rng: np.random.Generator) -> list[str]:
    """Give every name another one: a rotation of a random order, which keeps none of two or more in place."""
    order = [names[index] for index in rng.permutation(len(names))]
    following = dict(zip(order, order[1:] + order[:1], strict=True))
    return [following[name] for name in names]
