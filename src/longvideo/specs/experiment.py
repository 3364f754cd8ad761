"""An experiment: a network, its clips, its long-term bank and its recipe; one file, one variant per row of a table.

What a step receives is the resolved spec, in which nothing is left to look up: see `longvideo.specs.load`.
"""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Fraction, Name, Positive, Spec

FILE_PREFIX = "file:"
ExperimentId = str
"""`experiment/variant`, such as `ava_lfb/nl`."""
EXPERIMENT_ID = r"^[a-z][a-z0-9_]*/[a-z0-9][a-z0-9_]*$"


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


class OptimSpec(Spec):
    """Gradient descent with a step schedule; `steps` and `drop_at` count updates, `momentum` is of "sgd" alone."""

    optimizer: Literal["sgd", "adamw"] = "sgd"
    steps: Count
    batch: Count
    lr: Positive
    drop_at: tuple[Count, ...] = ()
    drop_factor: Positive = 0.1
    warmup_steps: int = Field(default=0, ge=0)
    warmup_lr: float = Field(default=0.0, ge=0)
    weight_decay: float = Field(ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)

    @model_validator(mode="after")
    def _drops_are_reached(self) -> "OptimSpec":
        if list(self.drop_at) != sorted(set(self.drop_at)) or any(drop >= self.steps for drop in self.drop_at):
            raise ValueError(f"expected drop_at to rise and to stay below steps ({self.steps}), found {self.drop_at}")
        return self


class ExperimentSpec(Spec):
    """One variant of an experiment at one scale, with nothing left open."""

    name: Name
    variant: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)
    dataset: Name
    architecture: Name
    clip: ClipSpec
    operator: OperatorSpec
    classifier_dropout: Fraction = 0.3
    bank: BankSpec | None = None
    init: str | None = None
    freeze_backbone: bool = False
    boxes: BoxesSpec = BoxesSpec()
    optim: OptimSpec

    @property
    def id(self) -> ExperimentId:
        """`experiment/variant`, the folder of everything that this experiment makes."""
        return f"{self.name}/{self.variant}"

    @property
    def init_experiment(self) -> ExperimentId | None:
        """The experiment whose checkpoint of the same seed training starts from, if it starts from one."""
        return None if self.init is None or self.init.startswith(FILE_PREFIX) else self.init

    @property
    def init_file(self) -> str | None:
        """The user's own file of weights that training starts from, if it starts from one."""
        is_file = self.init is not None and self.init.startswith(FILE_PREFIX)
        return self.init.removeprefix(FILE_PREFIX) if self.init is not None and is_file else None

    @model_validator(mode="after")
    def _parts_agree(self) -> "ExperimentSpec":
        if self.operator.reads_bank != (self.bank is not None):
            expected = "a bank" if self.operator.reads_bank else "no bank"
            raise ValueError(f"expected {expected} with operator {self.operator.kind!r}")
        if self.freeze_backbone and self.init_experiment is None:
            raise ValueError("expected init to name an experiment where freeze_backbone is true")
        return self
