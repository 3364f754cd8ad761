"""A multigrid schedule as text and as JSON."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from longvideo.training.multigrid.grid import Grid, NormSplit, norm_split
from longvideo.training.multigrid.schedule import MultigridSchedule, Stage
from longvideo.training.multigrid.settings import Setting

HEADS = ("stage", "epochs", "updates", "b x t x s", "short cycle (b x s)", "batch norm", "lr", "cost")


class Row(NamedTuple):
    """A stage with its name, its updates (if they are known) and what batch norm computes its statistics over."""

    name: str
    stage: Stage
    updates: float | None
    norm: NormSplit


def table_rows(
    schedule: MultigridSchedule, setting: Setting, bn_base_size: int, updates: Sequence[float] | None
) -> list[Row]:
    """Name the stages: 2.3 is the third of the second long cycle."""
    rows: list[Row] = []
    cycle, number, level = 0, 0, (-1, False)
    for index, stage in enumerate(schedule.stages):
        now = (0 if stage.fine_tuning else stage.level, stage.fine_tuning)
        number = number + 1 if now == level else 1
        cycle += now != level
        level = now
        name = f"tune.{number}" if stage.fine_tuning else f"{cycle}.{number}"
        norm = norm_split(stage.base.batch, setting.devices, bn_base_size)
        rows.append(Row(name, stage, None if updates is None else updates[index], norm))
    return rows


def as_text(schedule: MultigridSchedule, setting: Setting, rows: Sequence[Row]) -> str:
    """Write a table of the stages between what is sped up and what that saves."""
    baseline = schedule.baseline
    drops = f", dropping at {', '.join(f'{drop:g}' for drop in baseline.drop_at)}" if baseline.drop_at else ""
    shape = "x".join(map(str, baseline.grid))
    devices = f"{setting.devices} device{'s' if setting.devices > 1 else ''}"
    head = f"baseline: {baseline.epochs:g} epochs of {shape} on {devices}, lr {baseline.lr:g}{drops}"
    cells = [HEADS, *(_cells(schedule, row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]
    counted = [row.updates for row in rows if row.updates is not None]
    total = f"{schedule.epochs:g} epochs{f', {sum(counted):,.0f} updates' if counted else ''}"
    factor, cost = schedule.iteration_factor, schedule.relative_cost
    saved = f"{factor:.2f}x fewer updates than the baseline, at {cost:.3f} of its cost"
    speedup = f"estimated speedup {1 / cost:.2f}x, if time goes with the points of a batch, b t s s"
    return "\n".join([f"{setting.where}; {head}", "", *lines, "", f"{total}: {saved}", speedup])


def as_json(schedule: MultigridSchedule, setting: Setting, rows: Sequence[Row]) -> dict[str, Any]:
    """Return all values; `updates` are null where it is not known how many an epoch has."""
    baseline = schedule.baseline
    return {
        "setting": setting.where,
        "devices": setting.devices,
        "policy": schedule.policy,
        "baseline": {
            **baseline.grid._asdict(),
            "epochs": baseline.epochs,
            "lr": baseline.lr,
            "drop_at": baseline.drop_at,
            "drop_factor": baseline.drop_factor,
            "warmup_epochs": baseline.warmup_epochs,
            "warmup_lr": baseline.warmup_lr,
            "updates": setting.iterations,
        },
        "stages": [
            {
                "stage": row.name,
                "start": row.stage.start,
                "end": row.stage.end,
                "updates": row.updates,
                **row.stage.base._asdict(),
                "cycle": [grid._asdict() for grid in row.stage.grids],
                "norm": row.norm._asdict(),
                "lr": row.stage.lr,
                "relative_cost": schedule.cost(row.stage),
            }
            for row in rows
        ],
        "epochs": schedule.epochs,
        "iteration_factor": schedule.iteration_factor,
        "relative_cost": schedule.relative_cost,
        "speedup": 1 / schedule.relative_cost,
    }


def _cells(schedule: MultigridSchedule, row: Row) -> tuple[str, ...]:
    stage, share = row.stage, 100 * schedule.iterations(row.stage) / schedule.baseline.epochs
    return (
        row.name,
        f"{stage.start:g}-{stage.end:g}",
        f"{share:.1f}%" if row.updates is None else f"{row.updates:,.0f}",
        "x".join(map(str, stage.base)),
        _cycle(stage.grids),
        _norm(row.norm),
        f"{stage.lr:.3g}" if schedule.policy == "steps" else _rates(schedule, stage),
        f"{schedule.cost(stage):.2f}",
    )


def _norm(norm: NormSplit) -> str:
    return f"{norm.devices} devices" if norm.devices > 1 else f"{norm.splits} parts" if norm.splits > 1 else "plain"


def _rates(schedule: MultigridSchedule, stage: Stage) -> str:
    first, last = (stage.lr * schedule.cosine(time) for time in (stage.start, stage.end))
    return f"{first:.3g}-{last:.3g}"


def _cycle(grids: Sequence[Grid]) -> str:
    return ", ".join(f"{grid.batch}x{grid.size}" for grid in grids) if len(grids) > 1 else "-"
