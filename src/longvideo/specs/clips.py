"""Experiments on what clips show: videos are classified from clips of them, in training of one shape or of many.

Time is counted in epochs throughout: multigrid training (thesis chapter 6) changes how many updates one takes.
"""

from typing import Literal

from pydantic import Field, model_validator

from longvideo.specs.base import Count, Fraction, Name, Positive, Spec
from longvideo.specs.experiment import NamedSpec
from longvideo.specs.multigrid import MultigridSpec


class ClipViewSpec(Spec):
    """Clips for training; `stride` null takes a frame from each of `frames` segments of the whole video instead.

    The short side is drawn from `short_side`, uniformly or, with `inverse`, so that its inverse is uniform. Crops of
    multigrid training are rounded to a multiple of `crop_multiple`.
    """

    frames: Count
    stride: Count | None
    short_side: tuple[Count, Count]
    crop: Count
    crop_multiple: Count = 1
    inverse: bool = False
    flip: bool = True

    @model_validator(mode="after")
    def _crop_fits(self) -> "ClipViewSpec":
        low, high = self.short_side
        if not self.crop <= low <= high:
            raise ValueError(
                f"expected a short_side [low, high] of at least the crop, {self.crop}, found {low}, {high}"
            )
        if self.crop % self.crop_multiple:
            raise ValueError(f"expected a crop of a multiple of crop_multiple, {self.crop_multiple}, found {self.crop}")
        return self


class ClipTestSpec(Spec):
    """How a video is scored: by clips from all over it, each cut at one place or at three, whose scores are pooled."""

    clips: Count = 10
    crops: Literal[1, 3] = 1
    short_side: Count
    crop: Count
    pooling: Literal["mean", "softmax", "max"] = "softmax"

    @model_validator(mode="after")
    def _crop_fits(self) -> "ClipTestSpec":
        if self.crop > self.short_side:
            raise ValueError(f"expected a crop of at most short_side, {self.short_side}, found {self.crop}")
        return self


class ClipOptimSpec(Spec):
    """The recipe of the baseline: SGD, whose rate drops in steps or falls along a cosine; times are in epochs.

    With a cosine, `drop_at` only says where the long cycles of multigrid training begin.
    """

    optimizer: Literal["sgd"] = "sgd"
    epochs: Positive
    batch: Count
    lr: Positive
    policy: Literal["steps", "cosine"] = "steps"
    drop_at: tuple[Positive, ...] = ()
    drop_factor: Positive = 0.1
    warmup_epochs: float = Field(default=0.0, ge=0)
    warmup_lr: float = Field(default=0.0, ge=0)
    weight_decay: float = Field(ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)

    @model_validator(mode="after")
    def _drops_are_reached(self) -> "ClipOptimSpec":
        if list(self.drop_at) != sorted(set(self.drop_at)) or any(drop >= self.epochs for drop in self.drop_at):
            raise ValueError(
                f"expected drop_at to rise and to stay below epochs ({self.epochs:g}), found {self.drop_at}"
            )
        return self


class ClipsSpec(NamedSpec):
    """One network, its training and its tests; `also` are further tests of the same model, by name.

    `labels`: videos have `one` label, or `several` from a time to another. `inflate`: the file of `init` is a network
    of images. `norm_clips` are the clips that batch norm's statistics are over, in the base shape of a stage, and
    `precise_norm_batches` the batches of the last base shape that its statistics for testing are taken from, when
    training is done and of at most an epoch; 0 keeps the running statistics.
    """

    task: Literal["clips"]
    fold: Count | None = None
    labels: Literal["one", "several"]
    architecture: Name
    dropout: Fraction = 0.5
    clip: ClipViewSpec
    test: ClipTestSpec
    also: dict[Name, ClipTestSpec] = Field(default_factory=dict)
    init: str | None = None
    inflate: bool = False
    norm_clips: Count = 8
    precise_norm_batches: int = Field(default=0, ge=0)
    multigrid: MultigridSpec | None = None
    optim: ClipOptimSpec

    @property
    def tests(self) -> dict[str, ClipTestSpec]:
        """All tests by name; that of `test` has none."""
        return {"": self.test, **self.also}
