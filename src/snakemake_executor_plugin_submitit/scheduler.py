"""What SLURM says of jobs: squeue first, and its accounts, where it keeps any, for jobs that have left the queue."""

import subprocess
from collections.abc import Iterable

TIMEOUT_S = 30
ENDED_BADLY = ("FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL", "DEADLINE", "REVOKED",
               "PREEMPTED", "LAUNCH_FAILED", "RECONFIG_FAIL")  # fmt: skip
COMPLETED = "COMPLETED"
GONE = "GONE"
"""The scheduler knows nothing of a job, or nothing any more."""


class SchedulerSilentError(Exception):
    """SLURM does not answer; nothing follows from that about any job."""


def states(ids: Iterable[str]) -> dict[str, str]:
    """Return the state of each job, in SLURM's words or `GONE`.

    Raises:
        SchedulerSilentError: squeue fails.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    queue = _run("squeue", "--noheader", "--me", "--array", "--states=all", "--format=%i|%T")
    if queue is None:
        raise SchedulerSilentError("squeue fails or does not answer")
    found = _rows(queue, wanted)
    left = wanted - found.keys()
    if left:
        # Fails where SLURM keeps no accounts.
        jobs = ",".join(sorted({name.partition("_")[0] for name in left}))
        accounts = _run("sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State", f"--jobs={jobs}")
        found |= _rows(accounts or "", left)
    return {name: found.get(name, GONE) for name in wanted}


def ended(state: str) -> bool:
    """Say whether a job in this state will never run again."""
    return state in (COMPLETED, GONE) or state.startswith(ENDED_BADLY)


def cancel(ids: Iterable[str]) -> None:
    """Cancel jobs; those that have ended are no error."""
    names = sorted(ids)
    if names:
        _run("scancel", "--quiet", *names)


def _rows(text: str, wanted: set[str]) -> dict[str, str]:
    pairs = (line.split("|", 1) for line in text.splitlines() if "|" in line)
    # Accounts say "CANCELLED by 0".
    return {name.strip(): state.split()[0] for name, state in pairs if name.strip() in wanted and state.strip()}


def _run(*command: str) -> str | None:
    """Return what a command of SLURM writes, or None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
