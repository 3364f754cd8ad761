# Score what the test split shows; labels are no input.


rule predict:
    input:
        unpack(lambda w: workspace.predict_inputs(w.experiment, int(w.seed))),
        checkpoint="<run>/checkpoints/{experiment}/s{seed}/model.safetensors",
    output:
        predictions="<run>/predictions/{experiment}/s{seed}.parquet",
    log:
        "<run>/logs/predict/{experiment}/s{seed}.log",
    threads: workspace.threads("predict")
    resources:
        **workspace.resources("predict"),
    params:
        spec=lambda w: as_argument(workspace.experiment(w.experiment)),
        files=lambda w: workspace.predict_flags(w.experiment, int(w.seed)),
    shell:
        "{PYTHON:q} -m longvideo.steps.predict --spec {params.spec:q} --checkpoint {input.checkpoint:q}"
        " {params.files} --out {output.predictions:q} --threads {threads} &> {log:q}"
