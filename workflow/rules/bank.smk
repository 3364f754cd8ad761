# Compute one feature per detected box with a trained model: what other models remember, or start from when frozen.


rule bank:
    input:
        unpack(lambda w: workspace.bank_inputs(w.experiment, int(w.seed), w.split)),
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
        files=lambda w: workspace.bank_flags(w.experiment, int(w.seed), w.split),
        per_step=lambda w: "--per-step" if w.pooling == "step" else "",
    shell:
        "{PYTHON:q} -m longvideo.steps.bank --spec {params.spec:q} --checkpoint {input.checkpoint:q}"
        " {params.files} {params.per_step} --features {output.features:q} --index {output.index:q}"
        " --threads {threads} &> {log:q}"
