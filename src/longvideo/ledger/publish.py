"""Record results in the lock file and store them: the other end of `longvideo.ledger.mark`."""

import shlex
from pathlib import Path

from longvideo.errors import UserError
from longvideo.ledger.dvc import call, scale_of_ledger, stores
from longvideo.ledger.lock import files_of, read_lock
from longvideo.ledger.mark import mark
from longvideo.ledger.store import Store


def publish(remote: str | None) -> None:
    """Commit to DVC and push, if Snakemake has nothing left to do for any stage.

    Raises:
        UserError: Results are missing or out of date, or DVC cannot store them.
    """
    commands = stage_commands()
    targets = [word for command in commands for word in shlex.split(command.partition(" -- ")[2])]
    words = ["-n", "-c1", "--quiet", "rules", "--config", f"scale={scale_of_ledger()}", "--", *targets]
    if "Nothing to be done" not in call("snakemake", *words):
        raise UserError(f"expected results that are up to date, found some to be made: run `{commands[-1]}`")
    call("dvc", "commit", "--force")
    # DVC has just written every file anew from its cache, in no order that Snakemake could make sense of.
    mark()
    call("dvc", "push", *(["--remote", remote] if remote else []))


def stage_commands() -> list[str]:
    """List the commands of all stages: Snakemake with targets after `--`; the last one's need all others."""
    from dvc.repo import Repo  # here: it takes a second

    with Repo() as repo:
        return [str(stage.cmd) for stage in repo.index.stages]


def prune(store: Store) -> int:
    """Remove what the lock file does not name from a remote that lies in the repository; return how many objects.

    git keeps them for the commits whose lock file names them.
    """
    named = set()
    for stage in read_lock().values():
        named |= {file.digest for file in (*stage.outs, *files_of(stage, [store]))}
    gone = [path for digest, path in store.objects().items() if digest not in named]
    for path in gone:
        path.unlink()
    return len(gone)


def own_remote(remote: str | None) -> Store | None:
    """Return the remote of this name, or the default one, if it is a folder of this repository."""
    name = remote or call("dvc", "config", "core.remote").strip()
    found = (store for store in stores() if store.name == f"the remote {name}" and not store.root.is_absolute())
    return next(found, None)


def size_mb(store: Store) -> float:
    """Return how much a store holds, in MB."""
    return sum(path.stat().st_size for path in Path(store.root).rglob("*") if path.is_file()) / 1e6
