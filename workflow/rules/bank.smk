# Compute one feature per detected box with a trained model: what other models remember, or start from when frozen.


rule bank:
    input:
        unpack(lambda w: workspace.clip_inputs(w.experiment, int(w.seed), w.split)),
        checkpoint="<run>/checkpoints/{experiment}/s{seed}/model.safetensors",
    output:
        features="<run>/banks/{experiment}/s{seed}/{split}/{pooling}/features.npy",
        index="<run>/banks/{experiment}/s{seed}/{split}/{pooling}/index.parquet",
    log:
        "<run>/logs/bank/{experiment}/s{seed}/{split}-{pooling}.log",
    threads: workspace.threads("bank")
    resources:
        **workspace.resources("bank"),
    params:
        spec=lambda w: as_argument(workspace.experiment(w.experiment)),
        kind=lambda w: workspace.bank_flags(
            w.experiment, int(w.seed), w.split, w.pooling
        ),
    shell:
        "{PYTHON:q} -m longvideo.steps.bank --spec {params.spec:q} --checkpoint {input.checkpoint:q}"
        " --manifest {input.manifest:q} --detections {input.detections:q} --label-map {input.label_map:q}"
        " {params.kind} --features {output.features:q} --index {output.index:q}"
        " --threads {threads} &> {log:q}"
