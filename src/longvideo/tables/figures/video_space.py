"""Two videos of one action as curves in t-SNE spaces of their RGB frames, motion vectors, residuals and all of them.

A frame is a point: its picture, scaled down and flattened. The joint space is that of the three representations one
after the other, each scaled to the same total variance, so that none counts for more.

Source: thesis, figure 4.6; which features were embedded there it does not say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError
from longvideo.tables.figures.canvas import canvas
from longvideo.tables.figures.compressed_frames import rebuilt
from longvideo.video.compressed.video import CompressedVideo

SPACES = ("RGB", "Motion vectors", "Residual", "Joint space")
INCHES = (12.0, 3.4)
NEAR = 5
"""Frames of a video at most so far apart do not count as neighbours."""
COLOURS = ("C0", "C3")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class VideoFeatures:
    """T frames of a video: by space float32 [T, side * side * C], and the group of pictures of each, int [T]."""

    spaces: dict[str, Floats]
    group: NDArray[np.int64]


def video_features(path: Path, count: int, side: int, accumulated: bool) -> VideoFeatures:
    """Return what P-frames of a video look like in each of the first three spaces.

    Args:
        path: A compressed video.
        count: At most so many P-frames, evenly spread over the video.
        side: Pixels that pictures are scaled down to, both ways.
        accumulated: Motion and residual since the I-frame; otherwise since the frame before.

    Raises:
        UserError: The video is damaged or has no P-frame.
    """
    video = CompressedVideo(path)
    places = [(group, position) for group, length in enumerate(video.gops.tolist()) for position in range(1, length)]
    if not places:
        raise UserError(f"{path}: expected P-frames, found none")
    chosen = np.unique(np.linspace(0, len(places) - 1, min(count, len(places))).round().astype(int))
    found: dict[str, list[Floats]] = {space: [] for space in SPACES[:3]}
    for group, position in (places[number] for number in chosen):
        frame = video.read(group, position)
        picture = rebuilt(frame.iframe, frame.motion, frame.residual)
        if not accumulated:
            frame = video.read(group, position, accumulated=False)
        parts: tuple[NDArray[np.integer], ...] = (picture, frame.motion, frame.residual)
        for space, part in zip(SPACES, parts):
            found[space].append(_small(part, side))
    groups = np.array([places[number][0] for number in chosen], np.int64)
    return VideoFeatures({space: np.stack(rows) for space, rows in found.items()}, groups)


def _small(picture: NDArray[np.integer], side: int) -> Floats:
    return cv2.resize(picture.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA).reshape(-1)


def joined(features: Sequence[Floats]) -> Floats:
    """Put representations [T, C_k] of the same frames beside each other, each with a total variance of 1."""
    scaled = [part / max(float(np.sqrt(part.var(axis=0).sum())), 1e-12) for part in features]
    return np.concatenate(scaled, axis=1)


def embedded(features: Floats, perplexity: float, seed: int) -> Floats:
    """Lay points [T, C] out in a plane, [T, 2], by exact t-SNE from their principal components."""
    from sklearn.manifold import TSNE

    fitting = min(perplexity, (len(features) - 1) / 3)
    method = TSNE(perplexity=fitting, init="pca", method="exact", random_state=seed)
    return np.asarray(method.fit_transform(features), np.float32)


def separation(points: NDArray[np.floating], first: int) -> float:
    """Return how far apart two sets of points are: the share of points whose nearest neighbour is of their own set.

    1 where they are clearly separated; about the share of points that are of the same set where they overlap. Frames of
    one video follow each other closely, so that those at most `NEAR` frames apart do not count as neighbours.
    """
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    number, second = np.arange(len(points)), np.arange(len(points)) >= first
    same = second[:, None] == second[None]
    apart[same & (np.abs(number[:, None] - number[None]) <= NEAR)] = np.inf
    return float(np.mean(second[np.argmin(apart, axis=1)] == second))


def draw_videos(
    paths: Mapping[str, Path], count: int, side: int, accumulated: bool, perplexity: float, seed: int, path: Path
) -> dict[str, float]:
    """Embed two videos in every space and draw them; see `video_features`, `embedded` and `draw_spaces`.

    Returns:
        The `separation` of the two in every space, before it is embedded.

    Raises:
        UserError: A video is damaged.
    """
    first, second = (video_features(video, count, side, accumulated) for video in paths.values())
    spaces = {space: np.concatenate([first.spaces[space], second.spaces[space]]) for space in first.spaces}
    spaces[SPACES[3]] = joined(list(spaces.values()))
    split = len(first.group)
    curves = {}
    for space, features in spaces.items():
        points = embedded(features, perplexity, seed)
        # What is accumulated starts anew with every I-frame: a line across would be no motion.
        breaks = [video.group if accumulated else np.zeros_like(video.group) for video in (first, second)]
        curves[space] = (broken(points[:split], breaks[0]), broken(points[split:], breaks[1]))
    draw_spaces(curves, tuple(paths), path)
    return {space: separation(points, split) for space, points in spaces.items()}


def broken(points: Floats, group: NDArray[np.int64]) -> Floats:
    """Put a row of NaN, at which a line breaks, between points [T, 2] of different groups [T]."""
    return np.insert(points, np.flatnonzero(np.diff(group)) + 1, np.nan, axis=0)


def draw_spaces(spaces: Mapping[str, tuple[Floats, Floats]], names: Sequence[str], path: Path) -> None:
    """Draw both videos' curves, [T, 2] each, in every space, and write SVG; a dot marks where a video begins."""
    with canvas(path, INCHES) as figure:
        panels = figure.subplots(1, len(spaces), squeeze=False)[0]
        for axes, (space, curves) in zip(panels, spaces.items()):
            for curve, name, colour in zip(curves, names, COLOURS):
                axes.plot(
                    curve[:, 0], curve[:, 1], "-", color=colour, linewidth=0.8, marker=".", markersize=3, label=name
                )
                axes.plot(*curve[0], "o", color=colour, markersize=6)
            axes.set(title=space, xticks=[], yticks=[])
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
