"""Batch norm over parts of a batch, forward and backward, as loops that numba compiles: for one CPU thread.

Rows are lines of pixels with their channels, [B, R, K] with K = W * C; loops over whole rows become vector
instructions, which loops over few channels would not. Part j of S has the clips i with i mod S = j.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


@njit(cache=True)
def forward(
    rows: Array,
    scale: Array,
    shift: Array,
    epsilon: float,
    momentum: float,
    to: Array,
    means: Array,
    factors: Array,
    running_mean: Array,
    running_variance: Array,
    updates: NDArray[np.int64],
) -> None:
    """Normalise, and write what the backward pass and testing need.

    Args:
        rows: [B, R, K].
        scale: [C].
        shift: [C].
        epsilon: Added to the variance.
        momentum: Of the running statistics.
        to: Gets the normalised rows.
        means: Gets the parts' means, [S, C].
        factors: Gets one over the parts' deviations, [S, C].
        running_mean: Follows the mean of the batch, [C].
        running_variance: Follows the unbiased variance of the batch as its parts have it, [C].
        updates: Counts the calls, [].
    """
    clips, lines, width = rows.shape
    splits, channels = means.shape
    variances, shares = np.empty_like(means), np.empty(splits)
    own = np.empty((3, width), rows.dtype)
    sums, a, b = own[0], own[1], own[2]
    for part in range(splits):
        own_clips = len(range(part, clips, splits))
        shares[part] = own_clips / clips
        count = own_clips * lines * (width // channels)
        mean, variance, factor = means[part], variances[part], factors[part]
        sums[:] = 0
        for clip in range(part, clips, splits):
            for line in range(lines):
                for k in range(width):
                    sums[k] += rows[clip, line, k]
        _fold(sums, mean)
        mean /= count
        for k in range(width):
            a[k] = mean[k % channels]
        # Squares of differences, not differences of squares: float32 has few digits to spare.
        sums[:] = 0
        for clip in range(part, clips, splits):
            for line in range(lines):
                for k in range(width):
                    sums[k] += (rows[clip, line, k] - a[k]) ** 2
        _fold(sums, variance)
        for c in range(channels):
            factor[c] = 1 / np.sqrt(variance[c] / count + epsilon)
            variance[c] /= count - 1
        for k in range(width):
            c = k % channels
            a[k] = scale[c] * factor[c]
            b[k] = shift[c] - mean[c] * a[k]
        for clip in range(part, clips, splits):
            for line in range(lines):
                for k in range(width):
                    to[clip, line, k] = rows[clip, line, k] * a[k] + b[k]
    for c in range(channels):
        mean_c, variance_c = 0.0, 0.0
        for part in range(splits):
            mean_c += means[part, c] * shares[part]
        for part in range(splits):
            variance_c += (variances[part, c] + (means[part, c] - mean_c) ** 2) * shares[part]
        running_mean[c] += momentum * (mean_c - running_mean[c])
        running_variance[c] += momentum * (variance_c - running_variance[c])
    updates[()] += 1


@njit(cache=True)
def backward(
    upstream: Array,
    rows: Array,
    scale: Array,
    means: Array,
    factors: Array,
    to: Array,
    to_scale: Array,
    to_shift: Array,
) -> None:
    """Pass gradients on.

    Args:
        upstream: The loss's gradient by the normalised rows, [B, R, K].
        rows: As in the forward pass; so are `scale`, `means` and `factors`.
        scale: [C].
        means: [S, C].
        factors: [S, C].
        to: Gets the gradient by the rows.
        to_scale: Gets the one by the scale, [C].
        to_shift: Gets the one by the shift, [C].
    """
    clips, lines, width = rows.shape
    splits, channels = means.shape
    own, few = np.empty((5, width), rows.dtype), np.empty((2, channels), rows.dtype)
    sums, products, a, b, c = own[0], own[1], own[2], own[3], own[4]
    total, product = few[0], few[1]
    to_scale[:] = 0
    to_shift[:] = 0
    for part in range(splits):
        count = len(range(part, clips, splits)) * lines * (width // channels)
        mean, factor = means[part], factors[part]
        for k in range(width):
            a[k] = mean[k % channels]
        sums[:] = 0
        products[:] = 0
        for clip in range(part, clips, splits):
            for line in range(lines):
                for k in range(width):
                    sums[k] += upstream[clip, line, k]
                    products[k] += upstream[clip, line, k] * (rows[clip, line, k] - a[k])
        _fold(sums, total)
        _fold(products, product)
        product *= factor
        to_shift += total
        to_scale += product
        # scale * factor * (upstream - its mean - normed * the mean of upstream * normed)
        for k in range(width):
            channel = k % channels
            a[k] = scale[channel] * factor[channel]
            b[k] = a[k] * factor[channel] * product[channel] / count
            c[k] = mean[channel] * b[k] - a[k] * total[channel] / count
        for clip in range(part, clips, splits):
            for line in range(lines):
                for k in range(width):
                    to[clip, line, k] = upstream[clip, line, k] * a[k] - rows[clip, line, k] * b[k] + c[k]


@njit(cache=True)
def _fold(row: Array, to: Array) -> None:
    """Add up the pixels of a row, [W * C], channel by channel."""
    to[:] = 0
    for start in range(0, len(row), len(to)):
        for c in range(len(to)):
            to[c] += row[start + c]
