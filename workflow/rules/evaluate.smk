# Compare predictions with the labels of the test split.


rule evaluate:
    input:
        unpack(lambda w: workspace.evaluate_inputs(w.experiment, int(w.seed))),
        predictions="<run>/predictions/{experiment}/s{seed}.parquet",
    output:
        metrics="<run>/metrics/{experiment}/s{seed}.json",
    log:
        "<run>/logs/evaluate/{experiment}/s{seed}.log",
    threads: workspace.threads("evaluate")
    resources:
        **workspace.resources("evaluate"),
    params:
        spec=lambda w: as_argument(workspace.experiment(w.experiment)),
        data=lambda w: workspace.evaluate_flags(w.experiment, int(w.seed)),
    shell:
        "{PYTHON:q} -m longvideo.steps.evaluate --spec {params.spec:q} --seed {wildcards.seed}"
        " --predictions {input.predictions:q} --labels {input.labels:q} --excluded {input.excluded:q}"
        " --label-map {input.label_map:q} {params.data} --out {output.metrics:q} &> {log:q}"
