# Bring every video to one frame rate, size and encoding, and list them with their shots.
# The videos lie beside the manifest, undeclared: Snakemake would delete them all before an interrupted job goes on.


rule decode:
    input:
        videos="<run>/raw/{data}/{split}/videos.csv",
        done="<run>/raw/{data}/{split}/videos.done",
    output:
        manifest="<run>/decoded/{data}/{split}/manifest.parquet",
    log:
        "<run>/logs/decode/{data}/{split}.log",
    threads: workspace.threads("decode")
    resources:
        **workspace.resources("decode"),
    params:
        spec=lambda w: as_argument(workspace.decode_spec(w.data)),
    shell:
        "{PYTHON:q} -m longvideo.steps.decode --spec {params.spec:q} --videos {input.videos:q}"
        " --out {output.manifest:q} --threads {threads} &> {log:q}"


rule flow:
    input:
        manifest="<run>/decoded/{data}/{split}/manifest.parquet",
    output:
        manifest="<run>/decoded/{data}/{split}/flow/manifest.parquet",
    log:
        "<run>/logs/decode/{data}/{split}.flow.log",
    threads: workspace.threads("decode")
    resources:
        **workspace.resources("decode"),
    params:
        spec=as_argument(workspace.scale.flow),
    shell:
        "{PYTHON:q} -m longvideo.steps.decode --spec {params.spec:q} --videos {input.manifest:q}"
        " --out {output.manifest:q} --threads {threads} &> {log:q}"
