"""The whole graph at every scale, as `snakemake -n` sees it; nothing runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from snakemake_calls import CONFIG, NO_EDIT, ROOT, Result, clone, make_calls

from longvideo.files.layout import Layout
from longvideo.specs.load import load_scale, names

ALLOWED_LINTS = {
    "Specify a conda environment or container for each rule.",  # the environment is the lock file's
    "Shell command directly uses variable PYTHON from outside of the rule",  # see the Snakefile
}
DRY_RUN = ["-n", "-c2", "-p", "--config"]
CALLS = {
    "smoke": [*DRY_RUN, "scale=smoke", "--", "all_tables"],
    "mini": [*DRY_RUN, "dataset=miniworld_ava_dev", "--", "all_tables"],
    "paper": [*DRY_RUN, "scale=paper", "--", "all_tables"],
    "one": [*DRY_RUN, "scale=mini", "--", "results/mini/metrics/ava_lfb/nl/s7.json"],
    "figures": [*DRY_RUN, "scale=smoke", "--", "all_figures"],
    "default": ["-n", "-c2"],
    "mistake": [*DRY_RUN, "scale=maxi"],
    "lint": ["--lint"],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, Result]:
    """The results of all calls in a fresh clone."""
    checkout = clone(tmp_path_factory.mktemp("checkout"))
    return dict(zip(CALLS, make_calls(checkout, [(words, NO_EDIT) for words in CALLS.values()])))


@pytest.mark.parametrize("scale", ["smoke", "mini", "paper"])
def test_all_tables_resolve_at_every_scale(results, scale):
    assert results[scale].status == 0, results[scale].stdout + results[scale].stderr
    jobs, seeds = results[scale].jobs, len(load_scale(scale, CONFIG).seeds)
    worlds = 1 if scale == "paper" else seeds
    assert jobs["detect_train"] == worlds
    assert jobs["detect_run"] == 2 * worlds  # training and test split of AVA
    # UCF-101 and HMDB-51 have six splits, the others two; each decodes all its videos once. Those of chapter 4 are also
    # seen as flow; Charades is decoded in two forms.
    assert jobs["acquire"] == (2 + 7 + 7 + 3 + 3 * 3) * worlds and jobs["decode"] == (2 + 3 + 3) * worlds
    assert jobs["flow"] == 3 * worlds
    only_started_from = worlds * (scale != "paper")  # what stands for ImageNet is not scored
    assert jobs["train"] + jobs["train_timed"] == jobs["predict"] + only_started_from < jobs["evaluate"]
    assert jobs["train"] % seeds == jobs["train_timed"] % seeds == 0
    assert jobs["tabulate"] == len(names("tables", CONFIG))


def test_all_figures_resolve(results):
    assert results["figures"].status == 0, results["figures"].stdout + results["figures"].stderr
    assert results["figures"].jobs["figure"] == len(names("figures", CONFIG))
    assert "--out-picture results/smoke/figures/figure_4_2.png " in results["figures"].stdout


def test_missing_real_data_are_named_and_stop_nothing(results):
    lines = [line for line in results["paper"].stderr.splitlines() if line.startswith("longvideo: ")]
    assert "longvideo: ava: expected data/ava/annotations/ava_train_v2.1.csv, found none" in lines
    assert any("'longvideo check ava'" in line for line in lines)
    assert "longvideo: weights: expected data/weights/r50_i3d_nl_kinetics400.safetensors, found none" in lines
    assert "--init data/weights/r50_i3d_nl_kinetics400.safetensors" in results["paper"].stdout
    assert not [line for line in results["mini"].stderr.splitlines() if line.startswith("longvideo: ")]


def test_another_data_set_has_results_of_its_own(results):
    assert "--out-json results/mini-miniworld_ava_dev/tables/table_7_2c.json" in results["mini"].stdout
    assert " results/mini/" not in results["mini"].stdout
    assert "/miniworld_ava-s0" not in results["mini"].stdout


def test_rules_write_where_the_layout_says(results):
    files = Layout(Path("results/mini-miniworld_ava_dev"))
    data, experiment = "miniworld_ava_dev-s0", "ava_cnn/support_2"
    paths = [*files.raw(data, "train").values(), *files.bank(experiment, 0, "val").values()]
    paths += files.bank("ava_cnn/support_5", 0, "val", "step").values()
    paths += [files.manifest(data, "val"), files.detector(data), files.detections(data, "val")]
    paths += [files.checkpoint(experiment, 0), files.predictions(experiment, 0), files.metrics(experiment, 0)]
    paths += files.table("table_7_2c").values()
    outputs = {
        word.strip(",") for line in results["mini"].stdout.splitlines() if "output:" in line for word in line.split()
    }
    assert set(paths) <= outputs


def test_one_file_is_a_target_and_brings_what_it_needs(results):
    assert results["one"].status == 0, results["one"].stdout
    jobs = results["one"].jobs
    assert (jobs["train"], jobs["bank"], jobs["evaluate"]) == (2, 2, 1)
    assert "--bank-features results/mini/banks/ava_cnn/support_2/s7/test/clip/features.npy" in results["one"].stdout
    assert "--scale mini --data miniworld_ava-s7 --split test --out" in results["one"].stdout
    assert "results/mini/raw/miniworld_ava-s0" not in results["one"].stdout


def test_a_call_without_a_target_makes_one_table(results):
    assert results["default"].status == 0
    assert results["default"].jobs["tabulate"] == 1


def test_a_mistake_stops_it_with_one_line(results):
    message = f"longvideo: config/scales: unknown scale 'maxi'; known: {', '.join(names('scales', CONFIG))}"
    assert results["mistake"].status == message
    assert "Traceback" not in results["mistake"].stdout + results["mistake"].stderr


def test_rules_are_clean(results):
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    command = [Path(sys.executable).with_name("snakefmt"), "--check", *files]
    formatted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stderr
    lints = [line.strip() for line in results["lint"].stderr.splitlines() if line.strip().startswith("* ")]
    assert {line.removeprefix("* ").rstrip(":.") for line in lints} == {lint.rstrip(".") for lint in ALLOWED_LINTS}
