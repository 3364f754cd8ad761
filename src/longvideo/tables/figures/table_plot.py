"""Plots of tables: rows as lines over a quantity, ours and the printed numbers in panels of their own."""

from collections.abc import Sequence
from pathlib import Path

from longvideo.files.table_record import CellRecord, TableRecord
from longvideo.tables.figures.canvas import canvas

MIN_POINTS = 3
INCHES = (9.0, 3.8)


def axis_of(table: TableRecord) -> tuple[float, ...] | None:
    """Return the columns as values of one quantity: their keys, if all are positive numbers and at least three."""
    try:
        values = tuple(float(column.key) for column in table.columns)
    except ValueError:
        return None
    return values if len(values) >= MIN_POINTS and min(values) > 0 else None


def plot_table(table: TableRecord, axis: Sequence[float], path: Path) -> None:
    """Draw every row over the columns on a logarithmic axis and write SVG, whole or not at all.

    The left panel is ours, with the standard error over seeds; the right one is the printed numbers. They have axes of
    their own, because numbers of different data cannot be compared.
    """
    with canvas(path, INCHES) as figure:
        ours, printed = figure.subplots(1, 2)
        for index, row in enumerate(table.rows):
            cells = [(x, table.cell(row.key, column.key)) for x, column in zip(axis, table.columns)]
            style = {"color": f"C{index}", "marker": "o", "markersize": 3.5, "label": row.label}
            points = [(x, cell.value, cell.error or 0.0) for x, cell in cells if cell and cell.value is not None]
            if points:
                xs, ys, errors = zip(*points)
                ours.errorbar(xs, ys, yerr=errors, capsize=2, **style)
            numbers = [(x, cell.printed) for x, cell in cells if cell and _is_number(cell)]
            if numbers:
                printed.plot(*zip(*numbers), **style)
        data = ", ".join(sorted(set(table.datasets.values())))
        ours.set_title(f"ours: scale {table.scale}, {data}")
        printed.set_title(f"printed: {table.where}")
        for axes in (ours, printed):
            axes.set_xscale("log")
            axes.set_xticks(list(axis), [column.label for column in table.columns])
            axes.minorticks_off()
            axes.set_ylabel(table.unit)
            if axes.has_data():
                axes.legend(frameon=False)
            else:
                axes.text(0.5, 0.5, "not run", transform=axes.transAxes, ha="center")
        figure.suptitle(table.title)


def _is_number(cell: CellRecord) -> bool:
    return isinstance(cell.printed, float)
