"""What a task found when it compared predictions with labels."""

from dataclasses import dataclass

from longvideo.files.metrics import Metric


@dataclass(frozen=True)
class Scores:
    """Metrics by flat name, what they were counted over, by which protocol, and where the models ran."""

    metrics: dict[str, Metric]
    counts: dict[str, int]
    protocol: str
    device: str
