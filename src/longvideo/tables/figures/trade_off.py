"""Training time against accuracy: a curve for each way of training, a point for each length of its schedule.

Source: thesis, figures 6.1 and 6.3.
"""

from collections.abc import Sequence
from pathlib import Path

from longvideo.files.figure_record import PointRecord
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.figures.canvas import canvas

INCHES = (10.0, 4.2)
MARKERS = "os^Dvx"
LABEL_OFFSETS = (9, -10, -18, 9, 17)
"""In points, upwards, curve by curve: where curves meet, their labels stay apart."""


def trained_point(
    label: str, folder: MetricsFolder, experiment: str, baseline: str, metrics: tuple[str, str]
) -> PointRecord:
    """Collect a point: the training time over that of the baseline, and the accuracy in %, means over seeds.

    A point that lacks a value of any seed's run says so and is not drawn from the rest.

    Args:
        label: Of the point.
        folder: Of the metrics files.
        experiment: Whose point it is.
        baseline: Whose training time is the unit.
        metrics: Names of the training time and of the accuracy.
    """
    time, accuracy = metrics
    x = folder.ratio([(1.0, experiment, time)], [(1.0, baseline, time)])
    y = folder.measure(experiment, accuracy, "%")
    missing = dict.fromkeys(reason for part in (x, y) for reason in part.missing.values())
    whole = not missing and x.mean is not None and y.mean is not None
    return PointRecord(
        panel="ours", label=label, note="; ".join(missing), **({"x": x.mean, "y": y.mean} if whole else {})
    )


def draw_trade_off(points: Sequence[tuple[str, PointRecord]], titles: tuple[str, str], path: Path) -> None:
    """Draw our points in the left panel, the printed ones in the right one, and write SVG or PNG.

    Panels share the colours of curves and nothing else: numbers of other data cannot be compared.

    Args:
        points: Each with the curve that it lies on; `panel` is "ours" or "printed", x in times of the baseline, y in %.
        titles: Of the panels.
        path: The file.
    """
    # Here and not above: it takes long to import, and most commands draw nothing.
    from matplotlib.ticker import LogLocator, NullFormatter

    with canvas(path, INCHES) as figure:
        panels = dict(zip(("ours", "printed"), figure.subplots(1, 2)))
        curves = dict.fromkeys(curve for curve, _ in points)
        for number, curve in enumerate(curves):
            style = {"color": f"C{number}", "marker": MARKERS[number % len(MARKERS)]}
            offset = (0, LABEL_OFFSETS[number % len(LABEL_OFFSETS)])
            text = {"color": style["color"], "fontsize": 7, "ha": "center", "va": "center"}
            for panel, axes in panels.items():
                own = [point for name, point in points if (name, point.panel) == (curve, panel) and point.x is not None]
                own.sort(key=lambda point: point.x or 0.0)
                axes.plot([point.x for point in own], [point.y for point in own], label=curve, markersize=5, **style)
                for point in own:
                    axes.annotate(point.label, (point.x, point.y), offset, textcoords="offset points", **text)
        for (panel, axes), title in zip(panels.items(), titles):
            axes.set(xscale="log", xlabel="Training time (× the baseline's)", ylabel="Accuracy (%)", title=title)
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            if not any(point.panel == panel and point.x is not None for _, point in points):
                axes.text(0.5, 0.5, "not run", transform=axes.transAxes, ha="center")
            axes.margins(0.15)
        handles = panels["ours"].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False)
