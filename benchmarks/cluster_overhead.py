"""What a SLURM job costs besides its work: python benchmarks/cluster_overhead.py [--jobs 200] [--group 20]

Runs the same trivial jobs with Snakemake's local executor, as one SLURM job each, and in groups, one after the other,
on the SLURM that this machine belongs to. Prints the whole time and the time per job of each, side by side. Without a
SLURM of its own, a machine can start one: tests/slurm/cluster.py.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SNAKEFILE = """
rule all:
    input: expand("out/{n}", n=range(config["jobs"]))
    localrule: True

rule trivial:
    output: "out/{n}"
    resources: runtime=10, mem_mb=500
    shell: "touch {output}"
"""


def run(jobs: int, *options: str) -> float:
    """Return the seconds that Snakemake takes for `jobs` jobs."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as folder:
        (Path(folder) / "Snakefile").write_text(SNAKEFILE)
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--quiet",
            "all",
            *options,
            "--config",
            f"jobs={jobs}",
            "--",
            "all",
        ]
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began


def main() -> None:
    """Print the three times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--group", type=int, default=20, help="jobs per group")
    args = parser.parse_args()
    slurm = ["--executor", "submitit", "--submitit-cluster", "slurm", "--submitit-poll-interval", "1", "--jobs", "1000"]
    grouped = ["--groups", "trivial=g", "--group-components", f"g={args.group}"]
    kinds = {
        "local executor": ["--cores", str(os.cpu_count())],
        "one SLURM job each": slurm,
        f"groups of {args.group}": [*slurm, *grouped],
    }
    one = run(1, *slurm)
    print(f"{'one job alone on SLURM':24} {one:8.1f} s")
    for name, options in kinds.items():
        took = run(args.jobs, *options)
        print(f"{name:24} {took:8.1f} s for {args.jobs} jobs, {1000 * took / args.jobs:8.0f} ms per job", flush=True)


if __name__ == "__main__":
    main()
