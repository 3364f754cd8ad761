"""Several calls of Snakemake in one process: starting it costs seconds, a dry run tenths of one."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
MAKE_CALLS = """
import contextlib, io, json, pathlib, sys
from snakemake.cli import main
results = []
for words, (file, old, new) in json.loads(sys.argv[1]):
    if file:
        path = pathlib.Path(file)
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as stop:
            status = stop.code or 0
    results.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(results))
"""
NO_EDIT = ("", "", "")


class Result(NamedTuple):
    """What a call left: 0 or a status or the message that it exits with, and both streams."""

    status: int | str
    stdout: str
    stderr: str

    @property
    def jobs(self) -> dict[str, int]:
        """The first table of job statistics; empty if there is nothing to do."""
        text = self.stdout + self.stderr  # a dry run writes to the one, a run to the other
        if "Nothing to be done" in text:
            return {}
        lines = text.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]
        return {name: int(count) for name, count in (line.split() for line in lines)}


class SmokeRun(NamedTuple):
    """A copy of the workflow with its results, and what Snakemake said when it was called and called again."""

    folder: Path
    first: Result
    second: Result


def clone(folder: Path) -> Path:
    """Copy the workflow to where nobody has run anything."""
    shutil.copy(ROOT / "Snakefile", folder)
    for name in ("workflow", "config"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "profiles").symlink_to("workflow/profiles")
    return folder


def make_calls(folder: Path, calls: list[tuple[list[str], tuple[str, str, str]]]) -> list[Result]:
    """Call Snakemake several times; before each call, replace (file, old, new) unless it is NO_EDIT."""
    command = [sys.executable, "-c", MAKE_CALLS, json.dumps(calls)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [Result(*result) for result in json.loads(done.stdout.splitlines()[-1])]
