# Generate a world, or read the user's copy of a real data set: videos and official annotation files of one split.
# Generated videos lie beside the list, undeclared: Snakemake would delete them all before an interrupted job goes on.
# `done` says that they are there. Only `decode` asks for it: whoever has what comes after can do without the videos.


rule acquire:
    output:
        videos="<run>/raw/{data}/{split}/videos.csv",
        labels="<run>/raw/{data}/{split}/labels.csv",
        excluded="<run>/raw/{data}/{split}/excluded.csv",
        label_map="<run>/raw/{data}/{split}/label_map.pbtxt",
        done="<run>/raw/{data}/{split}/videos.done",
    log:
        "<run>/logs/acquire/{data}/{split}.log",
    threads: workspace.threads("acquire")
    resources:
        **workspace.resources("acquire"),
    params:
        spec=lambda w: as_argument(workspace.dataset(w.data)),
        seed=lambda w: workspace.data_seed(w.data),
        out_dir=subpath(output.videos, parent=True),
    shell:
        "{PYTHON:q} -m longvideo.steps.acquire --spec {params.spec:q} --seed {params.seed}"
        " --split {wildcards.split} --out-dir {params.out_dir:q} &> {log:q}"
