"""Windows of a bank: which seconds and boxes a clip sees, against a slow oracle that follows the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.data.windows import Windows
from longvideo.errors import UserError
from longvideo.files.bank import Bank

MIN_SCORE = 0.9
ROW = st.tuples(
    st.sampled_from("abc"), st.integers(898, 906), st.sampled_from([0.85, 0.9, 1.0]), st.booleans()
)  # video, second, score, annotated


def bank_of(rows: list) -> Bank:
    """A bank whose features are their own row number, from 1: zero is an empty slot."""
    video, second, score, annotated = list(zip(*rows)) or [()] * 4
    count = len(rows)
    return Bank(
        np.arange(1, count + 1, dtype=np.float16)[:, None],
        np.array(video, dtype=object),
        np.array(second, np.float64),
        np.zeros((count, 4), np.float32),
        np.array(score, np.float32),
        np.array(annotated, bool),
    )


def sees(second: int, t: int, window: int, causal: bool) -> bool:
    """The definition: [t - w/2, t + w/2), or (t - w, t]."""
    return t - window < second <= t if causal else t - window / 2 <= second < t + window / 2


def read(windows: Windows, video: str, t: float, slots: int) -> tuple[np.ndarray, np.ndarray]:
    features, valid = windows.read(video, t)
    assert features.dtype == np.float32 and valid.dtype == bool
    assert features.shape == (len(valid), 1)
    return features[:, 0].reshape(-1, slots), valid.reshape(-1, slots)


@settings(max_examples=200)
@given(
    st.lists(ROW, max_size=40),
    st.integers(1, 8),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from("abcd"),
    st.integers(893, 911),
)
def test_a_window_holds_what_its_definition_says(rows, window, slots, causal, video, t):
    numbers, valid = read(Windows(bank_of(rows), window, slots, MIN_SCORE, causal), video, t, slots)
    seconds = [second for second in range(880, 925) if sees(second, t, window, causal)]
    assert len(numbers) == len(seconds) == window
    for second, found, filled in zip(seconds, numbers, valid, strict=True):
        there = {
            number
            for number, (name, time_s, score, annotated) in enumerate(rows, 1)
            if (name, time_s) == (video, second) and score >= MIN_SCORE and not annotated
        }
        kept = found[filled].astype(int).tolist()
        assert len(set(kept)) == len(kept) == min(slots, len(there))
        assert set(kept) <= there
        assert not found[~filled].any()
        assert filled.tolist() == sorted(filled, reverse=True)


def test_the_ends_of_even_odd_and_causal_windows():
    windows = {(w, c): Windows(bank_of([("a", s, 1.0, False) for s in range(20)]), w, 1, 0.9, c)
               for w in (3, 4) for c in (False, True)}  # fmt: skip
    found = {key: (read(one, "a", 10, 1)[0].reshape(-1) - 1).tolist() for key, one in windows.items()}
    assert found == {
        (3, False): [9, 10, 11],
        (4, False): [8, 9, 10, 11],
        (3, True): [8, 9, 10],
        (4, True): [7, 8, 9, 10],
    }
    numbers, valid = read(windows[4, False], "a", 0, 1)
    assert (numbers.reshape(-1) - 1).tolist()[2:] == [0, 1]
    assert valid.reshape(-1).tolist() == [False, False, True, True]


def test_too_many_boxes_are_chosen_from_at_random_but_once_per_run():
    bank = bank_of([("a", 5, 1.0, False)] * 6)
    chosen = [tuple(read(Windows(bank, 1, 2, 0.9, seed=seed), "a", 5, 2)[0][0]) for seed in range(40)]
    assert set(np.ravel(chosen)) == {1, 2, 3, 4, 5, 6}
    assert chosen[7] == tuple(read(Windows(bank, 1, 2, 0.9, seed=7), "a", 5, 2)[0][0])


@settings(max_examples=50)
@given(st.integers(2, 8), st.integers(0, 1000))
def test_shuffling_gives_every_video_the_bank_of_one_other(count, seed):
    names = [f"v{number}" for number in range(count)]
    windows = Windows(bank_of([(name, 5, 1.0, False) for name in names]), 3, 1, 0.9, shuffle_videos=True, seed=seed)
    numbers = [int(read(windows, name, 5, 1)[0].max()) for name in names]
    assert sorted(numbers) == list(range(1, count + 1))
    assert all(number != own for own, number in enumerate(numbers, 1))
    assert numbers == [int(read(windows, name, 4, 1)[0].max()) for name in names]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"window_s": 2.5}, "expected bank.window_s as whole seconds, found 2.5"),
        ({"window_s": 0.2}, "expected bank.window_s as whole seconds, found 0.2"),
        ({"shuffle_videos": True}, "expected at least two videos with bank.shuffle_videos, found a alone"),
    ],
)
def test_windows_that_cannot_be_are_one_line(changed, message):
    with pytest.raises(UserError, match=message):
        Windows(
            **({"bank": bank_of([("a", 1, 1.0, False)]), "window_s": 3, "slots_per_s": 1, "min_score": 0.9} | changed)
        )


def test_a_bank_with_time_steps_has_no_windows():
    bank = bank_of([("a", 1, 1.0, False)])
    steps = Bank(bank.features[:, None], bank.video, bank.time_s, bank.boxes, bank.score, bank.annotated)
    with pytest.raises(UserError, match=r"expected a bank with one feature per box, found shape \(1, 1, 1\)"):
        Windows(steps, 3, 1, 0.9)
