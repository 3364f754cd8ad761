"""Static cells: what the paper-scale networks themselves say, computed without data or training.

    ARCHITECTURE.STAGE.specification    a stage in the notation of table 7.1
    ARCHITECTURE.STAGE.output           its output size, for an input of 32x224x224
    MODEL.params, MODEL.macs            counts; MODEL can be a sum, "cnn_r50+lfb_r50_nl_2l"
    MODEL.mparams                       parameters in 10^6
    MODEL.gmacs                         multiply-adds in 10^9, what video papers print as GFLOPs
    MODEL.gmacs_per_frame               the same, over the frames that the model is counted at
    MODEL/MODEL.params, ...             the ratio of two models' counts
    NAME@16x224.params, ...             all of these for clips of 16x224x224

torch takes seconds to import, so the networks are imported when the first name asks for one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from longvideo.errors import UserError

if TYPE_CHECKING:
    from longvideo.models.describe import StageRow

FRAMES, SIZE = 32, 224
_STAGE_FIELDS = ("specification", "output")
_COUNTS = ("params", "mparams", "macs", "gmacs", "gmacs_per_frame")
_SIZES = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Static:
    """A static value: a number or a text, and what the document's notation has no place for."""

    value: float | None = None
    text: str | None = None
    note: str = ""


def static_value(name: str) -> Static:
    """Compute the static value of a name.

    Raises:
        UserError: The name has another form, or names no known model or stage.
    """
    subject, _, quantity = name.rpartition(".")
    if quantity in _COUNTS and subject:
        above, _, below = subject.partition("/")
        return Static(value=_count(above, quantity) / (_count(below, quantity) if below else 1))
    architecture, _, stage = subject.rpartition(".")
    if quantity not in _STAGE_FIELDS or not architecture:
        forms = "ARCHITECTURE.STAGE.specification, ARCHITECTURE.STAGE.output or MODEL."
        forms += " or MODEL.".join(_COUNTS)
        raise UserError(f"static cell: expected {forms}; found {name!r}")
    rows = _stages(architecture)
    if stage not in rows:
        raise UserError(f"static cell {name!r}: expected a stage among {', '.join(rows)}; found {stage!r}")
    row = rows[stage]
    return Static(text=row.specification, note=row.note) if quantity == "specification" else Static(text=row.output)


def matches(static: Static, printed: float | str | None, number_format: str) -> bool | None:
    """Compare a static value with the printed one; None if either is missing.

    Texts are compared after normalising white space; numbers as they would be printed, so to the printed digits.
    """
    if printed is None:
        return None
    if static.text is not None:
        return normalise(static.text) == normalise(str(printed))
    if static.value is None or isinstance(printed, str):
        return None
    return format(static.value, number_format) == format(printed, number_format)


def normalise(text: str) -> str:
    """Collapse white space to single spaces and drop it next to punctuation."""
    return re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(text.split()))


def _at(name: str) -> tuple[str, int | None, int | None]:
    """Split a name from the frames and the side in pixels that it is to be seen at; None where it does not say."""
    base, at, sizes = name.partition("@")
    match = _SIZES.fullmatch(sizes)
    if not at:
        return name, None, None
    if match is None:
        raise UserError(f"static cell: expected frames and pixels after '@', such as @16x224; found {name!r}")
    return base, int(match[1]), int(match[2])


@lru_cache
def _stages(architecture: str) -> "dict[str, StageRow]":
    from longvideo.models.describe import architecture_rows

    name, frames, size = _at(architecture)
    return {row.stage: row for row in architecture_rows(name, frames or FRAMES, size or SIZE)}


@lru_cache
def _count(model: str, quantity: str) -> float:
    from longvideo.models.catalogue import complexity_of, default_frames

    name, frames, size = _at(model)
    counts = complexity_of(name, frames, size)
    if quantity in ("params", "mparams"):
        return counts.params / (1e6 if quantity == "mparams" else 1)
    if quantity == "macs":
        return counts.macs
    return counts.macs / 1e9 / ((frames or default_frames(name)) if quantity == "gmacs_per_frame" else 1)
