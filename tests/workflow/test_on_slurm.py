"""The graph at smoke scale on a real SLURM gives the files of a local run, bit for bit."""

import pytest
from heads import Head
from snakemake_calls import clone

pytestmark = pytest.mark.workflow
KINDS = ("detections/**/*.parquet", "banks/**/*.npy", "checkpoints/**/*.safetensors", "metrics/**/*.json")
TARGETS = [f"results/smoke/metrics/{name}/s0.json" for name in ("ava_cnn/support_2", "ava_lfb/nl", "ava_lfb/avg")]
GPU_RULES = {"detect_train", "detect_run", "bank", "train", "predict"}


def test_slurm_gives_the_files_of_a_local_run(slurm, smoke, tmp_path):
    head = Head(clone(tmp_path), slurm.env)
    options = ["--profile", "workflow/profiles/slurm", "--config", "scale=smoke"]
    process = head.start(*options, "--", *TARGETS)
    said, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said
    local, ours = smoke.folder / "results/smoke", tmp_path / "results/smoke"
    files = [file.relative_to(ours) for kind in KINDS for file in ours.glob(kind) if file.is_file()]
    assert len(files) == 10
    assert [str(file) for file in files if (ours / file).read_bytes() != (local / file).read_bytes()] == []
    # What each job was asked for stands in the script that was submitted.
    scripts = [file.read_text() for file in tmp_path.glob(".snakemake/submitit/*/*_submission.sh")]
    with_gpu = {_name(script) for script in scripts if "--gpus-per-node=1" in script}
    assert with_gpu == GPU_RULES
    assert {_name(script) for script in scripts} - with_gpu == {"world", "scores"}


def _name(script):
    return next(line.partition("=")[2] for line in script.splitlines() if line.startswith("#SBATCH --job-name"))
