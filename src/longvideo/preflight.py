"""What the Snakefile asks before any rule: which run is this, is `config/` sound, which real data are missing?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvideo.errors import UserError
from longvideo.graph import Workspace
from longvideo.specs.dataset import ALL_VIDEOS, MiniworldDataset, PoolDataset
from longvideo.specs.load import CONFIG, DEFAULT_SCALE, load_dataset, load_scale
from longvideo.specs.problems import unknown

CONFIG_KEYS = ("scale", "dataset")
SHOWN_FILES = 20


def open_workspace(values: Mapping[str, Any], config: Path = CONFIG) -> Workspace:
    """Open the run that Snakemake's configuration (`scale`, `dataset`) names, and check everything in `config/`.

    Raises:
        UserError: a key, a name or a file of the configuration is wrong; one line.
    """
    for key in values:
        if key not in CONFIG_KEYS:
            raise UserError(f"--config: {unknown('key', key, CONFIG_KEYS)}")
    scale = load_scale(str(values.get("scale") or DEFAULT_SCALE), config)
    workspace = Workspace(scale, str(values["dataset"]) if values.get("dataset") else None, config)
    workspace.check()
    return workspace


def world_splits(workspace: Workspace) -> list[tuple[str, str]]:
    """List data id and split of the generated worlds that this run's seeds have: what is decoded by itself."""
    names = [name for name in workspace.datasets.values() if load_dataset(name, workspace.config).generated]
    worlds = {
        f"{name}-s{seed}": load_dataset(name, workspace.config) for name in names for seed in workspace.scale.seeds
    }
    return [
        (data, split)
        for data, dataset in worlds.items()
        for split in ([ALL_VIDEOS] if isinstance(dataset, PoolDataset) else dataset.split_names)
    ]


def world_files(workspace: Workspace) -> list[str]:
    """List what says that the generated worlds are whole, videos and all, of those that there are results of."""
    files = workspace.files
    places = [place for place in world_splits(workspace) if Path(files.manifest(*place)).is_file()]
    return [path for place in places for path in (files.done(*place), files.manifest(*place))]


def missing_data(workspace: Workspace) -> list[str]:
    """Say, one line each, which files of data sets and which weights a run expects and does not find.

    They are no rule's inputs, so that the graph resolves without them; `acquire` and `train` check them again.
    """
    lines = []
    for name in workspace.measured_datasets():
        dataset = load_dataset(name, workspace.config)
        if not isinstance(dataset, MiniworldDataset | PoolDataset):
            # Here and not above: a run on generated worlds need not pay for reading annotations.
            from longvideo.data.dataset_check import missing_files

            files = missing_files(dataset)
            lines += [f"{name}: expected {file}, found none" for file in files[:SHOWN_FILES]]
            if len(files) > SHOWN_FILES:
                lines.append(f"{name}: and {len(files) - SHOWN_FILES} more files")
            if files:
                place = workspace.config / "datasets" / f"{name}.yaml"
                lines.append(f"{name}: {place} says where it comes from, and README.md ('Real data') where to put it")
                lines.append(f"{name}: 'longvideo check {name}' compares all that is on disk with what should be")
    for data, split in world_splits(workspace):
        listed = Path(workspace.files.manifest(data, split))
        if listed.is_file() and not (listed.parent / "videos").is_dir():
            dataset_key = f" dataset={workspace.override}" if workspace.override else ""
            chosen = f" --config scale={workspace.scale.name}{dataset_key}"
            made = f"'snakemake -c2{chosen} -- world' makes them again"
            lines.append(f"{data}: its results came without its videos; where a step needs those, {made}")
            break
    weights = (path for path in workspace.user_weights() if not Path(path).is_file())
    return lines + [f"weights: expected {path}, found none" for path in weights]
