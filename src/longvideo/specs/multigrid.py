"""How a training is sped up by changing the shape of its mini-batches (thesis chapter 6)."""

from typing import Annotated, Literal

from pydantic import Field

from longvideo.specs.base import Positive, Spec

Part = Annotated[float, Field(gt=0, le=1)]


class MultigridSpec(Spec):
    """Long and short cycles over sampling grids; the recipe that they speed up is the experiment's own.

    `factors` are parts of the frames and of the side of each shape of a long cycle, `short_factors` parts of the
    side. `epoch_factor` makes training longer in epochs; `iteration_factor`, if given, decides that instead: as
    many times fewer updates, or, with `updates_of`, as many as with all of the defaults at that epoch factor. With
    neither long nor short cycles it is the recipe itself, made longer or shorter. `whole_epochs` lets stages end
    after whole epochs only, as the authors' release does.
    """

    long: bool = True
    short: bool = True
    cycles: Literal["multi", "single"] = "multi"
    factors: tuple[tuple[Part, Part], ...] = Field(
        default=((0.25, 0.5**0.5), (0.5, 0.5**0.5), (0.5, 1.0), (1.0, 1.0)), min_length=1
    )
    short_factors: tuple[Part, ...] = (0.5, 0.5**0.5)
    epoch_factor: Positive = 1.5
    iteration_factor: Positive | None = None
    updates_of: Positive | None = None
    fine_tune: bool = True
    whole_epochs: bool = False


PLAIN = MultigridSpec(long=False, short=False, epoch_factor=1.0)
"""What makes a schedule of a recipe that leaves it as it is."""
