"""Tracing against a loop over pixels, for vectors that no encoder would write."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from longvideo.video.compressed.decoder import VECTOR
from longvideo.video.compressed.tracing import Trace

SIZES = [(16, 16), (16, 8), (8, 16), (8, 8)]


def random_vectors(rng: np.random.Generator, width: int, height: int, reach: int) -> np.ndarray:
    """Vectors of macroblocks that are split at random, are intra here and there, and reach beyond the edge."""
    vectors = []
    for top in range(0, height, 16):
        for left in range(0, width, 16):
            w, h = SIZES[rng.integers(len(SIZES))]
            for y in range(top, top + 16, h):
                for x in range(left, left + 16, w):
                    if rng.random() < 0.8:
                        centre = np.array([x + w // 2, y + h // 2])
                        source = centre + rng.integers(-reach, reach + 1, 2) * (rng.random() < 0.7)
                        vectors.append((-1, (w, h), source, centre, 0, (0, 0), 1))
    return np.array(vectors, VECTOR)


def advanced(places: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The same for one pixel after the other."""
    height, width = places.shape[:2]
    result = places.copy()
    for vector in vectors:
        (w, h), (from_x, from_y), (to_x, to_y) = (vector[name].tolist() for name in ("size", "src", "dst"))
        for y in range(-(h // 2), h // 2):
            for x in range(-(w // 2), w // 2):
                inside = 0 <= to_x + x < width and 0 <= to_y + y < height
                if inside and 0 <= from_x + x < width and 0 <= from_y + y < height:
                    result[to_y + y, to_x + x] = places[from_y + y, from_x + x]
    return result


@settings(max_examples=40)
@given(st.integers(1, 70), st.integers(1, 60), st.sampled_from([0, 3, 20, 2000]), st.integers(0, 10**6))
def test_a_trace_is_that_of_its_pixels(width: int, height: int, reach: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trace = Trace(width, height)
    own = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    for _ in range(2):  # a trace can be used again
        trace.reset()
        places = own.copy()
        for last in (False, False, True):
            vectors = random_vectors(rng, width, height, reach)
            trace.advance(vectors)
            places = advanced(places, vectors)
            if not last and rng.random() < 0.5:
                continue  # goes on to more pictures at once
            assert np.array_equal(trace.places, places)
            assert np.array_equal(trace.motion(), own - places)
            assert np.array_equal(trace.predicted(picture), picture[places[..., 1], places[..., 0]])


def test_more_may_be_coded_than_is_shown() -> None:
    vectors = np.array(
        [(-1, (16, 16), (30, 8), (24, 8), 0, (0, 0), 1), (-1, (16, 16), (4, 8), (8, 8), 0, (0, 0), 1)], VECTOR
    )
    trace = Trace(10, 10)
    trace.advance(vectors)
    assert (trace.motion()[:, 4:, 0] == 4).all() and not trace.motion()[:, :4].any()
