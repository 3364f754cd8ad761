# Train one variant of an experiment with one seed. The resume state is no output: Snakemake deletes outputs first.


rule train:
    input:
        unpack(lambda w: workspace.train_inputs(w.experiment, int(w.seed))),
    output:
        model="<run>/checkpoints/{experiment}/s{seed}/model.safetensors",
        losses="<run>/checkpoints/{experiment}/s{seed}/log.jsonl",
    log:
        "<run>/logs/train/{experiment}/s{seed}.log",
    threads: workspace.threads("train")
    resources:
        **workspace.resources("train"),
    params:
        spec=lambda w: as_argument(workspace.experiment(w.experiment)),
        files=lambda w: workspace.train_flags(w.experiment, int(w.seed)),
        resume_dir=f"{RUN}/resume/{{experiment}}/s{{seed}}",
    shell:
        "{PYTHON:q} -m longvideo.steps.train --spec {params.spec:q} --seed {wildcards.seed}"
        " {params.files} --out {output.model:q} --log {output.losses:q}"
        " --resume-dir {params.resume_dir:q} --threads {threads} &> {log:q}"


# The same where it counts how long that took.
use rule train as train_timed with:
    output:
        model="<run>/checkpoints/{experiment}/s{seed}/model.safetensors",
        losses="<run>/checkpoints/{experiment}/s{seed}/log.jsonl",
        times="<run>/checkpoints/{experiment}/s{seed}/times.json",
    wildcard_constraints:
        experiment=timed_experiments(workspace),


ruleorder: train_timed > train
