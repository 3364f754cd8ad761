# Videos to tables: every table of the documents is a target, `snakemake -c2 table_7_2c`.
#   --config scale=smoke|mini|paper     sizes and data (default: mini)
#   --config dataset=NAME               another data set in place of the scale's own; results go to results/SCALE-NAME
import sys
from pathlib import Path

from snakemake.utils import min_version

from longvideo.errors import UserError
from longvideo.files.stale_lock import release_stale_lock
from longvideo.graph import (
    as_argument,
    figure_flags,
    figure_inputs,
    resolved_figure,
    timed_experiments,
)
from longvideo.preflight import missing_data, open_workspace, world_files

min_version("9.27")


configfile: "config/config.yaml"


try:
    workspace = open_workspace(config)
    if workflow.is_main_process:
        # The same command works again after a Snakemake was killed.
        alive = release_stale_lock(Path(".snakemake"))
        for line in missing_data(workspace):
            print(f"longvideo: {line}", file=sys.stderr)
except UserError as error:
    sys.exit(f"longvideo: {error}")

RUN = f"results/{workspace.name}"
# No parameter of the rules: another environment is no reason to run everything again.
PYTHON = sys.executable
DEFAULT_TABLE = "table_7_2c"


onstart:
    # Under its default limit, Snakemake 9 looks for jobs to start every second once more for each that has ended: after
    # 150 jobs it took a fifth of a core. A limit that was asked for stays.
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


pathvars:
    run=RUN,


wildcard_constraints:
    data="[a-z][a-z0-9_]*(-s[0-9]+)?",
    split="[a-z][a-z0-9_]*",
    experiment="[a-z][a-z0-9_]*/[a-z0-9][a-z0-9_]*",
    seed="[0-9]+",
    pooling="clip|step",
    table="[a-z][a-z0-9_]*",
    figure="(cm_)?figure_[a-z0-9_]+",
    form="svg|png",


include: "workflow/rules/acquire.smk"
include: "workflow/rules/decode.smk"
include: "workflow/rules/detect.smk"
include: "workflow/rules/bank.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/predict.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/tabulate.smk"


for target in workspace.tables:

    rule:
        name:
            target
        default_target: target == DEFAULT_TABLE
        input:
            f"<run>/tables/{target}.json",
            f"<run>/tables/{target}.md",
        localrule: True


for target, figure in workspace.figures.items():

    rule:
        name:
            target
        input:
            list(workspace.files.figure(target, figure.form).values()),
        localrule: True


# Results from elsewhere (`longvideo pull`) come without the generated videos: here they are made again.
rule world:
    input:
        world_files(workspace),
    localrule: True


rule all_tables:
    input:
        expand(
            "<run>/tables/{table}.{kind}", table=workspace.tables, kind=["json", "md"]
        ),
    localrule: True


rule all_figures:
    input:
        [
            path
            for target, figure in workspace.figures.items()
            for path in workspace.files.figure(target, figure.form).values()
        ],
    localrule: True
