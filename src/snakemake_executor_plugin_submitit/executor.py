"""Submits Snakemake's jobs through submitit, and follows them to their end."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import submitit
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

from snakemake_executor_plugin_submitit import scheduler
from snakemake_executor_plugin_submitit.attach import find_submission
from snakemake_executor_plugin_submitit.records import Record, Records, work_of
from snakemake_executor_plugin_submitit.request import Request, request_of
from snakemake_executor_plugin_submitit.task import Peers, RuleTask

CLUSTERS = ("slurm", "local", "debug")
MAX_ARRAY = 500  # SLURM's own default limit is 1000
NAP_S = 0.2
# A shared file system may show the result of a job some time after the scheduler has seen its end.
RESULT_WAIT_S = 60.0
BAD_END_WAIT_S = 5.0
SUCCESS = ""


class Executor(RemoteExecutor):
    """The executor of one Snakemake process; its submissions lie in one folder."""

    def __post_init__(self) -> None:
        """Choose the cluster and make the folder of this run."""
        settings = self.workflow.executor_settings
        self.cluster = submitit.AutoExecutor.which() if settings.cluster in (None, "auto") else settings.cluster
        if self.cluster not in CLUSTERS:
            expected = f"auto, {', '.join(CLUSTERS)}"
            raise WorkflowError(f"--submitit-cluster: expected one of {expected}, found {settings.cluster!r}")
        # What is submitted must not take itself for a part of the job that Snakemake may run in.
        for name in [name for name in os.environ if name.startswith(("SLURM_", "SBATCH_", "SRUN_"))]:
            if name != "SLURM_CONF":
                del os.environ[name]
        self.next_seconds_between_status_checks = settings.poll_interval
        base = Path(settings.folder).resolve()
        self.folder = base / f"{datetime.now():%Y-%m-%dT%H-%M-%S}-{os.getpid()}"
        self.folder.mkdir(parents=True)
        self.records = Records(base / "running")
        # Snakemake's own list of active jobs is empty while they are being checked.
        self._followed: dict[str, SubmittedJobInfo] = {}
        self._cores: int | str = "all"
        self._silent = False

    @property
    def cores(self) -> int | str:
        """Cores of the job whose command is being written; Snakemake's own default is all of the node's."""
        return self._cores

    def run_job(self, job: Any) -> None:
        """Submit one job."""
        self._submit_all([job])

    def run_jobs(self, jobs: list[Any]) -> None:
        """Submit the jobs that are ready; on SLURM, those that ask for the same go as one array."""
        for job in jobs:
            self.run_job_pre(job)
        self._submit_all(jobs)

    def _submit_all(self, jobs: Sequence[Any]) -> None:
        alike: dict[Request, list[Any]] = {}
        for job in jobs:
            if self.cluster == "slurm" and (found := find_submission(job, self.records)):
                self._follow(job, *found)
                continue
            try:
                request = request_of(job)
            except WorkflowError as error:
                self.report_job_error(SubmittedJobInfo(job), msg=f"{error}. ")
                continue
            alike.setdefault(request, []).append(job)
        at_once = MAX_ARRAY if self.cluster == "slurm" else 1
        for request, same in alike.items():
            for start in range(0, len(same), at_once):
                self._submit(request, same[start : start + at_once])

    def _submit(self, request: Request, jobs: list[Any]) -> None:
        settings = self.workflow.executor_settings
        limits = {"slurm_max_num_timeout": settings.requeues} if self.cluster == "slurm" else {}
        try:
            executor = submitit.AutoExecutor(folder=self.folder, cluster=self.cluster, **limits)
            executor.update_parameters(**request.parameters(self.cluster, settings.signal_delay))
            self._cores = request.cpus
            tasks = [self._task(job, request) for job in jobs]
            if len(tasks) == 1:
                handles = [executor.submit(tasks[0])]
            else:
                with executor.batch():
                    handles = [executor.submit(task) for task in tasks]
        except Exception as error:  # whatever submitit or sbatch raises: the jobs fail, the rest goes on
            reason = " ".join(str(error).split())
            for job in jobs:
                self.report_job_error(SubmittedJobInfo(job), msg=f"could not be submitted: {reason} ")
            return
        for job, handle in zip(jobs, handles):
            if self.cluster == "slurm":
                self.records.add(Record(handle.job_id, str(self.folder), work_of(job)))
            self._follow(job, handle, "submitted")

    def _task(self, job: Any, request: Request) -> RuleTask:
        peers = None
        if request.tasks > 1:
            command = str(job.shellcmd)
            for log in map(str, job.log):  # each process has a log of its own: s0.log, s0.log.1, ...
                command = command.replace(log, log + ".${RANK}")
            folders = {str(Path(str(file)).parent) for file in (*job.output, *job.log)}
            peers = Peers(command, tuple(sorted(folders)))
        return RuleTask(self.format_job_exec(job), peers, str(Path.cwd()), request.name)

    def _follow(self, job: Any, handle: Any, what: str) -> None:
        log = str(handle.task(0).paths.stdout)
        name = f"Group {job.groupid}" if job.is_group() else f"Job {job.jobid}"
        self.logger.info(f"{name} is {self.cluster} job {handle.job_id} ({what}); log: {log}")
        aux = {"handle": handle.task(0), "log": log, "ended_since": None}
        info = SubmittedJobInfo(job, external_jobid=handle.job_id, aux=aux)
        self._followed[str(handle.job_id)] = info
        self.report_job_submission(info)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Report the jobs that have ended, and yield the others."""
        if not active_jobs:  # the first call may come before __post_init__ has ended
            return
        results = {str(info.external_jobid): self._result(info.aux["handle"]) for info in active_jobs}
        states: dict[str, str] = {}
        if self.cluster == "slurm":
            try:
                states = scheduler.states(name for name, result in results.items() if result != SUCCESS)
                self._silent = False
            except scheduler.SchedulerSilentError as error:
                if not self._silent:
                    self.logger.warning(f"{error}; asking again until it does")
                self._silent = True
        for info in active_jobs:
            name = str(info.external_jobid)
            problem = results[name]
            if self.cluster == "slurm" and problem != SUCCESS:
                problem = self._end_of(info, problem, states.get(name))
            if problem is None:
                yield info
                continue
            self._followed.pop(name, None)
            if self.cluster == "slurm":
                self.records.remove(name, str(info.aux["handle"].paths.folder))
            if problem == SUCCESS:
                self.report_job_success(info)
            else:
                # Snakemake shows no log after one that is empty, as a step's is that was killed.
                reason = scheduler.last_words(Path(info.aux["log"]))
                problem += f" ({reason})" if reason else ""
                self.report_job_error(info, msg=f"{self.cluster} job {name} {problem} ", aux_logs=[info.aux["log"]])

    def _result(self, handle: Any) -> str | None:
        """Return None while a job has left no result, `SUCCESS` once it has succeeded, else what went wrong."""
        try:
            if not (handle.paths.result_pickle.exists() if self.cluster == "slurm" else handle.done()):
                return None  # debug: done() is what runs the job, and raises its error
            handle.result()
        except Exception as error:  # of any kind that the job raised
            return f"failed: {_cause(error)}"
        return SUCCESS

    def _end_of(self, info: SubmittedJobInfo, result: str | None, state: str | None) -> str | None:
        """Return what went wrong with a SLURM job that has not succeeded, None while it may still do.

        A job that is in the queue again goes on, whatever it left when it was stopped.
        """
        if state is None or not scheduler.ended(state):
            info.aux["ended_since"] = None
            return None
        if result is not None:
            return result
        now = time.monotonic()
        since = info.aux["ended_since"] = info.aux["ended_since"] or now
        folder = Path(info.aux["handle"].paths.folder)
        folder.chmod(folder.stat().st_mode)  # makes a network file system look again
        if now - since < (RESULT_WAIT_S if state in (scheduler.COMPLETED, scheduler.GONE) else BAD_END_WAIT_S):
            return None
        if state == scheduler.GONE:
            return "has left no result, and SLURM knows it no more"
        return f"has left no result, and ended as {state}"

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel what has been submitted and has not ended, whatever Snakemake takes for active at this moment."""
        followed = list(self._followed.values())
        if self.cluster == "slurm":
            scheduler.cancel(str(info.external_jobid) for info in followed)
            for info in followed:
                self.records.remove(str(info.external_jobid), str(info.aux["handle"].paths.folder))
        else:
            for info in followed:
                info.aux["handle"].cancel(check=False)

    async def sleep(self) -> None:
        """Wait until the next question to the scheduler, or until Snakemake ends."""
        began = time.monotonic()
        while self.wait and time.monotonic() - began < self.next_seconds_between_status_checks:
            await asyncio.sleep(NAP_S)


def _cause(error: Exception) -> str:
    """Return the last line of the trace of a job, without what submitit writes around it."""
    parts = [part.strip() for part in str(error).split("-" * 22)]
    trace = parts[1] if len(parts) > 1 and parts[1] else f"{type(error).__name__}: {error}"
    return trace.splitlines()[-1][:300]
