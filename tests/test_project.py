"""What the project promises about itself: lengths, directions of imports, one name per stage, documented keys."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import get_args

import pytest

from longvideo.specs import (
    actions,
    claim,
    clips,
    dataset,
    decode,
    figure,
    load,
    multigrid,
    recognition,
    scale,
    speed,
    table,
)
from longvideo.specs.base import Spec
from longvideo.specs.experiment import NamedSpec
from longvideo.specs.scale import Stage

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "longvideo"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
MAX_LINES = 250

RANKS = [
    {"errors"},
    {"video", "files", "specs"},
    {"data", "models", "training", "metrics", "people", "tables", "miniworld", "graph", "arguments"},
    {"tasks"},
    {"preflight", "steps", "ledger", "commands"},
    {"cli"},
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}


def part_of(path: Path) -> str:
    """The folder, or module, right below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The modules of this package that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("longvideo"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("longvideo.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_can_be_read_in_one_go(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_imports_run_downward_only():
    wrong = []
    for path in MODULES:
        importer = part_of(path)
        for name in imported(path):
            part = name.split(".")[1]
            if importer == "__init__" or part == "__version__":
                continue
            same_stage = importer == part == "steps"
            if RANK[part] > RANK[importer] or same_stage:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not wrong


def test_no_two_packages_need_each_other():
    needs = defaultdict(set)
    for path in MODULES:
        for name in imported(path):
            if name.split(".")[1] != part_of(path):
                needs[part_of(path)].add(name.split(".")[1])

    def reach(part, seen):
        for other in needs[part] - seen:
            reach(other, seen | {other})
            seen.add(other)
        return seen

    assert [part for part in list(needs) if part in reach(part, set())] == []


def test_what_starts_with_every_command_or_often_does_not_import_torch():
    modules = "longvideo.preflight, longvideo.data.dataset_check, longvideo.files.manifest, longvideo.tables.collect"
    modules += ", longvideo.steps.evaluate"
    code = f"import sys, {modules}; print([name for name in ('torch', 'pandas') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in result.stdout


def test_a_stage_has_one_name():
    rules = {path.stem for path in (ROOT / "workflow" / "rules").glob("*.smk")}
    steps = {path.stem for path in (PACKAGE / "steps").glob("*.py")} - {"__init__"}
    assert rules == steps == {*get_args(Stage), "tabulate"}


def test_a_rule_file_calls_its_own_step_only():
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        assert set(re.findall(r"longvideo\.steps\.(\w+)", path.read_text())) == {path.stem}


def test_a_rule_passes_the_flags_that_its_step_has():
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        step = (PACKAGE / "steps" / f"{path.stem}.py").read_text()
        known = set(re.findall(r'"(--[a-z-]+)"', step))
        assert set(re.findall(r"--[a-z-]+", path.read_text())) <= known, path.stem


def spec_classes() -> dict[str, set[str]]:
    """The fields of every spec that is written in a file of `config/`."""
    modules = (actions, claim, clips, dataset, decode, figure, load, multigrid, recognition, scale, speed, table)
    classes = {cls for module in modules for cls in vars(module).values() if isinstance(cls, type)}
    shared = (Spec, NamedSpec, figure.FigureHead, figure.VideoFigure, table.ResolvedTable, figure.ResolvedFigure)
    classes = {cls for cls in classes if issubclass(cls, Spec) and cls not in shared}
    return {cls.__name__: set(cls.model_fields) for cls in classes}


def test_every_key_is_documented_once():
    sections = re.split(r"^### `(\w+)`$", (ROOT / "config" / "README.md").read_text(), flags=re.M)[1:]
    documented = {
        name: re.findall(r"^- `(\w+)`:", text, flags=re.M) for name, text in zip(sections[::2], sections[1::2])
    }
    assert {name: sorted(keys) for name, keys in documented.items()} == {
        name: sorted(keys) for name, keys in spec_classes().items()
    }
