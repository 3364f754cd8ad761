"""Show a multigrid training schedule: shapes, updates, learning rates and what it saves.

Of a recipe of thesis chapter 6, or of your own; values that are given replace those of the recipe.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from longvideo.commands._multigrid_table import as_json, as_text, table_rows
from longvideo.errors import UserError
from longvideo.specs.problems import unknown
from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.grid import BN_BASE_SIZE, Grid
from longvideo.training.multigrid.schedule import Baseline, MultigridSchedule
from longvideo.training.multigrid.settings import SETTINGS, Setting

MOST = 10**9
MOST_UPDATES = 10**7
PICTURES = (".svg", ".png")
SWITCHES = {
    "long": "go through the base shapes of long cycles",
    "short": "change the side with every update",
    "fine-tune": "keep the last learning rate for the last shape",
    "whole-epochs": "let stages end after whole epochs",
}
PANELS = {
    "(a) baseline": (False, False),
    "(b) long cycles": (True, False),
    "(c) short cycles": (False, True),
    "(d) long + short cycles": (True, True),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("setting", nargs="?", metavar="NAME", help=f"a recipe: {', '.join(SETTINGS)}")
    recipe = parser.add_argument_group("the recipe that is sped up")
    recipe.add_argument("--epochs", type=float, metavar="E", help="how long it trains")
    recipe.add_argument("--steps", metavar="0,A,B", help="epochs at which its learning rate drops")
    recipe.add_argument("--lr", type=float, help="learning rate (0.1)")
    recipe.add_argument("--drop-factor", type=float, metavar="F", help="what a drop multiplies it by (0.1)")
    recipe.add_argument("--warmup-epochs", type=float, metavar="E", help="epochs over which it rises first (0)")
    recipe.add_argument("--warmup-lr", type=float, metavar="LR", help="where it starts to rise (0)")
    for name, text in (("batch", "clips per update, of all devices"), ("frames", "per clip"), ("size", "pixels")):
        recipe.add_argument(f"--{name}", type=int, metavar=name[0].upper(), help=text)
    recipe.add_argument("--devices", type=int, metavar="N", help="that share a batch (1)")
    length = recipe.add_mutually_exclusive_group()
    length.add_argument("--iterations", type=int, metavar="N", help="updates that it takes")
    length.add_argument("--videos", type=int, metavar="N", help="that it trains on; updates are then counted exactly")
    grids = parser.add_argument_group("multigrid")
    for name, text in SWITCHES.items():
        grids.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=True, help=text)
    grids.add_argument("--single-cycle", action="store_true", help="one long cycle for all, without fine-tuning")
    grids.add_argument("--cosine", action="store_true", help="let the learning rate fall along a cosine")
    factor = grids.add_mutually_exclusive_group()
    factor.add_argument("--epoch-factor", type=float, default=1.5, metavar="X", help="how much longer, in epochs (1.5)")
    factor.add_argument("--iteration-factor", type=float, metavar="X", help="as many times fewer updates instead")
    grids.add_argument(
        "--bn-base-size", type=int, default=BN_BASE_SIZE, metavar="N", help="clips that statistics are over (8)"
    )
    grids.add_argument(
        "--size-multiple", type=int, default=1, metavar="N", help="round the sides of crops to a multiple of N (1)"
    )
    parser.add_argument("--json", action="store_true", help="print all values as JSON")
    parser.add_argument("--out", type=Path, metavar="F.svg", help="draw it beside its baseline, as in figure 6.2")


def run(args: argparse.Namespace) -> int:
    """Print the schedule, and draw it if that is asked for."""
    if args.out is not None and args.out.suffix not in PICTURES:
        raise UserError(f"--out: expected a name that ends in {' or '.join(PICTURES)}, found {args.out.name!r}")
    setting = _setting(args)
    schedule = _schedule(args, setting, args.long, args.short)
    rows = table_rows(schedule, setting, args.bn_base_size, _updates(args, schedule, setting))
    if args.json:
        print(json.dumps(as_json(schedule, setting, rows), indent=1))
    else:
        print(as_text(schedule, setting, rows))
    if args.out is not None:
        from longvideo.tables.figures.grid_schedule import draw_schedules

        panels = [(title, _schedule(args, setting, *switches)) for title, switches in PANELS.items()]
        draw_schedules(panels, args.out)
    return 0


def _setting(args: argparse.Namespace) -> Setting:
    """Return the recipe that is meant, with the values that were given.

    Raises:
        UserError: It is not known, values are missing, or are no recipe's.
    """
    if args.setting is not None and args.setting not in SETTINGS:
        raise UserError(unknown("recipe", args.setting, SETTINGS))
    named = SETTINGS.get(args.setting)
    needed = ("epochs", "batch", "frames", "size")
    missing = [f"--{name}" for name in needed if getattr(args, name) is None]
    if named is None and missing:
        raise UserError(f"expected a recipe ({', '.join(SETTINGS)}) or values, found no {', '.join(missing)}")
    for name in ("batch", "frames", "size", "devices", "iterations", "videos", "bn_base_size"):
        value = getattr(args, name)
        if value is not None and not 0 < value <= MOST:
            raise UserError(f"--{name.replace('_', '-')}: expected 1 to {MOST}, found {value}")
    given: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("epochs", "lr", "drop_factor", "warmup_epochs", "warmup_lr")
        if getattr(args, name) is not None
    }
    if args.steps is not None:
        given["drop_at"] = _drops(args.steps)
    named = named or Setting(
        Baseline(args.epochs, 0.1, Grid(args.batch, args.frames, args.size)), 1, None, "own values"
    )
    shape = {name: getattr(args, name) for name in Grid._fields if getattr(args, name) is not None}
    baseline = replace(named.baseline, grid=named.baseline.grid._replace(**shape), **given)
    own = baseline != named.baseline
    iterations = args.iterations or (None if own else named.iterations)
    if args.videos is not None:
        iterations = round(baseline.epochs * args.videos / baseline.grid.batch)
    where = named.where + (" with own values" if own and args.setting else "")
    return Setting(baseline, args.devices or named.devices, iterations, where)


def _drops(text: str) -> tuple[float, ...]:
    try:
        drops = tuple(float(part) for part in text.split(",") if part)
    except ValueError as error:
        raise UserError(f"--steps: expected epochs such as 0,94,154,196, found {text!r}") from error
    return drops[1:] if drops[:1] == (0,) else drops


def _schedule(args: argparse.Namespace, setting: Setting, long: bool, short: bool) -> MultigridSchedule:
    plain = not (long or short) and (args.long or args.short)  # the baseline that a picture compares with
    return multigrid_schedule(
        setting.baseline,
        long=long,
        short=short,
        cycles="single" if args.single_cycle else "multi",
        policy="cosine" if args.cosine else "steps",
        epoch_factor=1.0 if plain else args.epoch_factor,
        iteration_factor=None if plain else args.iteration_factor,
        fine_tune=args.fine_tune,
        whole_epochs=args.whole_epochs,
        size_multiple=args.size_multiple,
    )


def _updates(args: argparse.Namespace, schedule: MultigridSchedule, setting: Setting) -> list[float] | None:
    """Count the updates of each stage, if it is known how many an epoch has."""
    if args.videos is not None:
        if schedule.epochs * args.videos / setting.baseline.grid.batch > MOST_UPDATES:
            raise UserError(f"--videos: expected at most {MOST_UPDATES} updates of the baseline; leave it out")
        from longvideo.training.multigrid.sampler import GridPlan

        return [*GridPlan(schedule, args.videos, 0, world=setting.devices).steps_by_stage()]
    if setting.iterations is None:
        return None
    share = setting.iterations / setting.baseline.epochs
    return [schedule.iterations(stage) * share for stage in schedule.stages]
