"""Which submitted job makes which files, on disk: so that a restarted Snakemake finds what a killed one had submitted.

One JSON file per submission; it goes when the submission has ended and Snakemake knows.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 10_000_000

Work = Mapping[str, str]
"""The jobs of a submission: the outputs of each as one text, and a digest of its command."""


@dataclass(frozen=True)
class Record:
    """One submission.

    Attributes:
        job_id: Of SLURM.
        folder: submitit's folder of it.
        work: What it makes.
    """

    job_id: str
    folder: str
    work: dict[str, str]


def work_of(job: Any) -> dict[str, str]:
    """Return what a Snakemake job, or group of jobs, makes."""
    parts = list(job.jobs) if job.is_group() else [job]
    return {"\n".join(sorted(map(str, part.output))): _digest(str(part.shellcmd)) for part in parts}


def outputs_of(work: Work) -> list[Path]:
    """Return the files that some work makes."""
    return [Path(line) for outputs in work for line in outputs.splitlines()]


class Records:
    """The submissions of a working directory that no Snakemake has seen the end of.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def all(self) -> list[Record]:
        """Read all records; a file that is none is left out."""
        found = (_read(path) for path in sorted(self._folder.glob("*.json")))
        return [record for record in found if record is not None]

    def touching(self, work: Work) -> list[Record]:
        """Return the records of submissions that make any of the same files."""
        files = set(outputs_of(work))
        return [record for record in self.all() if not files.isdisjoint(outputs_of(record.work))]

    def add(self, record: Record) -> None:
        """Write a record, whole or not at all."""
        path = self._path(record.job_id, record.folder)
        aside = path.with_suffix(".aside")
        aside.write_text(json.dumps(asdict(record)), encoding="utf-8")
        aside.replace(path)

    def remove(self, job_id: str, folder: str) -> None:
        """Forget a submission."""
        self._path(job_id, folder).unlink(missing_ok=True)

    def _path(self, job_id: str, folder: str) -> Path:
        return self._folder / f"{_digest(folder)[:8]}-{job_id}.json"


def covers(record: Record, work: Work) -> bool:
    """Say whether a submission makes all of this, by the same commands."""
    return all(record.work.get(outputs) == command for outputs, command in work.items())


def up_to_date(outputs: Iterable[Path], inputs: Iterable[Path]) -> bool:
    """Say whether all outputs are there and none is older than an input."""
    try:
        oldest = min(path.stat().st_mtime_ns for path in outputs)
        return oldest >= max((path.stat().st_mtime_ns for path in inputs), default=0)
    except (FileNotFoundError, ValueError):
        return False


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> Record | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        record = Record(str(found["job_id"]), str(found["folder"]), dict(found["work"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if all(isinstance(text, str) for pair in record.work.items() for text in pair) else None
