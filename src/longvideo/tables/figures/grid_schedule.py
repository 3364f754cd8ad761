"""Grid schedules side by side: frames, side, clips per update and learning rate over the updates of training.

Source: thesis, figure 6.2.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from longvideo.tables.figures.canvas import canvas
from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.schedule import MultigridSchedule

INCHES = (11.0, 7.0)
CONSTANT, FIRST_CYCLE, LATER = "0.4", "darkgreen", "yellowgreen"
ROWS: dict[str, Callable[[Grid], int]] = {
    "Frames": lambda grid: grid.frames,
    "Side (pixels)": lambda grid: grid.size,
    "Clips per update": lambda grid: grid.batch,
}
RATE_POINTS = 33
"""Of each stage's curve of the learning rate."""


def draw_schedules(panels: Sequence[tuple[str, MultigridSchedule]], path: Path) -> None:
    """Draw schedules and write SVG or PNG, by the name of `path`.

    The first period of a long cycle, or all up to the first drop of the learning rate, is dark green; a schedule of one
    shape is grey. Where a short cycle takes turns between several shapes, a stage has a line for each.

    Args:
        panels: Titles and schedules, from left to right; all share their axes.
        path: The file.
    """
    with canvas(path, INCHES) as figure:
        grid = figure.subplots(len(ROWS) + 1, len(panels), sharex=True, sharey="row", squeeze=False)
        shapes = {shape for _, schedule in panels for stage in schedule.stages for shape in stage.grids}
        for (title, schedule), column in zip(panels, grid.T, strict=True):
            constant = len({shape for stage in schedule.stages for shape in stage.grids}) == 1
            lengths = [100 * schedule.iterations(stage) / schedule.baseline.epochs for stage in schedule.stages]
            ends = list(accumulate(lengths))
            for stage, length, end in zip(schedule.stages, lengths, ends, strict=True):
                if not length:
                    continue
                colour = CONSTANT if constant else LATER if stage.level or stage.fine_tuning else FIRST_CYCLE
                for axes, value in zip(column, ROWS.values()):
                    axes.hlines(sorted({value(shape) for shape in stage.grids}), end - length, end, colour, linewidth=2)
                parts = [point / (RATE_POINTS - 1) for point in range(RATE_POINTS)]
                # The end belongs to the next stage, whose rate is another one.
                times = [stage.start + min(part, 1 - 1e-9) * (stage.end - stage.start) for part in parts]
                rates = [schedule.rate(time) for time in times]
                column[-1].plot([end + (part - 1) * length for part in parts], rates, color=colour, linewidth=2)
            column[0].set_title(title)
            column[-1].set_xlabel("Updates (% of the baseline's)")
        for row, label in zip(grid, (*ROWS, "Learning rate"), strict=True):
            row[0].set(ylabel=label, yscale="log")
        for row, value in zip(grid, ROWS.values()):
            row[0].minorticks_off()
            ticks = sorted({value(shape) for shape in shapes})
            row[0].set_yticks(ticks, map(str, ticks))
