"""The files that figures are drawn from: videos of a data set, metrics of experiments, or none."""

from typing import TYPE_CHECKING

from longvideo.files.layout import Inputs
from longvideo.graph.arguments import flags
from longvideo.graph.recognition import fold_splits
from longvideo.specs.dataset import ALL_VIDEOS
from longvideo.specs.figure import Figure, MeasuredFigure, ResolvedFigure, VideoFigure

if TYPE_CHECKING:
    from longvideo.graph.workspace import Workspace


def measured_for(run: "Workspace", figure: Figure) -> list[str]:
    """List the experiments that a figure is drawn from; UserError if its data set has no such fold."""
    if isinstance(figure, MeasuredFigure):
        return list(dict.fromkeys(found.experiment for found in figure.measurements))
    if isinstance(figure, VideoFigure):
        _videos(run, figure)
    return []


def figure_inputs(run: "Workspace", target: str) -> Inputs:
    """Return what a figure is drawn from: all videos of a data set and the labels of a test split, metrics, or none."""
    figure = run.figures[target]
    if not isinstance(figure, MeasuredFigure | VideoFigure):
        return {}
    if isinstance(figure, MeasuredFigure):
        experiments = measured_for(run, figure)
        return {"metrics": [run.files.metrics(name, seed) for name in experiments for seed in run.scale.seeds]}
    data, split = _videos(run, figure)
    raw = run.files.raw(data, split)
    return {"manifest": run.files.manifest(data, ALL_VIDEOS), "labels": raw["labels"], "label_map": raw["label_map"]}


def figure_flags(run: "Workspace", target: str) -> str:
    """Return the flags of drawing a figure from these files."""
    inputs = figure_inputs(run, target)
    return flags({"metrics_root": str(run.files.root / "metrics")} if "metrics" in inputs else inputs)


def resolved_figure(run: "Workspace", target: str) -> ResolvedFigure:
    """Return what the tabulate step needs to know of a figure and of this run."""
    figure, seeds, data = run.figures[target], run.scale.seeds, None
    logical = dict.fromkeys(run.experiment(name).dataset for name in measured_for(run, figure))
    if isinstance(figure, VideoFigure):
        logical, seeds, data = dict.fromkeys([figure.dataset]), run.scale.seeds[:1], _videos(run, figure)[0]
    return ResolvedFigure(
        figure=figure,
        run=run.name,
        scale=run.scale.name,
        seeds=seeds,
        datasets={name: run.datasets[name] for name in logical},
        data=data,
    )


def _videos(run: "Workspace", figure: VideoFigure) -> tuple[str, str]:
    """Return the data id whose videos a figure shows, that of the run's first seed, and the test split."""
    data = run.data(figure, run.scale.seeds[0])
    return data, fold_splits(run, figure.target, data, figure.fold)[1]
