"""What a job asks of the cluster, from the resources of its rule, in Snakemake's own names."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError

DEFAULT_RUNTIME_MIN = 60
PLACES = ("slurm_partition", "slurm_account", "slurm_qos", "slurm_constraint")
# Once the first process of a step has ended, the others get this long; one that fails ends all at once.
SRUN_ARGS = ("--kill-on-bad-exit=1", "--wait=300")


@dataclass(frozen=True)
class Request:
    """Resources of one submission; jobs of equal requests can be one array.

    Attributes:
        name: Of the rule, or of the group.
        runtime_min: Time limit, minutes.
        cpus: Of each task.
        mem_mb: Of each node; None leaves it to the cluster.
        nodes: How many.
        tasks: Processes, over all nodes.
        gpus: Over all nodes.
        places: Partition, account, quality of service and constraint, where given.
        extra: Further options of sbatch, as name and value.
    """

    name: str
    runtime_min: int
    cpus: int
    mem_mb: int | None
    nodes: int
    tasks: int
    gpus: int
    places: tuple[tuple[str, str], ...]
    extra: tuple[tuple[str, str], ...]

    def parameters(self, cluster: str, signal_delay_s: int) -> dict[str, Any]:
        """Return the parameters of a submitit executor for `cluster`: slurm, local or debug."""
        nodes = self.nodes if cluster == "slurm" else 1
        given: dict[str, Any] = {
            "name": self.name,
            "timeout_min": self.runtime_min,
            "nodes": nodes,
            "tasks_per_node": self.tasks // nodes,
            "cpus_per_task": self.cpus,
        }
        if self.gpus:
            given["gpus_per_node"] = self.gpus // nodes
        if self.mem_mb is not None:
            given["mem_gb"] = self.mem_mb / 1024
        if cluster != "slurm":
            return given
        given |= dict(self.places)
        given["slurm_stderr_to_stdout"] = True
        # SLURM may signal a minute early; a short job must not be told to stop before it has begun.
        given["slurm_signal_delay_s"] = min(signal_delay_s, self.runtime_min * 60 // 4)
        given["slurm_additional_parameters"] = {"requeue": True, **dict(self.extra)}
        if self.tasks > 1:
            given["slurm_srun_args"] = list(SRUN_ARGS)
        return given


def request_of(job: Any) -> Request:
    """Return what a Snakemake job asks for; the jobs of a group run one after the other.

    Raises:
        WorkflowError: The numbers of nodes, tasks and GPUs do not fit each other.
    """
    jobs: Sequence[Any] = list(job.jobs) if job.is_group() else [job]
    name = job.groupid if job.is_group() else job.name
    runtimes = [_whole(name, part, "runtime", DEFAULT_RUNTIME_MIN) for part in jobs]
    memory = [_whole(name, part, "mem_mb", 0) for part in jobs]
    nodes, tasks, gpus = (max(_whole(name, part, what, low) for part in jobs)
                          for what, low in (("nodes", 1), ("tasks", 0), ("gpus", 0)))  # fmt: skip
    tasks = tasks or nodes
    if tasks % nodes or gpus % nodes:
        raise WorkflowError(
            f"{name}: expected tasks and gpus that all nodes share evenly, found nodes={nodes}, tasks={tasks}, "
            f"gpus={gpus}; change its resources"
        )
    if len(jobs) > 1 and tasks > 1:
        raise WorkflowError(
            f"group {name}: expected jobs of one task, found {tasks} tasks; take the rule out of groups"
        )
    resources = [part.resources for part in jobs]
    places = {place: str(found[place]) for place in PLACES for found in resources if found.get(place)}
    extra = [found["slurm_extra"] for found in resources if found.get("slurm_extra")]
    return Request(
        name=name,
        runtime_min=sum(runtimes),
        cpus=max(max(1, int(part.threads)) for part in jobs),
        mem_mb=max(memory) or None,
        nodes=nodes,
        tasks=tasks,
        gpus=gpus,
        places=tuple(places.items()),
        extra=_options(name, extra[0]) if extra else (),
    )


def _whole(name: str, job: Any, what: str, default: int) -> int:
    value = job.resources.get(what)
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0 or isinstance(value, float):
        raise WorkflowError(f"{name}: expected the resource {what} as a whole number, found {value!r}")
    return number


def _options(name: str, text: str) -> tuple[tuple[str, str], ...]:
    """Read options of sbatch written as "--reservation=night --gres=gpu:a100:1"."""
    options = []
    for word in shlex.split(str(text)):
        key, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not equals or not key.replace("-", "").isalnum():
            raise WorkflowError(f"{name}: expected slurm_extra as '--option=value ...', found {word!r}")
        options.append((key, value))
    return tuple(options)
