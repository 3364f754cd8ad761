"""Where everything of one run lies; the rules in `workflow/rules` write these same paths as templates.

`data` is a data id (`miniworld_ava-s0`, `ava`), `experiment` an id (`ava_lfb/nl`).
"""

from dataclasses import dataclass
from pathlib import Path

from longvideo.files.metrics import metrics_path

DONE_FILE = "videos.done"
RAW_FILES = {"videos": "videos.csv", "labels": "labels.csv", "excluded": "excluded.csv", "label_map": "label_map.pbtxt"}

Paths = dict[str, str]
"""Paths by the name of a step's flag, with underscores."""
Inputs = dict[str, str | list[str]]
"""The same where a flag can have several."""


@dataclass(frozen=True)
class Layout:
    """The files below one run's folder."""

    root: Path

    def raw(self, data: str, split: str) -> Paths:
        """Return the four files that `acquire` makes of one split."""
        return {name: str(self.root / "raw" / data / split / file) for name, file in RAW_FILES.items()}

    def done(self, data: str, split: str) -> str:
        """Return the file that says that the videos of a generated split are there."""
        return str(self.root / "raw" / data / split / DONE_FILE)

    def manifest(self, data: str, split: str) -> str:
        """Return the list of decoded videos."""
        return str(self.root / "decoded" / data / split / "manifest.parquet")

    def flow(self, data: str, split: str) -> str:
        """Return the list of videos of optical flow."""
        return str(self.root / "decoded" / data / split / "flow" / "manifest.parquet")

    def detector(self, data: str) -> str:
        """Return the trained person detector."""
        return str(self.root / "detections" / data / "detector.safetensors")

    def detections(self, data: str, split: str) -> str:
        """Return the detected boxes of one split."""
        return str(self.root / "detections" / data / f"{split}.parquet")

    def checkpoint(self, experiment: str, seed: int) -> str:
        """Return the trained model."""
        return str(self.root / "checkpoints" / experiment / f"s{seed}" / "model.safetensors")

    def losses(self, experiment: str, seed: int) -> str:
        """Return the losses of a training, one JSON object per line."""
        return str(Path(self.checkpoint(experiment, seed)).with_name("log.jsonl"))

    def times(self, experiment: str, seed: int) -> str:
        """Return how long a training took, where that is asked for."""
        return str(Path(self.checkpoint(experiment, seed)).with_name("times.json"))

    def bank(self, experiment: str, seed: int, split: str, pooling: str = "clip") -> Paths:
        """Return the features that an experiment's model computes for every box, and their index.

        `pooling` is "clip" for one feature per box, "step" for one per box and time step of its clip.
        """
        folder = self.root / "banks" / experiment / f"s{seed}" / split / pooling
        return {"features": str(folder / "features.npy"), "index": str(folder / "index.parquet")}

    def predictions(self, experiment: str, seed: int) -> str:
        """Return the scores of every box of the test split."""
        return str(self.root / "predictions" / experiment / f"s{seed}.parquet")

    def metrics(self, experiment: str, seed: int) -> str:
        """Return the metrics of one experiment and seed."""
        return str(metrics_path(self.root / "metrics", experiment, seed))

    def table(self, target: str) -> Paths:
        """Return a table as JSON and as Markdown."""
        folder = self.root / "tables"
        return {"json": str(folder / f"{target}.json"), "markdown": str(folder / f"{target}.md")}

    def figure(self, target: str, form: str) -> Paths:
        """Return a figure's picture, whose form is "svg" or "png", and the record of what it was drawn from."""
        picture = self.root / "figures" / f"{target}.{form}"
        return {"picture": str(picture), "record": f"{picture}.json"}
