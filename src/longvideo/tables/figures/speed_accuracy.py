"""Inference time per frame against accuracy; the node's area is the size of what is read per frame.

Source: thesis, figure 4.7.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from longvideo.files.figure_record import PointRecord
from longvideo.tables.collect import Measured, MetricsFolder
from longvideo.tables.figures.canvas import canvas

INCHES = (9.0, 4.0)
LARGEST, SMALLEST, UNKNOWN = 900.0, 14.0, 56.0
"""Areas of nodes, square points."""
INPUTS = {
    "compressed": "Compressed video",
    "rgb": "RGB",
    "rgb_and_flow": "RGB + flow",
    "compressed_and_flow": "Compressed video + flow",
}


Metrics = Iterable[tuple[str, str]]
"""Experiment and metric of each."""


def our_point(label: str, folder: MetricsFolder, time: Metrics, accuracy: Metrics, size: Metrics) -> PointRecord:
    """Collect a point: its times (ms) and input sizes (bytes) are summed, its accuracies (%) averaged, seed by seed.

    A point that lacks a value of any seed's run says so and is not drawn from the rest.
    """
    wanted = ((time, "ms", False), (accuracy, "%", True), (size, "bytes", False))
    x, y, area = (_combined(folder, list(parts), unit, mean) for parts, unit, mean in wanted)
    missing = dict.fromkeys(reason for part in (x, y, area) for reason in part.missing.values())
    whole = x.mean is not None and y.mean is not None and area.mean is not None
    values = {"x": x.mean, "y": y.mean, "size": area.mean} if whole else {}
    return PointRecord(panel="ours", label=label, note="; ".join(missing), **values)


def _combined(folder: MetricsFolder, parts: list[tuple[str, str]], unit: str, mean: bool) -> Measured:
    factor = 1 / len(parts) if mean else 1.0
    return folder.combine([(factor, *part) for part in parts], unit)


def node_area(size: float | None, biggest: float) -> float:
    """Return the area of a node, square points: in proportion to its size, but never too small to be seen."""
    return max(SMALLEST, LARGEST * size / biggest) if size else UNKNOWN


def draw_speed(points: Sequence[tuple[PointRecord, str]], titles: tuple[str, str], path: Path) -> None:
    """Draw our points in the left panel, the printed ones in the right one, and write SVG.

    A printed accuracy without a time is a dashed line. Panels share nothing: numbers of other machines and data
    cannot be compared.

    Args:
        points: Each with what it reads, a key of `INPUTS`; `panel` is "ours" or "printed", x is ms, size bytes.
        titles: Of the panels.
        path: The file.
    """
    with canvas(path, INCHES) as figure:
        panels = dict(zip(("ours", "printed"), figure.subplots(1, 2)))
        colours = {name: f"C{index}" for index, name in enumerate(INPUTS)}
        biggest = max((point.size for point, _ in points if point.size), default=1.0)
        for point, kind in points:
            axes, colour = panels[point.panel], colours[kind]
            if point.y is None:
                continue
            if point.x is None:
                axes.axhline(point.y, color=colour, linestyle="--", linewidth=0.8)
                where = axes.get_yaxis_transform()
                axes.text(0.02, point.y, f"{point.label} ({point.note})", transform=where, va="bottom")
            else:
                axes.scatter(
                    [point.x], [point.y], s=node_area(point.size, biggest), color=colour, alpha=0.6, linewidths=0
                )
                axes.plot([point.x], [point.y], ".", color="black", markersize=2)
                axes.annotate(point.label, (point.x, point.y), (0, 9), textcoords="offset points", ha="center")
        for (panel, axes), title in zip(panels.items(), titles):
            axes.set(xscale="log", xlabel="Inference time (ms per frame)", ylabel="Accuracy (%)", title=title)
            if not any(point.panel == panel and point.y is not None and point.x is not None for point, _ in points):
                axes.text(0.5, 0.5, "not run", transform=axes.transAxes, ha="center")
            axes.margins(0.3)
        for name, text in INPUTS.items():
            panels["printed"].plot([], [], "o", color=colours[name], alpha=0.6, label=text)
        figure.legend(
            *panels["printed"].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
        )
