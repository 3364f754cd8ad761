"""How long a training took: JSON beside the checkpoint, which itself says nothing that differs between two runs."""

from pathlib import Path

from pydantic import Field

from longvideo.files.record import Record, read_record, write_record


class TrainingTimes(Record):
    """What the updates that made a model took, without those that an interruption made to be done again.

    Attributes:
        data_wall_s: Seconds by the clock that were waited for batches.
        data_cpu_s: Seconds of this process' processors meanwhile.
        update_wall_s: Seconds by the clock of forward passes, backward passes and steps of the optimizer.
        update_cpu_s: Seconds of this process' processors meanwhile.
        steps: Updates.
        processes: How many trained together; seconds are those of the first one.
        gpu: Whether updates ran on a GPU.
        device: Where they ran, in words.
    """

    data_wall_s: float = Field(ge=0)
    data_cpu_s: float = Field(ge=0)
    update_wall_s: float = Field(ge=0)
    update_cpu_s: float = Field(ge=0)
    steps: int = Field(ge=1)
    processes: int = Field(ge=1)
    gpu: bool
    device: str


def write_times(path: Path, times: TrainingTimes) -> None:
    """Write the times of a training, whole or not at all."""
    write_record(path, times)


def read_times(path: Path) -> TrainingTimes:
    """Read and check the times of a training.

    Raises:
        UserError: The file is missing, too large, or something else.
    """
    return read_record(path, TrainingTimes, "times")
