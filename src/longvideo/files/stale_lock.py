"""Snakemake's lock files outlive a Snakemake that was killed; this tells such a leftover from a run that is alive."""

import fcntl
from pathlib import Path
from typing import IO


def release_stale_lock(folder: Path) -> IO[str]:
    """Remove the lock files in `folder` (`.snakemake`) if no process that called this before is alive.

    Every caller holds a lock of the operating system on one file, which ends with the process, however it ends. Two
    living runs are kept apart by Snakemake's own lock files as before.

    Returns:
        The file that carries the lock; keep it open for as long as the process lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alive = (folder / "alive.lock").open("a")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pass
    else:
        for leftover in (folder / "locks").glob("*.lock"):
            leftover.unlink(missing_ok=True)
    fcntl.flock(alive, fcntl.LOCK_SH)
    return alive
