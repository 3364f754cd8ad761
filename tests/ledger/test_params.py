"""A value that is edited makes those stages stale whose results depend on it, and no others."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

from longvideo.errors import UserError
from longvideo.graph import Workspace, as_argument
from longvideo.specs.load import load_scale
from longvideo.specs.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
SCALE, DATASET = "scales/mini.yaml", "datasets/miniworld_ava.yaml"
EXPERIMENTS = ("experiments/ava_cnn.yaml", "experiments/ava_lfb.yaml", "experiments/ava_sto.yaml")
TABLE = "tables/table_7_2c.yaml"
OTHERS = {
    "miniworld_ava": "miniworld_ava_dev", "i3d_nl_mini": "i3d_nl_smoke", "adamw": "sgd", "fan_in": "released",
    "nl": "avg", "avg": "max", "max": "avg", "none": "none", "report": "dev", "test": "train", "train": "test",
}  # fmt: skip
UNCHANGEABLE = {
    "name",
    "target",
    "document",
    "format",
    "columns",
    "rows",
    "common.architecture",
    "common.dataset",
    "common.freeze_backbone",
    "flow.median",
}
"""Values that have no other allowed value, or none that these tests think of."""
Path_ = tuple[str, ...]


def leaves(value: Any, path: Path_ = ()) -> list[Path_]:
    """The paths of all values; a list is one value."""
    if isinstance(value, dict) and value:
        return [leaf for key, below in value.items() for leaf in leaves(below, (*path, key))]
    return [path]


def below(path: Path_, key: str) -> bool:
    """Whether a value lies at or below a dotted key."""
    parts = tuple(key.split("."))
    return path[: len(parts)] == parts


def others(value: Any) -> list[Any]:
    """Other values of the same type, one of which should be allowed."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1, value * 2, value / 2, value + 0.01]
    if isinstance(value, str):
        return [OTHERS[value]] if value in OTHERS else [f"{value}x"]
    if isinstance(value, list) and not isinstance(value[-1], int | float):
        return [value[:-1]]
    if isinstance(value, list):
        return [value[:-1], [*value[:-1], *others(value[-1])[:1]], [2 * item for item in value]]
    return [{"classifier_dropout": 0.1}] if value == {} else ["ava_cnn/support_3"]


def resolved(config: Path) -> dict[str, str]:
    """What each stage is made from besides files, as rules are told it; of one seed."""
    run = Workspace(load_scale("mini", config), None, config)
    data = run.data(run.experiment("ava_cnn/support_2"), 0)
    variants = {name: as_argument(run.experiment(f"ava_lfb/{name}")) for name in ("nl", "avg", "max", "shuffled")}
    return {
        "world@0": as_argument(run.dataset(data)) + as_argument(run.decode_spec(data)),
        "detect@0": as_argument(run.scale.detector),
        "cnn@0": as_argument(run.experiment("ava_cnn/support_2")),
        **{f"lfb@{name}-0": spec for name, spec in variants.items()},
        "table": as_argument(run.resolved_table("table_7_2c")),
    }


@pytest.fixture(scope="module")
def params() -> dict[str, dict[str, list[str]]]:
    """By stage and file, the keys that DVC watches; no keys: the whole file."""
    with Repo(str(ROOT)) as repo:
        return {
            stage.addressing: {
                dep.def_path.removeprefix("config/"): list(dep.params)
                for dep in stage.deps
                if isinstance(dep, ParamsDependency)
            }
            for stage in repo.index.stages
            if stage.addressing.endswith("0") or stage.addressing == "table"
        }


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path_factory.mktemp("params") / "config"))


def changed_by(config: Path, file: str, path: Path_, before: dict[str, str]) -> set[str] | None:
    """The stages that an edit of one value concerns; None if no other value is allowed there."""
    text, content = (config / file).read_text(), read_yaml(config / file)
    try:
        place = content
        for key in path[:-1]:
            place = place[key]
        for other in others(place[path[-1]]):
            place[path[-1]] = other
            (config / file).write_text(json.dumps(content))
            try:
                return {stage for stage, spec in resolved(config).items() if spec != before[stage]}
            except UserError:
                continue
        return None
    finally:
        (config / file).write_text(text)


@pytest.mark.parametrize("file", [SCALE, DATASET, *EXPERIMENTS, TABLE])
def test_an_edit_concerns_the_stages_that_watch_it(config, params, file):
    before = resolved(config)
    unchangeable = []
    for path in leaves(read_yaml(config / file)):
        changed = changed_by(config, file, path, before)
        if changed is None:
            unchangeable.append(".".join(path))
            continue
        watching = {
            stage
            for stage, files in params.items()
            if file in files and (not files[file] or any(below(path, key) for key in files[file]))
        }
        # A common value that the scale or a variant replaces changes nothing there; DVC cannot know.
        replaced = file in EXPERIMENTS and path[0] == "common" and changed <= watching
        assert watching == changed or replaced, (path, watching ^ changed)
    assert set(unchangeable) <= UNCHANGEABLE, unchangeable
