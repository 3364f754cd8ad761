"""A data set: a generated world, or a real one in the layout that users already have on disk."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from longvideo.specs.base import Count, Fraction, Name, Spec
from longvideo.specs.decode import TrimSpec, VideoTarget

ALL_VIDEOS = "all"
"""The split of all videos, where the other splits are lists of these."""


class MiniworldDataset(Spec):
    """A procedural world, one per seed, rendered to video files with annotations in the real data set's formats."""

    format: Literal["miniworld"]
    stands_for: Name
    story: Name
    purpose: Literal["report", "dev"]
    videos: dict[Name, Count]
    duration_s: Count
    fps: Count
    width: Count
    height: Count
    train_split: Name
    test_split: Name
    trim: None = None

    @property
    def generated(self) -> bool:
        """True: each seed has a world of its own."""
        return True

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits of the data set."""
        return tuple(self.videos)

    @model_validator(mode="after")
    def _splits_exist(self) -> "MiniworldDataset":
        check_splits(self.split_names, self.train_split, self.test_split)
        return self


class AvaSplit(Spec):
    """Where one split of AVA lies: a folder of videos and the official CSV files."""

    videos: str
    labels: str
    excluded: str | None = None
    expected_videos: Count | None = None
    expected_labels: Count | None = None


class AvaDataset(Spec):
    """AVA, or the user's own videos annotated in its formats; paths are relative to the repository or absolute."""

    format: Literal["ava"]
    stands_for: Name
    splits: dict[Name, AvaSplit]
    label_map: str
    trim: TrimSpec | None = None
    train_split: Name
    test_split: Name

    @property
    def generated(self) -> bool:
        """False: all seeds share the same videos."""
        return False

    @property
    def of_pictures(self) -> bool:
        """False: its videos are files."""
        return False

    @property
    def tolerated_missing(self) -> float:
        """0: every video should be there."""
        return 0.0

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits of the data set."""
        return tuple(self.splits)

    @model_validator(mode="after")
    def _splits_exist(self) -> "AvaDataset":
        check_splits(self.split_names, self.train_split, self.test_split)
        return self


class PoolDataset(Spec):
    """A procedural world of action recognition, one per seed: one pool of videos that all splits share.

    With `folds` its splits are train1, test1, train2 and so on, without them train and test.
    """

    format: Literal["miniworld_pool"]
    stands_for: Name
    story: Name
    purpose: Literal["report", "dev"]
    videos: Count
    folds: Count | None
    duration_s: Count
    fps: Count
    width: Count
    height: Count
    decode: VideoTarget

    @property
    def generated(self) -> bool:
        """True: each seed has a world of its own."""
        return True

    @property
    def split_names(self) -> tuple[str, ...]:
        """All videos, and the splits of the data set."""
        numbers = ("",) if self.folds is None else range(1, self.folds + 1)
        return (ALL_VIDEOS, *(f"{part}{number}" for number in numbers for part in ("train", "test")))

    def fold(self, number: int | None) -> tuple[Name, Name]:
        """Return the splits that are trained on and scored; see `check_fold`."""
        return check_fold(self.split_names, number)


class RecognitionSplit(Spec):
    """Where one split of a data set of action recognition lies: a folder of videos and the official labels."""

    videos: str
    labels: str
    number: Count | None = None
    part: Literal["train", "test"] | None = None
    expected_videos: Count | None = None


class RecognitionDataset(Spec):
    """A data set of action recognition, or the user's own videos labelled in the format of one; paths as with AVA."""

    format: Literal["ucf101", "hmdb51", "charades", "kinetics", "something_v1", "something_v2"]
    stands_for: Name
    splits: dict[Name, RecognitionSplit]
    decode: VideoTarget
    classes: str | None = None
    expected_classes: Count | None = None
    expected_videos: Count | None = None
    tolerated_missing: Fraction = 0.0

    @property
    def of_pictures(self) -> bool:
        """Whether each video is a folder of numbered pictures."""
        return self.format == "something_v1"

    @property
    def generated(self) -> bool:
        """False: all seeds share the same videos."""
        return False

    @property
    def split_names(self) -> tuple[str, ...]:
        """All videos, and the splits of the data set."""
        return (ALL_VIDEOS, *self.splits)

    def fold(self, number: int | None) -> tuple[Name, Name]:
        """Return the splits that are trained on and scored; see `check_fold`."""
        return check_fold(self.split_names, number)

    @model_validator(mode="after")
    def _keys_fit_the_format(self) -> "RecognitionDataset":
        if ALL_VIDEOS in self.splits:
            raise ValueError(f"expected splits of other names than {ALL_VIDEOS!r}, which stands for all videos")
        of_classes = self.format == "hmdb51"
        if of_classes != (self.classes is None):
            raise ValueError(f"expected {'no classes' if of_classes else 'classes, a file,'} with format {self.format}")
        for name, split in self.splits.items():
            if {of_classes} != {split.number is not None, split.part is not None}:
                expected = "number and part" if of_classes else "neither number nor part"
                raise ValueError(f"expected {expected} in split {name} with format {self.format}")
        return self


BoxDataset = MiniworldDataset | AvaDataset
VideoDataset = PoolDataset | RecognitionDataset
GeneratedDataset = MiniworldDataset | PoolDataset
RealDataset = AvaDataset | RecognitionDataset
Dataset = BoxDataset | VideoDataset
DatasetSpec = Annotated[Dataset, Field(discriminator="format")]
DATASET: TypeAdapter[Dataset] = TypeAdapter(DatasetSpec)
"""Reads a data set of any format: `DATASET.validate_json(text)`."""


def check_fold(names: tuple[str, ...], number: int | None) -> tuple[Name, Name]:
    """Return the names of the splits of one of several official folds, or of the only one.

    Raises:
        ValueError: The data set has no such fold.
    """
    train, test = (f"{part}{'' if number is None else number}" for part in ("train", "test"))
    if not {train, test} <= set(names):
        raise ValueError(f"expected a fold with splits among {', '.join(names[1:])}, found {train} and {test}")
    return train, test


def check_splits(names: tuple[str, ...], train_split: str, test_split: str) -> None:
    """Raise ValueError unless training and testing each name a split of the data set."""
    for split in (train_split, test_split):
        if split not in names:
            raise ValueError(f"expected train_split and test_split among {', '.join(names)}, found {split!r}")
