"""Snakemake on a test's SLURM: the process that submits jobs and follows them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = HERE.parent.parent / "src"


class Head:
    """Snakemake on a cluster, in a folder of its own.

    Args:
        folder: Has a Snakefile.
        env: Of its processes.
    """

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []
        self.env = {**env, "PYTHONPATH": f"{PLUGIN}:{env.get('PYTHONPATH', '')}"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start Snakemake on SLURM; Ctrl-C reaches it, as it does from a terminal."""
        options = ["--executor", "submitit", "--submitit-poll-interval", "0.5", "--jobs", "50", "--latency-wait=10",
                   "--rerun-incomplete", "--keep-going", "--show-failed-logs", "--submitit-cluster=slurm"]  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *options, *words],
            cwd=self.folder, env=self.env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        self._started.append(process)
        return process

    def run(self, *words: str, timeout: float = 120) -> tuple[int, str]:
        """Run Snakemake to its end; return its status and what it says."""
        process = self.start(*words)
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.end()
            said, _ = process.communicate()
            raise AssertionError(f"Snakemake has not ended after {timeout} s:\n{said}") from None
        return process.returncode, said

    def end(self) -> None:
        """End what still runs after a test that failed."""
        for process in self._started:
            process.kill()

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.folder / path).read_text()


def wait_for(ready: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, f"{what}: not after {seconds} s"
        time.sleep(0.1)
