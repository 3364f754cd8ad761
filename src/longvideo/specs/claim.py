"""Claims of a document as data: directional statements about places of a table, or about what is measured directly."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Name, Positive, Spec
from longvideo.specs.experiment import EXPERIMENT_ID, ExperimentId

CellKey = tuple[str, str]
"""[row key, column key]."""


class Measurement(Spec):
    """A value in the metrics files of an experiment, one per seed; `metric` is a dotted path, such as `groups.CLIP`."""

    experiment: ExperimentId = Field(pattern=EXPERIMENT_ID)
    metric: str = Field(pattern=r"^[A-Za-z0-9_.]+$")


class GreaterClaim(Spec):
    """`left` is greater than `right`: the paired difference over seeds is above zero."""

    kind: Literal["greater"]
    id: Name
    text: str
    source: str
    left: CellKey | Measurement
    right: CellKey | Measurement


class TrendClaim(Spec):
    """The value rises with log2 of `x`: the slope, fitted per seed, is above zero (`direction: falls`: below)."""

    kind: Literal["trend"]
    id: Name
    text: str
    source: str
    cells: tuple[CellKey | Measurement, ...] = Field(min_length=3)
    x: tuple[Positive, ...]
    direction: Literal["rises", "falls"] = "rises"

    @model_validator(mode="after")
    def _one_x_per_cell(self) -> "TrendClaim":
        if len(self.x) != len(self.cells):
            raise ValueError(f"expected one x per cell, found {len(self.x)} for {len(self.cells)} cells")
        return self


class NoGainClaim(Spec):
    """A control keeps less than `share` of the gain: left - right < share * (gain - right), paired per seed."""

    kind: Literal["no_gain"]
    id: Name
    text: str
    source: str
    left: CellKey | Measurement
    right: CellKey | Measurement
    gain: CellKey | Measurement
    share: float = Field(default=0.25, gt=0, lt=1)


Claim = GreaterClaim | TrendClaim | NoGainClaim
ClaimSpec = Annotated[Claim, Field(discriminator="kind")]


def claim_cells(claim: Claim) -> tuple[CellKey | Measurement, ...]:
    """List what a claim compares, in the order of its keys."""
    if isinstance(claim, TrendClaim):
        return claim.cells
    if isinstance(claim, NoGainClaim):
        return (claim.left, claim.right, claim.gain)
    return (claim.left, claim.right)
