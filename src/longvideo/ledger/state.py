"""What DVC proves: which stages are current, and which files are not what they were when they were published."""

from collections.abc import Iterable
from pathlib import Path

from longvideo.ledger.dvc import Status
from longvideo.ledger.lock import Artifact, LockedStage, files_of, overlap
from longvideo.ledger.store import Store, digest_of


def stale_stages(stages: dict[str, LockedStage], status: Status) -> dict[str, str]:
    """Return the stages whose results do not follow from what is here now, with the reason.

    A stage is stale if a value or a file that it reads has changed since, or if it reads what a stale stage wrote. A
    file that is not here, such as one that was not pulled, is no change.
    """
    stale: dict[str, str] = {}
    written = [out.path for stage in stages.values() for out in stage.outs]
    for name, stage in stages.items():
        for found in status.get(name, []):
            if isinstance(found, str):
                stale.setdefault(name, found)
                continue
            for path, change in found.get("changed deps", {}).items():
                if path in stage.params:
                    keys = [f"{path}: {key}" for key in change] if isinstance(change, dict) else [path]
                    stale.setdefault(name, ", ".join(keys))
                elif change != "deleted" and not any(overlap(path, out) for out in written):
                    stale.setdefault(name, path)
    pending = list(stale)
    while pending:
        source = stages[pending.pop()]
        for name, stage in stages.items():
            if name not in stale and stage.reads(source):
                stale[name] = f"reads what {source.name} wrote"
                pending.append(name)
    return stale


def broken_objects(stages: Iterable[LockedStage], stores: list[Store]) -> list[str]:
    """Say, one line each, which stored objects do not have the content that their name says."""
    named: dict[str, str] = {}
    for stage in stages:
        named |= {file.digest: file.path for file in (*stage.outs, *files_of(stage, stores))}
    return [
        f"{path}: expected the content of {named[digest]} in {store.name} (md5 {digest.removesuffix('.dir')}), "
        f"found {path.stat().st_size} other bytes; {store.cure(named[digest])}"
        for store in stores
        for digest, path in sorted(store.objects().items())
        if digest in named and digest_of(path) != digest.removesuffix(".dir")
    ]


def split_by_content(files: Iterable[Artifact]) -> tuple[list[Artifact], list[Artifact]]:
    """Return the files that are here as they were published, and those that are here with another content."""
    same: list[Artifact] = []
    other: list[Artifact] = []
    for file in files:
        path = Path(file.path)
        if path.is_file():
            (same if digest_of(path) == file.digest else other).append(file)
    return same, other
