"""What SLURM says of jobs: squeue first, and its accounts, where it keeps any, for jobs that have left the queue."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

TIMEOUT_S = 30
TAIL_BYTES = 10_000
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


def last_words(log: Path) -> str:
    """Return the last error that SLURM itself wrote into the log of a job, such as a memory limit; "" for none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line.partition(" error: ")[2] for line in lines if line.startswith("slurmstepd")]
    # "*** JOB 45 ON n1 CANCELLED AT ... ***" is of every end, and of a stop from which the job went on.
    return next((error for error in reversed(errors) if error and not error.startswith("***")), "")


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
