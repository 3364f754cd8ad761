"""Tell Snakemake what DVC proves: what is current counts as made here, what is stale goes, to be made again.

Snakemake goes by times and by its own notes on parameters, inputs and code, and a clone has neither. Its own `--touch`
writes both, so that everything after that, an edited value as well, is as if the results had been made here.
"""

from pathlib import Path
from typing import NamedTuple

from longvideo.errors import UserError
from longvideo.graph import Workspace
from longvideo.ledger.dvc import call, scale_of_ledger, status, stores
from longvideo.ledger.lock import Artifact, LockedStage, files_of, read_lock
from longvideo.ledger.state import broken_objects, split_by_content, stale_stages
from longvideo.ledger.store import Store
from longvideo.preflight import open_workspace, world_splits
from longvideo.specs.dataset import MiniworldDataset
from longvideo.steps.acquire import generate

CORES = 16
"""Touching a file takes no CPU but a tenth of a second."""


class Marked(NamedTuple):
    """What was found: files that are current, stale stages with the reason, and how many stale files were removed."""

    current: int
    stale: dict[str, str]
    removed: int


def mark() -> Marked:
    """Prove, name what is broken, make the lists of generated worlds again, remove what is stale, mark the rest.

    Raises:
        UserError: A file was truncated or tampered with, in the workspace, the cache or a remote that is a folder.
    """
    scale = scale_of_ledger()
    stages = read_lock()
    known = stores()
    check_stores(stages, known)
    workspace = open_workspace({"scale": scale})
    # A world that other values describe is no longer the one of the lock file: Snakemake will make it.
    if not any(name.startswith("world@") for name in stale_stages(stages, status())):
        _list_worlds(workspace)
    stale = stale_stages(stages, status())
    current: list[Artifact] = []
    outdated: list[Artifact] = []
    broken: list[Artifact] = []
    for name, stage in stages.items():
        same, other = split_by_content(files_of(stage, known))
        (outdated if name in stale else current).extend(same)
        broken += [] if name in stale else other
    if broken:
        raise UserError(_named([f"{file.path}: {_expected(file)}" for file in broken]))
    for file in outdated:
        Path(file.path).unlink()
    if current:
        words = ["-c", str(CORES), "--quiet", "all", "--config", f"scale={scale}", "--touch", "--force"]
        call("snakemake", *words, "--", *(file.path for file in current))
    return Marked(len(current), stale, len(outdated))


def check_stores(stages: dict[str, LockedStage], known: list[Store]) -> None:
    """Compare every stored object, in the cache and in remotes that are folders, with its hash.

    Raises:
        UserError: One has another content; names it.
    """
    broken = broken_objects(stages.values(), known)
    if broken:
        raise UserError(_named(broken))


def _list_worlds(workspace: Workspace) -> None:
    """Make the lists and annotations of generated worlds that are not here: seconds, where videos take minutes."""
    for data, split in world_splits(workspace):
        dataset = workspace.dataset(data)
        lists = [Path(path) for path in workspace.files.raw(data, split).values()]
        if isinstance(dataset, MiniworldDataset) and not all(path.is_file() for path in lists):
            generate(dataset, workspace.data_seed(data), split, lists[0].parent, with_videos=False)


def _expected(file: Artifact) -> str:
    found = f"found {Path(file.path).stat().st_size} other bytes"
    cure = f"'dvc checkout --force {file.path}' restores it, 'longvideo publish' takes yours instead"
    return f"expected the content that dvc.lock records (md5 {file.digest}), {found}; {cure}"


def _named(lines: list[str]) -> str:
    more = f" (and {len(lines) - 1} more: {', '.join(line.partition(':')[0] for line in lines[1:4])})"
    return lines[0] + (more if len(lines) > 1 else "")
