"""Experiments on the actions of boxes: a network, its clips, its long-term bank and its recipe (thesis chapter 7)."""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Fraction, Name, Positive, Spec
from longvideo.specs.experiment import EXPERIMENT_ID, ExperimentId, NamedSpec, OptimSpec, init_experiment


class ClipSpec(Spec):
    """How a clip is cut from a decoded video and scaled; sides in pixels, the stride in frames."""

    frames: Count
    stride: Count
    train_short_side: tuple[Count, Count]
    train_crop: Count
    test_short_side: Count
    test_crop: Count

    @model_validator(mode="after")
    def _crops_fit(self) -> "ClipSpec":
        low, high = self.train_short_side
        if low > high:
            raise ValueError(f"expected train_short_side as [low, high], found [{low}, {high}]")
        if self.train_crop > low or self.test_crop > self.test_short_side:
            raise ValueError("expected crops no larger than the short side that they are cut from")
        return self


class OperatorSpec(Spec):
    """What is joined to the short-term feature: nothing, a bank operator, or the short-term operator (`sto`)."""

    kind: Literal["none", "nl", "avg", "max", "sto"]
    layers: Count = 2
    dim: Count = 512
    dropout: Fraction = 0.2
    mask_padding: bool = False
    init: Literal["released", "fan_in"] = "released"

    @property
    def reads_bank(self) -> bool:
        """Whether the operator looks at a long-term feature bank."""
        return self.kind in ("nl", "avg", "max")


class BankSpec(Spec):
    """The long-term feature bank that an operator reads: who made it, and the window seen from a clip."""

    experiment: ExperimentId = Field(pattern=EXPERIMENT_ID)
    window_s: Positive
    slots_per_s: Count = 5
    causal: bool = False
    shuffle_videos: bool = False
    min_score: Fraction = 0.9


class BoxesSpec(Spec):
    """Which boxes are trained on and tested: detection scores, and the overlap at which a detection gets labels."""

    train_min_score: Fraction = 0.9
    train_label_iou: Fraction = 0.9
    test_min_score: Fraction = 0.85


class ActionSpec(NamedSpec):
    """Actions of the boxes of a data set in AVA's formats."""

    architecture: Name
    clip: ClipSpec
    operator: OperatorSpec
    classifier_dropout: Fraction = 0.3
    bank: BankSpec | None = None
    init: str | None = None
    freeze_backbone: bool = False
    boxes: BoxesSpec = BoxesSpec()
    optim: OptimSpec

    @model_validator(mode="after")
    def _parts_agree(self) -> "ActionSpec":
        if self.operator.reads_bank != (self.bank is not None):
            expected = "a bank" if self.operator.reads_bank else "no bank"
            raise ValueError(f"expected {expected} with operator {self.operator.kind!r}")
        if self.freeze_backbone and init_experiment(self.init) is None:
            raise ValueError("expected init to name an experiment where freeze_backbone is true")
        return self
