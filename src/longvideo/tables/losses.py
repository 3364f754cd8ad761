"""The losses of several trainings side by side, over the share of training that is done: for `dvc plots show`."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longvideo.errors import UserError

PERCENT = np.arange(1, 101)
MAX_BYTES = 100_000_000


def losses_csv(logs: Sequence[Path], root: Path) -> str:
    """Return CSV: a row per percent of training, a column per experiment with the mean over its seeds.

    Args:
        logs: Files `ROOT/EXPERIMENT/VARIANT/sSEED/log.jsonl`.
        root: Folder of the checkpoints.

    Raises:
        UserError: A file is missing, or holds something else than losses.
    """
    curves = defaultdict(list)
    for path in logs:
        curves[path.relative_to(root).parents[1].as_posix()].append(_read(path))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["percent", *curves])
    columns = [np.mean(curve, axis=0) for curve in curves.values()]
    writer.writerows([percent, *(f"{value:.6g}" for value in values)] for percent, *values in zip(PERCENT, *columns))
    return text.getvalue()


def _read(path: Path) -> NDArray[np.float64]:
    """Read the loss of one training at each percent of it."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: expected losses of at most {MAX_BYTES} bytes, found {path.stat().st_size}")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        steps, losses = (np.array([float(row[key]) for row in rows]) for key in ("step", "loss"))
    except FileNotFoundError:
        raise UserError(f"{path}: expected the losses of a training, found no such file") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: expected lines with step and loss, found something else ({error})") from None
    if len(steps) == 0 or not (steps > 0).all() or not (np.diff(steps) > 0).all():
        raise UserError(f"{path}: expected steps that rise, found {'others' if len(steps) else 'none'}")
    return np.interp(PERCENT / 100 * steps[-1], steps, losses)
