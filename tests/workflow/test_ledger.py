"""Results are published, pulled into a fresh clone, proven, tampered with and made again; at smoke scale."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake_calls import NO_EDIT, ROOT, SmokeRun, clone, make_calls

pytestmark = pytest.mark.workflow

TABLE = "results/smoke/tables/table_7_2c.json"
NL = "results/smoke/checkpoints/ava_lfb/nl/s0/model.safetensors"
LFB, SCALE = "config/experiments/ava_lfb.yaml", "config/scales/smoke.yaml"
RUN = ["-c2", "--config", "scale=smoke", "--", "table_7_2c"]
ASK = ["-n", *RUN]
FINAL = {"tabulate": 1, "table_7_2c": 1}
ENVIRONMENT = {**os.environ, "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "t",
               "GIT_COMMITTER_EMAIL": "t@localhost", "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip


def call(folder: Path, *words: str, status: int = 0) -> str:
    """Run a command of this environment; return what it says, on stderr if it fails as expected."""
    command = {"longvideo": [sys.executable, "-c", "from longvideo.cli import main; main()"],
               "dvc": [sys.executable, "-m", "dvc"], "git": ["git"]}[words[0]]  # fmt: skip
    done = subprocess.run(
        [*command, *words[1:]], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def jobs(found: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if name != "total"}


def commit(folder: Path, message: str) -> None:
    call(folder, "git", "add", "--all")
    call(folder, "git", "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def released(smoke: SmokeRun, tmp_path_factory) -> Path:
    """A repository whose smoke results are published in it."""
    folder = clone(tmp_path_factory.mktemp("released"))
    for name in (".dvcignore", ".gitignore", ".gitattributes", "dvc.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc")
    ledger = (folder / "dvc.yaml").read_text()
    ledger = ledger.replace("scales/mini.yaml", "scales/smoke.yaml")
    (folder / "dvc.yaml").write_text(ledger.replace("/miniworld_ava.yaml", "/miniworld_ava_smoke.yaml"))
    call(folder, "git", "init", "--quiet")
    commit(folder, "workflow")
    for name in ("results", ".snakemake"):
        shutil.copytree(smoke.folder / name, folder / name)
    call(folder, "longvideo", "publish")
    assert call(folder, "git", "status", "--porcelain").split() == ["??", "dvc.lock", "??", "results/"]
    commit(folder, "release")
    return folder


def fresh(released: Path, folder: Path) -> Path:
    """Clone what was published: no results, no notes of Snakemake."""
    call(folder.parent, "git", "clone", "--quiet", str(released), str(folder))
    assert not (folder / "results/smoke").exists() and not (folder / ".snakemake").exists()
    return folder


@pytest.fixture(scope="module")
def pulled(released: Path, tmp_path_factory) -> Path:
    """A fresh clone after the two commands of a consumer."""
    folder = fresh(released, tmp_path_factory.mktemp("clones") / "pulled")
    call(folder, "dvc", "pull")
    assert "36 files are current" in call(folder, "longvideo", "mark")
    return folder


@pytest.fixture
def spoilt(pulled: Path, tmp_path: Path) -> Path:
    """A copy of the pulled clone that may be damaged."""
    return Path(shutil.copytree(pulled, tmp_path / "clone", symlinks=True))


def test_the_publisher_has_nothing_to_do_after_publishing(released):
    (asked,) = make_calls(released, [(ASK, NO_EDIT)])
    assert asked.jobs == {}
    assert call(released, "git", "status", "--porcelain") == ""


def test_a_consumer_has_nothing_to_do_and_reruns_what_an_edit_concerns(pulled):
    assert not list((pulled / "results/smoke").rglob("*.mp4"))
    variant, back = (LFB, "{kind: avg}", "{kind: avg, dropout: 0.5}"), (LFB, "{kind: avg, dropout: 0.5}", "{kind: avg}")
    recipe = (SCALE, "freeze_backbone: false\n    optim: {steps: 6", "freeze_backbone: false\n    optim: {steps: 5")
    (pulled / TABLE).rename(pulled / "table.json")
    calls = [
        (RUN, NO_EDIT), (ASK, NO_EDIT), (ASK, (LFB, "variants:", "# A comment.\nvariants:")), (ASK, variant),
        (ASK, back), (ASK, recipe),
    ]  # fmt: skip
    rebuilt, again, comment, edited, reverted, recipes = make_calls(pulled, calls)
    assert rebuilt.status == 0 and jobs(rebuilt.jobs) == FINAL
    assert (pulled / TABLE).read_bytes() == (pulled / "table.json").read_bytes()
    assert again.jobs == comment.jobs == reverted.jobs == {}
    assert jobs(edited.jobs) == {"train": 1, "predict": 1, "evaluate": 1, **FINAL}
    assert "experiment=ava_lfb/avg" in edited.stdout and "experiment=ava_lfb/nl" not in edited.stdout
    assert jobs(recipes.jobs) == {"train": 4, "predict": 4, "evaluate": 4, **FINAL}
    call(pulled, "git", "checkout", "--", "config")


def test_videos_come_back_and_make_nothing_stale(spoilt):
    calls = [(["-c2", "--config", "scale=smoke", "--", "world"], NO_EDIT), (ASK, NO_EDIT)]
    world, asked = make_calls(spoilt, calls)
    assert "snakemake -c2 --config scale=smoke -- world" in world.stderr
    assert world.status == 0 and jobs(world.jobs) == {"acquire": 2, "decode": 2, "world": 1}
    assert list((spoilt / "results/smoke/decoded").rglob("*.mp4"))
    assert asked.jobs == {}
    assert call(spoilt, "dvc", "status") == "Data and pipelines are up to date.\n"


def test_an_edit_before_the_pull_makes_its_stages_stale(released, tmp_path):
    folder = fresh(released, tmp_path / "edited")
    experiment = folder / LFB
    experiment.write_text(experiment.read_text().replace("{kind: avg}", "{kind: avg, dropout: 0.5}"))
    said = call(folder, "longvideo", "pull")
    assert re.findall(r"^stale: (\S+)", said, flags=re.M) == ["lfb@avg-0", "table"]
    assert "variants.avg" in said
    (asked,) = make_calls(folder, [(ASK, NO_EDIT)])
    assert jobs(asked.jobs) == {"train": 1, "predict": 1, "evaluate": 1, **FINAL}


def test_a_damaged_file_in_the_workspace_is_named(spoilt):
    os.truncate(spoilt / NL, 100)
    said = call(spoilt, "longvideo", "mark", status=2)
    assert said.startswith(f"longvideo: {NL}: expected the content that dvc.lock records") and said.count("\n") == 1
    call(spoilt, "dvc", "checkout", "--force", NL)
    call(spoilt, "longvideo", "mark")


@pytest.mark.parametrize(("store", "name"), [(".dvc/cache", "the cache"), ("results/released/dvc", "released")])
def test_a_damaged_object_is_named(spoilt, store, name):
    size = (spoilt / NL).stat().st_size
    content = (spoilt / NL).read_bytes()
    (found,) = (
        path
        for path in (spoilt / store / "files").rglob("*")
        if path.is_file() and path.stat().st_size == size and path.read_bytes() == content
    )
    found.chmod(0o644)
    found.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    said = call(spoilt, "longvideo", "pull", status=2)
    assert said.startswith(f"longvideo: {found.relative_to(spoilt)}: expected the content of {NL} in ")
    assert name in said and said.count("\n") == 1


def test_metrics_and_plots_have_something_to_show(spoilt):
    shown = call(spoilt, "dvc", "metrics", "show")
    assert all(row in shown for row in ("nl", "avg", "max", "shuffled"))
    headline = spoilt / "results/smoke/summary/table_7_2c.json"
    headline.write_text(headline.read_text().replace('"nl": ', '"nl": 1'))
    assert "nl" in call(spoilt, "dvc", "metrics", "diff")
    call(spoilt, "dvc", "plots", "show", "--out", "plots")
    assert "ava_lfb/nl" in (spoilt / "plots/index.html").read_text()
