"""Loads specs by name from `config/`; every mistake in them becomes one line that says where it is.

A resolved experiment is its file's `common` block, over it the scale's override for that experiment, over it the
variant, merged key by key; nothing deeper.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from longvideo.errors import UserError
from longvideo.specs.base import Spec, merge
from longvideo.specs.dataset import DATASET, Dataset, DatasetSpec
from longvideo.specs.experiments import EXPERIMENT, Experiment, ExperimentSpec
from longvideo.specs.figure import FIGURE, Figure, FigureSpec
from longvideo.specs.problems import as_user_error, first_problem, unknown
from longvideo.specs.scale import ScaleSpec
from longvideo.specs.table import TableSpec
from longvideo.specs.yaml_text import read_yaml

CONFIG = Path("config")
DEFAULT_SCALE = "mini"


class ExperimentFile(Spec):
    """An experiment's file: what its variants share, and each variant's own keys."""

    common: dict[str, Any]
    variants: dict[str, dict[str, Any]]


def names(kind: str, config: Path = CONFIG) -> list[str]:
    """List the names in a folder of the configuration: `experiments`, `tables`, `figures`, `datasets` or `scales`."""
    folder = config / kind
    if not folder.is_dir():
        raise UserError(f"expected the folder {folder}, found none: run this from the root of the repository")
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_scale(name: str, config: Path = CONFIG) -> ScaleSpec:
    """Load `config/scales/NAME.yaml`."""
    path = _path("scales", name, config)
    spec: ScaleSpec = _load(path, ScaleSpec)
    _expect_own_name(path, "name", spec.name)
    for experiment in spec.experiments:
        if experiment not in names("experiments", config):
            raise UserError(f"{path}: experiments: {unknown('experiment', experiment, names('experiments', config))}")
    return spec


def load_dataset(name: str, config: Path = CONFIG) -> Dataset:
    """Load `config/datasets/NAME.yaml`."""
    dataset: Dataset = _load(_path("datasets", name, config), DATASET)
    return dataset


def load_table(target: str, config: Path = CONFIG) -> TableSpec:
    """Load `config/tables/TARGET.yaml`."""
    path = _path("tables", target, config)
    spec: TableSpec = _load(path, TableSpec)
    _expect_own_name(path, "target", spec.target)
    return spec


def load_figure(target: str, config: Path = CONFIG) -> Figure:
    """Load `config/figures/TARGET.yaml`."""
    path = _path("figures", target, config)
    spec: Figure = _load(path, FIGURE)
    _expect_own_name(path, "target", spec.target)
    return spec


def variants(experiment: str, config: Path = CONFIG) -> list[str]:
    """List the ids, `experiment/variant`, of an experiment's file."""
    return [f"{experiment}/{variant}" for variant in _experiment_file(experiment, config)[1].variants]


def names_of_task(task: str, config: Path = CONFIG) -> list[str]:
    """List the experiments of one kind."""
    return [
        name for name in names("experiments", config) if _experiment_file(name, config)[1].common.get("task") == task
    ]


def load_experiment(experiment_id: str, scale: ScaleSpec, config: Path = CONFIG) -> Experiment:
    """Resolve one variant of an experiment at one scale.

    Args:
        experiment_id: `experiment/variant`, such as `ava_lfb/nl`.
        scale: The scale whose override and architectures are used.
        config: The folder of the configuration.
    """
    name, _, variant = experiment_id.partition("/")
    path, content = _experiment_file(name, config)
    if variant not in content.variants:
        raise UserError(f"{path}: {unknown('variant', variant, content.variants)} (expected {name}/VARIANT)")
    override = scale.experiments.get(name, {})
    resolved = merge(content.common, override, content.variants[variant], {"name": name, "variant": variant})
    for key in ("init", "streams"):  # the variants of one experiment build on the same variants of others
        resolved.update({key: _named(resolved[key], variant)} if key in resolved else {})
    architecture = resolved.get("architecture")
    if isinstance(architecture, str):
        if architecture not in scale.architectures:
            file = config / "scales" / f"{scale.name}.yaml"
            raise UserError(f"{file}: architectures: {unknown('architecture', architecture, scale.architectures)}")
        resolved["architecture"] = scale.architectures[architecture]
    try:
        return EXPERIMENT.validate_json(json.dumps(resolved))
    except ValidationError as error:
        layers = {
            f"{path} variant {variant}": content.variants[variant],
            f"{config / 'scales' / scale.name}.yaml experiments.{name}": override,
        }
        key_path = first_problem(error, ExperimentSpec)[0]
        place = next((place for place, layer in layers.items() if _holds(layer, key_path)), f"{path} common")
        raise as_user_error(place, error, ExperimentSpec) from error


def _experiment_file(name: str, config: Path) -> tuple[Path, ExperimentFile]:
    path = _path("experiments", name, config)
    content: ExperimentFile = _load(path, ExperimentFile)
    return path, content


def _named(value: Any, variant: str) -> Any:
    if isinstance(value, list):
        return [_named(part, variant) for part in value]
    return value.replace("{variant}", variant) if isinstance(value, str) else value


def _holds(layer: Any, key_path: tuple[str | int, ...]) -> bool:
    """Whether a layer sets the key at this path, or something on the way to it that is no mapping."""
    for part in key_path:
        if not isinstance(layer, dict):
            return True
        if part not in layer:
            return False
        layer = layer[part]
    return bool(key_path)


def _path(kind: str, name: str, config: Path) -> Path:
    known = names(kind, config)
    if name not in known:
        raise UserError(f"{config / kind}: {unknown(kind.removesuffix('s'), name, known)}")
    return config / kind / f"{name}.yaml"


def _expect_own_name(path: Path, key: str, value: str) -> None:
    if value != path.stem:
        raise UserError(f"{path}: {key}: expected {path.stem!r}, the file's own name, found {value!r}")


def _load(path: Path, model: Any) -> Any:
    status = path.stat()
    return _load_version(path, model, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _load_version(path: Path, model: Any, _mtime_ns: int, _size: int) -> Any:
    """Read one version of a file once: a table of 26 variants asks for the same experiment 26 times."""
    text = json.dumps(read_yaml(path))
    try:
        return model.validate_json(text) if isinstance(model, TypeAdapter) else model.model_validate_json(text)
    except ValidationError as error:
        annotation = {DATASET: DatasetSpec, FIGURE: FigureSpec}.get(model, model)
        raise as_user_error(str(path), error, annotation) from error
