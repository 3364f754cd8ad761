"""`dvc.lock`: for every stage the hashes of what it read and wrote, when its results were published."""

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from longvideo.errors import UserError
from longvideo.ledger.store import Store, digest_of
from longvideo.specs.yaml_text import read_yaml

LOCK = Path("dvc.lock")
MAX_LISTING_BYTES = 10_000_000
_DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True)
class Artifact:
    """A file, or a folder (its hash ends in `.dir`), by its path and the hash that it had."""

    path: str
    digest: str


@dataclass(frozen=True)
class LockedStage:
    """One stage: what it read, in files and in values of configuration files, and what it wrote."""

    name: str
    deps: tuple[Artifact, ...]
    params: tuple[str, ...]
    outs: tuple[Artifact, ...]

    def reads(self, other: "LockedStage") -> bool:
        """Tell whether this stage reads something that the other one writes."""
        return any(overlap(dep.path, out.path) for dep in self.deps for out in other.outs)


def overlap(one: str, other: str) -> bool:
    """Tell whether two paths are the same, or one lies below the other."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def read_lock(path: Path = LOCK) -> dict[str, LockedStage]:
    """Read the lock file.

    Raises:
        UserError: It is missing, or is not what DVC writes.
    """
    if not path.is_file():
        raise UserError(f"{path}: expected the record of published results, found none; 'longvideo publish' writes it")
    stages = read_yaml(path).get("stages")
    if not isinstance(stages, dict):
        raise UserError(f"{path}: expected stages, found none; restore the file from git")
    return {name: _stage(path, name, content) for name, content in stages.items()}


def listing(folder: Artifact, stores: list[Store]) -> list[Artifact] | None:
    """List the files of a folder; None if no store at hand has the list as it was written.

    Raises:
        UserError: The list is not what DVC writes.
    """
    for store in stores:
        path = store.object(folder.digest)
        if not path.is_file() or digest_of(path) != folder.digest.removesuffix(".dir"):
            continue
        try:
            if path.stat().st_size > MAX_LISTING_BYTES:
                raise ValueError("too large")
            rows = json.loads(path.read_text(encoding="utf-8"))
            return [_artifact(f"{folder.path}/{row['relpath']}", row["md5"]) for row in rows]
        except (OSError, ValueError, TypeError, KeyError) as error:
            expected = f"expected the list of the files in {folder.path}"
            raise UserError(f"{path}: {expected}, found something else ({error}); {store.cure(folder.path)}") from None
    return None


def files_of(stage: LockedStage, stores: list[Store]) -> list[Artifact]:
    """List all files that a stage wrote; folders that are in no store at hand are left out."""
    found = []
    for out in stage.outs:
        found += (listing(out, stores) or []) if out.digest.endswith(".dir") else [out]
    return found


def _stage(path: Path, name: str, content: Any) -> LockedStage:
    try:
        files = {
            kind: tuple(_artifact(found["path"], found["md5"]) for found in content.get(kind, []))
            for kind in ("deps", "outs")
        }
        return LockedStage(name, files["deps"], tuple(content.get("params", {})), files["outs"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: stage {name}: expected deps and outs with hashes, found {error}") from None


def _artifact(path: Any, digest: Any) -> Artifact:
    """Make an artifact of values from outside; no path leads out of the repository."""
    pure = PurePosixPath(str(path))
    if not isinstance(path, str) or pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise ValueError(f"the path {path!r}")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ValueError(f"the hash {digest!r}")
    return Artifact(path, digest)
