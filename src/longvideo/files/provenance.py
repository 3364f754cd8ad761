"""Where results come from: the commit of the code, and fingerprints of specs."""

import hashlib
import json
import subprocess
from functools import cache
from pathlib import Path

UNKNOWN = "unknown"
CODE = ("src", "config", "workflow", "Snakefile", "requirements.lock")


@cache
def commit() -> str:
    """Return the commit of the working tree that this code lies in, with "-dirty" if the code was changed since.

    "unknown" where the code was installed apart from its repository: another repository around it tells nothing.
    """
    here = Path(__file__).resolve()
    root = here.parents[3]
    if here.parents[1] != root / "src" / "longvideo":
        return UNKNOWN

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    try:
        head = git("rev-parse", "--short=12", "HEAD").strip()
        changed = bool(git("status", "--porcelain", "--", *CODE).strip())
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return f"{head}-dirty" if changed else head


def fingerprint(text: str) -> str:
    """Return a short hash of a JSON text that does not depend on the order of its keys."""
    canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
