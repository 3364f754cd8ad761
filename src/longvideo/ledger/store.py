"""A folder in the layout of DVC's cache, where files are named by the hash of their content: the cache, or a remote."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Store:
    """A folder of objects; `name` is what messages call it ("the cache")."""

    name: str
    root: Path

    def object(self, digest: str) -> Path:
        """Return where the object of this hash lies, if it is there."""
        return self.root / "files" / "md5" / digest[:2] / digest[2:]

    def objects(self) -> dict[str, Path]:
        """Return all objects by their hash."""
        return {path.parent.name + path.name: path for path in (self.root / "files" / "md5").glob("??/*")}

    def cure(self, path: str) -> str:
        """Say what to do about a broken object, whose file in the workspace is `path`."""
        if self.name == "the cache":
            return "remove the broken file and run 'longvideo pull' again"
        return f"restore it ('git checkout -- {self.root}', if git has it), or publish {path} again"


def digest_of(path: Path) -> str:
    """Return the hash by which DVC knows a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
