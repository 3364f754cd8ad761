"""Snakemake executor plugin `submitit`: rules become SLURM jobs (or local processes) through submitit.

    snakemake --executor submitit --jobs 100 TARGET

Snakemake finds it by the package's name. What a rule asks for by `resources:` is read in `request`; what runs on the
node is `task`; `scheduler` asks SLURM; `attach` finds the jobs of a Snakemake that was killed, by what `records` keeps.
"""

from dataclasses import dataclass, field
from pathlib import Path

from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

from snakemake_executor_plugin_submitit.executor import Executor

__all__ = ["Executor", "ExecutorSettings", "common_settings"]


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """Options `--submitit-...` of Snakemake, and keys `submitit-...` of a profile."""

    cluster: str | None = field(
        default="auto",
        metadata={
            "help": "auto (slurm where there is srun, else local), slurm, local, or debug (in Snakemake, with pdb)",
            "type": str,
        },
    )
    folder: Path | None = field(
        default=Path(".snakemake/submitit"),
        metadata={"help": "logs and state of submitted jobs; on a disk that all nodes share", "type": Path},
    )
    requeues: int | None = field(
        default=10, metadata={"help": "how often a job that ran into its time limit goes on", "type": int}
    )
    signal_delay: int | None = field(
        default=90, metadata={"help": "seconds before the time limit at which a job is told to stop", "type": int}
    )
    poll_interval: float | None = field(
        default=5.0, metadata={"help": "seconds between two questions to the scheduler", "type": float}
    )


common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_default_storage_provider_args=True,
    pass_default_resources_args=True,
    pass_envvar_declarations_to_cmd=True,
    auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=0,
    pass_group_args=True,
)
