# Compare predictions with the labels of the test split; or measure speed, alone on its threads.


rule evaluate:
    input:
        unpack(lambda w: workspace.evaluate_inputs(w.experiment, int(w.seed))),
    output:
        metrics="<run>/metrics/{experiment}/s{seed}.json",
    log:
        "<run>/logs/evaluate/{experiment}/s{seed}.log",
    threads: lambda w: workspace.evaluate_threads(w.experiment)
    resources:
        mem_mb=lambda w: workspace.evaluate_resources(w.experiment)["mem_mb"],
        runtime=lambda w: workspace.evaluate_resources(w.experiment)["runtime"],
        gpus=lambda w: workspace.evaluate_resources(w.experiment)["gpus"],
    params:
        spec=lambda w: as_argument(workspace.experiment(w.experiment)),
        files=lambda w: workspace.evaluate_flags(w.experiment, int(w.seed)),
    shell:
        "{PYTHON:q} -m longvideo.steps.evaluate --spec {params.spec:q} --seed {wildcards.seed}"
        " {params.files} --out {output.metrics:q} --threads {threads} &> {log:q}"
