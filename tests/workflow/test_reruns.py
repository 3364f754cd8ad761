"""What Snakemake does again after a change, with steps that only write their own call into their outputs."""

import pytest
from snakemake_calls import NO_EDIT, Result, clone, make_calls

TARGETS = ["results/smoke/metrics/ava_lfb/nl/s0.json", "results/smoke/metrics/ava_lfb/avg/s0.json"]
RUN = ["-c2", "--config", "scale=smoke", "--", *TARGETS]
ASK = ["-n", *RUN]
LFB, SCALE = "config/experiments/ava_lfb.yaml", "config/scales/smoke.yaml"
CALLS = {
    "run": (RUN, NO_EDIT),
    "again": (ASK, NO_EDIT),
    "comment": (ASK, (LFB, "variants:", "# A comment.\nvariants:")),
    "resources": (ASK, (SCALE, "train: {runtime: 10,", "train: {runtime: 11,")),
    "variant": (ASK, (LFB, "{kind: avg}", "{kind: avg, dropout: 0.5}")),
    "decode": (ASK, (SCALE, "gop: 12", "gop: 6")),
    "failure": (RUN, ("Snakefile", "./step", "./broken_step")),
}
STEP = """#!/bin/sh
call="$*"
while [ $# -gt 0 ]; do
  case "$1" in
    --out|--log|--features|--index) echo "$call" > "$2";;
    --out-dir)
      for file in videos.csv labels.csv excluded.csv label_map.pbtxt videos.done; do echo "$call" > "$2/$file"; done;;
  esac
  shift
done
"""
BROKEN_STEP = """#!/bin/sh
echo "longvideo: the reason" >&2
exit 2
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, Result]:
    """The results of all calls, one after the other in one clone."""
    checkout = clone(tmp_path_factory.mktemp("checkout"))
    for name, text in (("step", STEP), ("broken_step", BROKEN_STEP)):
        (checkout / name).write_text(text)
        (checkout / name).chmod(0o755)
    snakefile = checkout / "Snakefile"
    assert "PYTHON = sys.executable" in snakefile.read_text()
    snakefile.write_text(snakefile.read_text().replace("PYTHON = sys.executable", 'PYTHON = "./step"'))
    return dict(zip(CALLS, make_calls(checkout, list(CALLS.values()))))


def test_everything_runs_once(results):
    assert results["run"].status == 0, results["run"].stdout
    assert results["run"].jobs["train"] == 3
    assert results["again"].jobs == {}


@pytest.mark.parametrize("change", ["comment", "resources"])
def test_what_changes_no_result_runs_nothing_again(results, change):
    assert results[change].status == 0
    assert results[change].jobs == {}


def test_a_variant_runs_alone_again(results):
    assert results["variant"].jobs == {"train": 1, "predict": 1, "evaluate": 1, "total": 3}
    assert "experiment=ava_lfb/avg" in results["variant"].stdout
    assert "experiment=ava_lfb/nl" not in results["variant"].stdout


def test_another_encoding_runs_everything_again_but_the_world(results):
    jobs = results["decode"].jobs
    assert "acquire" not in jobs
    assert {name: jobs[name] for name in jobs if name != "total"} == {
        name: count for name, count in results["run"].jobs.items() if name not in ("acquire", "total")
    }


def test_a_failing_step_shows_its_reason(results):
    assert results["failure"].status != 0
    assert "longvideo: the reason" in results["failure"].stdout + results["failure"].stderr
