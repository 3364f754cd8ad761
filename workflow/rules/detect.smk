# Train the person detector on the boxes of the training split, and run it over every split.
# No table needs its score; ask for it by its path.


rule detect_train:
    input:
        unpack(lambda w: workspace.detector_inputs(w.data)),
    output:
        detector="<run>/detections/{data}/detector.safetensors",
    log:
        "<run>/logs/detect/{data}/detector.log",
    threads: workspace.threads("detect")
    resources:
        **workspace.resources("detect"),
    params:
        spec=as_argument(workspace.scale.detector),
        seed=lambda w: workspace.data_seed(w.data),
        resume_dir=f"{RUN}/resume/detections/{{data}}",
    shell:
        "{PYTHON:q} -m longvideo.steps.detect train --spec {params.spec:q} --seed {params.seed}"
        " --manifest {input.manifest:q} --labels {input.labels:q} --out {output.detector:q}"
        " --resume-dir {params.resume_dir:q} --threads {threads} &> {log:q}"


rule detect_run:
    input:
        detector="<run>/detections/{data}/detector.safetensors",
        manifest="<run>/decoded/{data}/{split}/manifest.parquet",
    output:
        detections="<run>/detections/{data}/{split}.parquet",
    log:
        "<run>/logs/detect/{data}/{split}.log",
    threads: workspace.threads("detect")
    resources:
        **workspace.resources("detect"),
    params:
        spec=as_argument(workspace.scale.detector),
    shell:
        "{PYTHON:q} -m longvideo.steps.detect run --spec {params.spec:q} --detector {input.detector:q}"
        " --manifest {input.manifest:q} --out {output.detections:q} --threads {threads} &> {log:q}"


rule detect_score:
    input:
        detections="<run>/detections/{data}/{split}.parquet",
        labels="<run>/raw/{data}/{split}/labels.csv",
    output:
        score="<run>/detections/{data}/{split}.score.json",
    log:
        "<run>/logs/detect/{data}/{split}.score.log",
    threads: 1
    resources:
        **workspace.resources("evaluate"),
    shell:
        "{PYTHON:q} -m longvideo.steps.detect score --detections {input.detections:q}"
        " --labels {input.labels:q} --out {output.score:q} &> {log:q}"
