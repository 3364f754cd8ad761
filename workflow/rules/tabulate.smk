# Collect metrics into a table and test its claims.


rule tabulate:
    input:
        metrics=lambda w: workspace.table_inputs(w.table),
    output:
        json="<run>/tables/{table}.json",
        markdown="<run>/tables/{table}.md",
    log:
        "<run>/logs/tabulate/{table}.log",
    localrule: True
    params:
        table="config/tables/{table}.yaml",
        spec=lambda w: as_argument(workspace.resolved_table(w.table)),
        metrics_root=f"{RUN}/metrics",
    shell:
        "{PYTHON:q} -m longvideo.steps.tabulate --table {params.table:q} --spec {params.spec:q}"
        " --metrics-root {params.metrics_root:q} --out-json {output.json:q}"
        " --out-markdown {output.markdown:q} &> {log:q}"
