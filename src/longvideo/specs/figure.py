"""A figure of a document as data: which kind of drawing it is, what it is drawn from, and what the document prints.

A figure is drawn from videos of a data set (`VideoFigure`), from metrics of experiments and printed numbers
(`MeasuredFigure`), or from what a recipe says, without data.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter, model_validator

from longvideo.specs.base import Count, Fraction, Name, Positive, Spec
from longvideo.specs.claim import Claim, ClaimSpec, Measurement, claim_cells
from longvideo.specs.experiment import EXPERIMENT_ID, ExperimentId
from longvideo.specs.multigrid import MultigridSpec

Form = Literal["svg", "png"]
InputKind = Literal["compressed", "rgb", "rgb_and_flow", "compressed_and_flow"]


class FigureHead(Spec):
    """What all figures share: the target, where the document has it, its caption, and what a reader must know."""

    form: ClassVar[Form] = "svg"
    target: Name
    document: Literal["thesis", "cm"]
    where: str
    title: str
    note: str = ""


class VideoFigure(FigureHead):
    """A figure of test videos of a data set, of the run's first seed; `fold` is one of its official splits."""

    dataset: Name
    fold: Count | None = None


class CompressedFramesFigure(VideoFigure):
    """Motion and residual of frames of one GOP, raw and accumulated; `video` null is the first of the split."""

    form: ClassVar[Form] = "png"
    kind: Literal["compressed_frames"]
    video: str | None = None
    group: int = Field(default=0, ge=0)
    positions: tuple[Count, ...] = Field(min_length=1)
    most_motion: Fraction
    most_residual: Count


class VideoSpaceFigure(VideoFigure):
    """Two videos of one action as curves in t-SNE spaces; of the first of `actions`, else of all, that has two."""

    kind: Literal["video_space"]
    actions: tuple[str, ...] = Field(min_length=1)
    frames: Count
    side: Count
    accumulated: bool
    perplexity: Positive


class PointSpec(Spec):
    """A system: its times and input sizes per frame are summed, its accuracies averaged."""

    label: str
    input: InputKind
    time: tuple[Measurement, ...] = Field(min_length=1)
    accuracy: tuple[Measurement, ...] = Field(min_length=1)
    size: tuple[Measurement, ...] = Field(min_length=1)


class PrintedPointSpec(Spec):
    """A system's printed accuracy, and its time per frame in ms where the document prints one."""

    label: str
    input: InputKind
    accuracy: float
    time_ms: Positive | None = None
    source: str


class SpeedAccuracyFigure(FigureHead):
    """Inference time per frame against accuracy; the node's size is that of the input."""

    kind: Literal["speed_accuracy"]
    points: tuple[PointSpec, ...] = Field(min_length=1)
    printed: tuple[PrintedPointSpec, ...]

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Everything that the points need measured, each once."""
        found = (part for point in self.points for part in (*point.time, *point.accuracy, *point.size))
        return tuple(dict.fromkeys(found))


class CurvePointSpec(Spec):
    """A trained model; the label says for how long."""

    label: str
    experiment: ExperimentId = Field(pattern=EXPERIMENT_ID)


class CurveSpec(Spec):
    """One way of training, for several lengths."""

    label: str
    points: tuple[CurvePointSpec, ...] = Field(min_length=1)


class PrintedCurvePointSpec(Spec):
    """A model's printed accuracy, and how many times faster than the baseline the document trains it."""

    curve: str
    label: str
    accuracy: float
    speedup: Positive = 1.0
    source: str


class TradeOffFigure(FigureHead):
    """Training time, in times of the baseline's, against accuracy; `time` and `accuracy` name metrics.

    Claims compare measurements of these two metrics.
    """

    units: ClassVar[tuple[str, str, str]] = ("× the baseline's time", "%", "")
    """Of the points, as their record has them."""
    kind: Literal["trade_off"]
    baseline: ExperimentId = Field(pattern=EXPERIMENT_ID)
    time: str
    accuracy: str
    curves: tuple[CurveSpec, ...] = Field(min_length=1)
    printed: tuple[PrintedCurvePointSpec, ...]
    claims: tuple[ClaimSpec, ...] = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Everything that the curves need measured, each once."""
        names = [self.baseline, *(point.experiment for curve in self.curves for point in curve.points)]
        metrics = (self.time, self.accuracy)
        drawn = [Measurement(experiment=name, metric=metric) for name in dict.fromkeys(names) for metric in metrics]
        return tuple(dict.fromkeys([*drawn, *(place for claim in self.claims for place in self.compared(claim))]))

    def unit(self, metric: str) -> str:
        """Return the unit of `time` or `accuracy`."""
        return "s" if metric == self.time else "%"

    def compared(self, claim: Claim) -> tuple[Measurement, ...]:
        """Return what a claim compares."""
        return tuple(place for place in claim_cells(claim) if isinstance(place, Measurement))

    @model_validator(mode="after")
    def _claims_name_metrics(self) -> "TradeOffFigure":
        for claim in self.claims:
            for place in claim_cells(claim):
                if not isinstance(place, Measurement) or place.metric not in (self.time, self.accuracy):
                    expected = f"an experiment's {self.time} or {self.accuracy}"
                    raise ValueError(f"claim {claim.id!r}: expected {expected}, found {place}")
        return self


class PanelSpec(Spec):
    """A schedule: what multigrid training makes of a recipe, null for the recipe itself."""

    title: str
    multigrid: MultigridSpec | None


class GridSchedulesFigure(FigureHead):
    """Schedules of one of the documents' recipes side by side, as they are trained at paper scale."""

    kind: Literal["grid_schedules"]
    recipe: str
    panels: tuple[PanelSpec, ...] = Field(min_length=1)


MeasuredFigure = SpeedAccuracyFigure | TradeOffFigure
Figure = CompressedFramesFigure | VideoSpaceFigure | SpeedAccuracyFigure | TradeOffFigure | GridSchedulesFigure
FigureSpec = Annotated[Figure, Field(discriminator="kind")]
FIGURE: TypeAdapter[Figure] = TypeAdapter(FigureSpec)
"""Reads a figure of any kind: `FIGURE.validate_json(text)`."""


class ResolvedFigure(Spec):
    """What the tabulate step gets: the figure and the run that it is drawn from.

    `datasets` maps the document's data sets to those that the run used; `data` is the data id of videos that are drawn.
    """

    figure: FigureSpec
    run: str
    scale: Name
    seeds: tuple[int, ...]
    datasets: dict[Name, Name]
    data: str | None = None
