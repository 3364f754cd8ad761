"""Calls of DVC and Snakemake, of the environment that runs this."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from longvideo.errors import UserError
from longvideo.ledger.store import Store
from longvideo.specs.yaml_text import read_yaml

PIPELINE = Path("dvc.yaml")
CACHE = Path(".dvc/cache")
Status = dict[str, list[Any]]


def call(module: str, *words: str) -> str:
    """Run `python -m MODULE WORDS`, showing what it says on stderr only if it fails.

    Raises:
        UserError: It failed; with the last line that says why.
    """
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("ERROR", "longvideo:", "Error"))] or lines[-1:]
        raise UserError(f"`{module} {words[0]}` failed: {told[0] if told else 'it says nothing'}")
    return done.stdout


def scale_of_ledger(path: Path = PIPELINE) -> str:
    """Return the scale whose results the ledger holds: the first of the files that `dvc.yaml` takes its values from.

    Raises:
        UserError: The file is missing or names none.
    """
    if not path.is_file():
        raise UserError(f"expected the file {path}, found none: run this from the root of the repository")
    values = read_yaml(path).get("vars")
    first = Path(str(values[0])) if isinstance(values, list) and values else Path()
    if first.parent != Path("config/scales"):
        raise UserError(f"{path}: vars: expected config/scales/SCALE.yaml first, found {first}")
    return first.stem


def status() -> Status:
    """Ask DVC which stages differ from the lock file, and in what."""
    found: Status = json.loads(call("dvc", "status", "--json") or "{}")
    return found


def stores() -> list[Store]:
    """List the cache and those remotes that are folders, where they exist."""
    found = [Store("the cache", CACHE)]
    for line in call("dvc", "config", "--list").splitlines():
        key, _, value = line.partition("=")
        if key.startswith("remote.") and key.endswith(".url"):
            folder = Path(value)
            shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
            found.append(Store(f"the remote {key[len('remote.') : -len('.url')]}", shown))
    return [store for store in found if (store.root / "files").is_dir()]
