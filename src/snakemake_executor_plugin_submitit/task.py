"""What runs on a node: the command of one Snakemake job, with the scheduler's signals handled.

submitit stores it, and calls it in every task of the submitted job. Task 0 runs Snakemake, which runs the rule; further
tasks run the rule's own command beside it, as the processes of one distributed program. Imports neither Snakemake nor
torch, so that it starts fast.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import submitit
from submitit.helpers import DelayedSubmission

POLL_S = 0.2
FIRST_PORT, PORTS = 20000, 12000  # below the ports that kernels give to connections
REQUEUE_WAIT_S = 180


class JobFailed(RuntimeError):  # noqa: N818 - its name is what users read
    """The command of a rule ended with an error."""


class Peers(NamedTuple):
    """What tasks other than the first run: the rule's own shell command, in folders that it may write to."""

    command: str
    folders: tuple[str, ...]


class RuleTask:
    """Runs a command until it ends or the scheduler takes the node away.

    Args:
        command: Of task 0: Snakemake for this job alone.
        peers: What further tasks do, if there are any.
        folder: Working directory.
        name: Of the rule, for messages.
        grace_s: Seconds that a command has to stop after SIGTERM.
    """

    def __init__(self, command: str, peers: Peers | None, folder: str, name: str, grace_s: float = 60.0) -> None:
        self.command, self.peers, self.folder, self.name = command, peers, folder, name
        self.grace_s = grace_s
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_to_end = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_process": None, "_asked_to_end": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _asked_to_end=threading.Event())

    def __call__(self) -> int:
        """Run the command of this task.

        Raises:
            JobFailed: It ended with an error that was its own.
        """
        env = submitit.JobEnvironment()
        peer = env.global_rank > 0
        if threading.current_thread() is threading.main_thread():  # not so with cluster=debug
            # SLURM sends SIGTERM to every process of a job that it preempts, requeues or cancels: the command's error
            # is then not its own, and the scheduler's state tells what becomes of the job.
            signal.signal(signal.SIGTERM, self._note)
            if peer:
                signal.signal(signal.SIGUSR2, self._note)
        command = self.command
        if peer:
            assert self.peers is not None
            command = self.peers.command
            for folder in self.peers.folders:  # Snakemake makes them in task 0, which may be later
                Path(self.folder, folder).mkdir(parents=True, exist_ok=True)
        # The command ignores SIGUSR2, which is for this process alone; it is stopped by SIGTERM.
        self._process = subprocess.Popen(
            ["bash", "-c", f"trap '' USR2; set -euo pipefail; {command}"],
            cwd=self.folder,
            env={**os.environ, **_rendezvous(env)},
            start_new_session=True,
        )
        # No wait(): its lock would be held when the handler of SIGUSR2 runs checkpoint().
        while (status := self._process.poll()) is None:
            time.sleep(POLL_S)
        self._process = None
        if status == 0:
            return 0
        asked = self._asked_to_end.wait(2 * POLL_S)
        if peer and asked:
            time.sleep(REQUEUE_WAIT_S)  # an end of this task would end task 0 before it is in the queue again
        if peer or asked:
            sys.exit(128 + signal.SIGTERM)  # leaves no result: task 0 or the scheduler tells what happened
        sys.tracebacklimit = 0  # where this line stands helps nobody
        raise JobFailed(f"{self.name}: exit status {status}")

    def checkpoint(self) -> DelayedSubmission:
        """Stop the command and ask to be queued again; submitit calls it at SIGUSR2, before a time limit."""
        process = self._process
        if process is not None:
            for number, wait_s in ((signal.SIGTERM, self.grace_s), (signal.SIGKILL, 10.0)):
                end = time.monotonic() + wait_s
                if not _ended(process.pid):
                    os.killpg(process.pid, number)
                while not _ended(process.pid) and time.monotonic() < end:
                    time.sleep(POLL_S / 2)
        return DelayedSubmission(RuleTask(self.command, self.peers, self.folder, self.name, self.grace_s))

    def _note(self, number: int, frame: Any) -> None:
        self._asked_to_end.set()
        print(f"{self.name}: {signal.Signals(number).name} from the scheduler", flush=True)


def _ended(pid: int) -> bool:
    """Say whether a child has ended, leaving it to its Popen to collect, and without that one's lock."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _rendezvous(env: submitit.JobEnvironment) -> dict[str, str]:
    """Return torch's variables of a distributed program, if the job has several tasks."""
    if env.num_tasks == 1:
        return {}
    # srun was started on the node of task 0. Its address is known even where names of nodes cannot be looked up.
    address = os.environ.get("SLURM_LAUNCH_NODE_IPADDR") or env.hostnames[0]
    number = int("".join(filter(str.isdigit, env.raw_job_id)) or 0)
    return {
        "RANK": str(env.global_rank),
        "WORLD_SIZE": str(env.num_tasks),
        "LOCAL_RANK": str(env.local_rank),
        "LOCAL_WORLD_SIZE": str(env.num_tasks // env.num_nodes),
        "MASTER_ADDR": address if env.num_nodes > 1 else "127.0.0.1",
        "MASTER_PORT": str(FIRST_PORT + number % PORTS),
    }
