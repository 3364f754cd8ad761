"""Finds what an earlier Snakemake, which was killed, had submitted to SLURM: no file may have two writers."""

import time
from pathlib import Path
from typing import Any

from submitit.slurm.slurm import SlurmJob

from snakemake_executor_plugin_submitit import scheduler
from snakemake_executor_plugin_submitit.records import Record, Records, covers, outputs_of, up_to_date, work_of

NAP_S = 0.2
CANCEL_WAIT_S = 60.0


def find_submission(job: Any, records: Records) -> tuple[Any, str] | None:
    """Return submitit's handle of the submission that makes what `job` makes, and how it was found, if there is one.

    It lives, or has succeeded. One that makes only part of it, or by another command, is cancelled.
    """
    work = work_of(job)
    outputs, inputs = outputs_of(work), [Path(str(path)) for path in job.input]
    for record in records.touching(work):
        handle: Any = SlurmJob(folder=record.folder, job_id=record.job_id)
        finished = handle.paths.result_pickle.exists()
        if not finished and not _alive(record):
            records.remove(record.job_id, record.folder)
            continue
        if covers(record, work) and not finished:
            return handle, "found running"
        if covers(record, work) and up_to_date(outputs, inputs) and handle.exception() is None:
            return handle, "finished while no Snakemake ran"
        _end(record)
        records.remove(record.job_id, record.folder)
    return None


def _alive(record: Record) -> bool:
    for _ in range(3):
        try:
            return not scheduler.ended(scheduler.states([record.job_id])[record.job_id])
        except scheduler.SchedulerSilentError:
            time.sleep(NAP_S)
    return True


def _end(record: Record) -> None:
    """Cancel a submission and wait until nothing of it runs."""
    scheduler.cancel([record.job_id])
    until = time.monotonic() + CANCEL_WAIT_S
    while _alive(record) and time.monotonic() < until:
        time.sleep(NAP_S)
