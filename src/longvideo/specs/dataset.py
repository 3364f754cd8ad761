"""A data set: a generated world, or a real one in the layout that users already have on disk."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from longvideo.specs.base import Count, Name, Positive, Spec


class TrimSpec(Spec):
    """The annotated part of each video, in seconds of its file; annotations count from the file's start."""

    start_s: float = Field(ge=0)
    duration_s: Positive


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
    def split_names(self) -> tuple[str, ...]:
        """The splits of the data set."""
        return tuple(self.splits)

    @model_validator(mode="after")
    def _splits_exist(self) -> "AvaDataset":
        check_splits(self.split_names, self.train_split, self.test_split)
        return self


DatasetSpec = Annotated[MiniworldDataset | AvaDataset, Field(discriminator="format")]
DATASET: TypeAdapter[MiniworldDataset | AvaDataset] = TypeAdapter(DatasetSpec)
"""Reads a data set of any format: `DATASET.validate_json(text)`."""


def check_splits(names: tuple[str, ...], train_split: str, test_split: str) -> None:
    """Raise ValueError unless training and testing each name a split of the data set."""
    for split in (train_split, test_split):
        if split not in names:
            raise ValueError(f"expected train_split and test_split among {', '.join(names)}, found {split!r}")
