"""Metrics files of runs that never were."""

from collections.abc import Mapping
from pathlib import Path

from longvideo.files.metrics import Metric, RunMetrics, metrics_path, write_metrics


def write_run(
    root: Path,
    experiment_id: str,
    seed: int,
    metrics: Mapping[str, tuple[float | None, str]],
    path_seed: int | None = None,
    **changes: str,
) -> None:
    """Write the metrics of a run: value and unit by name; with `path_seed`, into the file of another seed."""
    experiment, variant = experiment_id.split("/")
    facts = {"dataset": f"miniworld-s{seed}", "split": "test", "protocol": "lfb", "commit": "abc", "device": "cpu"}
    run = RunMetrics(
        experiment=experiment,
        variant=variant,
        seed=seed,
        scale="mini",
        metrics={name: Metric(value=value, unit=unit) for name, (value, unit) in metrics.items()},
        counts={},
        spec_hash="00",
        software={},
        **facts | changes,
    )
    write_metrics(metrics_path(root, experiment_id, seed if path_seed is None else path_seed), run)
