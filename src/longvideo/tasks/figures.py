"""Drawing a figure of a document from what its spec names: videos, measurements or a recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvideo.errors import UserError
from longvideo.files.figure_record import PointRecord
from longvideo.files.manifest import read_manifest
from longvideo.files.table_record import ClaimRecord
from longvideo.specs.claim import Claim
from longvideo.specs.figure import (
    CompressedFramesFigure,
    GridSchedulesFigure,
    InputKind,
    MeasuredFigure,
    ResolvedFigure,
    SpeedAccuracyFigure,
    TradeOffFigure,
    VideoFigure,
)
from longvideo.tables.assemble import make_claim
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.figures.speed_accuracy import draw_speed, our_point
from longvideo.tables.figures.trade_off import draw_trade_off, trained_point

Files = Mapping[str, Path | None]
"""By name: manifest, labels, label_map and metrics_root; which a figure needs, its kind decides."""


def draw(resolved: ResolvedFigure, files: Files, picture: Path) -> dict[str, Any]:
    """Draw a figure; return what its record says of its own: facts, points, commits and devices.

    Raises:
        UserError: A file is missing or wrong, or a name is not known.
    """
    figure = resolved.figure
    if isinstance(figure, GridSchedulesFigure):
        return _schedules(figure, picture)
    if isinstance(figure, MeasuredFigure):
        return _measured(resolved, figure, files, picture)
    return _videos(resolved, figure, files, picture)


def _measured(resolved: ResolvedFigure, figure: MeasuredFigure, files: Files, picture: Path) -> dict[str, Any]:
    folder = MetricsFolder(_given(files, "metrics_root"), resolved.seeds)
    data = ", ".join(sorted(set(resolved.datasets.values())))
    own: dict[str, Any] = {}
    titles = (f"ours: scale {resolved.scale}, {data}", f"printed: {figure.where}")
    if isinstance(figure, SpeedAccuracyFigure):
        points = speed_points(figure, folder)
        draw_speed(points, titles, picture)
        drawn = [point for point, _ in points]
    else:
        curves = trade_off_points(figure, folder)
        draw_trade_off(curves, titles, picture)
        drawn = [point.model_copy(update={"label": f"{curve}, {point.label}"}) for curve, point in curves]
        own = {"units": figure.units, "claims": tuple(_judge(claim, figure, folder) for claim in figure.claims)}
    origin = {f"{name}s": tuple(sorted({getattr(run, name) for run in folder.runs})) for name in ("commit", "device")}
    return {"points": tuple(drawn), **own, **origin}


def _judge(claim: Claim, figure: TradeOffFigure, folder: MetricsFolder) -> ClaimRecord:
    places = figure.compared(claim)
    compared = [folder.measure(place.experiment, place.metric, figure.unit(place.metric)) for place in places]
    return make_claim(claim, compared, figure.unit(places[0].metric))


def speed_points(figure: SpeedAccuracyFigure, folder: MetricsFolder) -> list[tuple[PointRecord, InputKind]]:
    """Collect our points of a figure and the printed ones, each with what it reads."""
    ours = []
    for point in figure.points:
        terms = (
            [(found.experiment, found.metric) for found in part] for part in (point.time, point.accuracy, point.size)
        )
        ours.append((our_point(point.label, folder, *terms), point.input))
    printed = []
    for number in figure.printed:
        note = number.source if number.time_ms else "time not printed"
        record = PointRecord(panel="printed", label=number.label, x=number.time_ms, y=number.accuracy, note=note)
        printed.append((record, number.input))
    return ours + printed


def trade_off_points(figure: TradeOffFigure, folder: MetricsFolder) -> list[tuple[str, PointRecord]]:
    """Collect our points of a figure and the printed ones, each with the curve that it lies on."""
    metrics = (figure.time, figure.accuracy)
    ours = [
        (curve.label, trained_point(point.label, folder, point.experiment, figure.baseline, metrics))
        for curve in figure.curves
        for point in curve.points
    ]
    printed = [
        (
            point.curve,
            PointRecord(panel="printed", label=point.label, x=1 / point.speedup, y=point.accuracy, note=point.source),
        )
        for point in figure.printed
    ]
    return ours + printed


def _schedules(figure: GridSchedulesFigure, picture: Path) -> dict[str, Any]:
    # Here and not above: other figures need no scheduler.
    from longvideo.specs.multigrid import PLAIN
    from longvideo.specs.problems import unknown
    from longvideo.tables.figures.grid_schedule import draw_schedules
    from longvideo.training.multigrid.construction import multigrid_schedule
    from longvideo.training.multigrid.settings import SETTINGS

    if figure.recipe not in SETTINGS:
        raise UserError(f"{figure.target}: recipe: {unknown('recipe', figure.recipe, SETTINGS)}")
    setting = SETTINGS[figure.recipe]
    schedules = {
        panel.title: multigrid_schedule(setting.baseline, **(panel.multigrid or PLAIN).model_dump())
        for panel in figure.panels
    }
    draw_schedules(list(schedules.items()), picture)
    saved = {title: f"{schedule.iteration_factor:.2f}x fewer updates" for title, schedule in schedules.items()}
    return {"facts": {"recipe": setting.where, **saved}}


def _videos(resolved: ResolvedFigure, figure: VideoFigure, files: Files, picture: Path) -> dict[str, Any]:
    # Here and not above: tables need no videos.
    from longvideo.data.recognition_csv import read_labels
    from longvideo.specs.figure import VideoSpaceFigure
    from longvideo.tables.figures import choose
    from longvideo.tables.figures.compressed_frames import draw_frames
    from longvideo.tables.figures.video_space import draw_videos

    videos = read_manifest(_given(files, "manifest"))
    labels = read_labels(_given(files, "labels"), _given(files, "label_map"))
    if isinstance(figure, CompressedFramesFigure):
        video = choose.one_video(videos, labels, figure.video)
        most = (figure.most_motion, figure.most_residual)
        shown = draw_frames(video.path, figure.group, figure.positions, *most, picture)
        told = {"video": video.id, "group": str(figure.group), "positions": ", ".join(map(str, shown))}
        return {"facts": told}
    assert isinstance(figure, VideoSpaceFigure)
    action, *both = choose.two_videos(videos, labels, figure.actions)
    paths = {video.id: video.path for video in both}
    sizes = (figure.frames, figure.side, figure.accumulated)
    apart = draw_videos(paths, *sizes, figure.perplexity, resolved.seeds[0], picture)
    told = {f"separation, {space}": f"{share:.2f}" for space, share in apart.items()}
    return {"facts": {"action": action, "videos": ", ".join(paths), **told}}


def _given(files: Files, name: str) -> Path:
    path = files[name]
    if path is None:
        raise UserError(f"expected --{name.replace('_', '-')} for this figure, found none")
    return path
