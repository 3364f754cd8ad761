# Collect metrics into a table and test its claims. `headline` and `losses` are for `dvc metrics` and `dvc plots`.


rule tabulate:
    input:
        metrics=lambda w: workspace.table_inputs(w.table),
    output:
        json="<run>/tables/{table}.json",
        markdown="<run>/tables/{table}.md",
        headline="<run>/summary/{table}.json",
    log:
        "<run>/logs/tabulate/{table}.log",
    localrule: True
    params:
        table="config/tables/{table}.yaml",
        spec=lambda w: as_argument(workspace.resolved_table(w.table)),
        metrics_root=f"{RUN}/metrics",
    shell:
        "{PYTHON:q} -m longvideo.steps.tabulate table --table {params.table:q} --spec {params.spec:q}"
        " --metrics-root {params.metrics_root:q} --out-json {output.json:q}"
        " --out-markdown {output.markdown:q} --out-headline {output.headline:q} &> {log:q}"


rule losses:
    input:
        logs=lambda w: workspace.table_logs(w.table),
    output:
        losses="<run>/summary/{table}.losses.csv",
    log:
        "<run>/logs/tabulate/{table}.losses.log",
    localrule: True
    params:
        checkpoints_root=f"{RUN}/checkpoints",
    shell:
        "{PYTHON:q} -m longvideo.steps.tabulate losses --checkpoints-root {params.checkpoints_root:q}"
        " --logs {input.logs:q} --out {output.losses:q} &> {log:q}"


# A figure of the documents, and the record of what it was drawn from.
rule figure:
    input:
        unpack(lambda w: figure_inputs(workspace, w.figure)),
    output:
        picture="<run>/figures/{figure}.{form}",
        record="<run>/figures/{figure}.{form}.json",
    log:
        "<run>/logs/tabulate/{figure}.{form}.log",
    localrule: True
    params:
        spec=lambda w: as_argument(resolved_figure(workspace, w.figure)),
        files=lambda w: figure_flags(workspace, w.figure),
    shell:
        "{PYTHON:q} -m longvideo.steps.tabulate figure --spec {params.spec:q} {params.files}"
        " --out-picture {output.picture:q} --out-record {output.record:q} &> {log:q}"
