"""How specs and paths stand on a step's command line."""

import json
import shlex
from collections.abc import Mapping

from pydantic import BaseModel


def as_argument(spec: BaseModel) -> str:
    """Write a spec as one line of ASCII JSON, for a step's command line."""
    return json.dumps(spec.model_dump(mode="json"), separators=(",", ":"))


def flags(paths: Mapping[str, str | list[str]]) -> str:
    """Write paths as quoted flags: {"init_index": "a b"} becomes "--init-index 'a b'", a list one flag of several."""
    words = []
    for name, value in paths.items():
        several = [value] if isinstance(value, str) else value
        words.append(f"--{name.replace('_', '-')} {' '.join(map(shlex.quote, several))}")
    return " ".join(words)
