"""The graph at smoke scale, run once for all tests that need its results."""

import pytest
from snakemake_calls import NO_EDIT, SmokeRun, clone, make_calls

STO = "results/smoke/metrics/ava_sto/support_5/s0.json"
FUSED = "results/smoke/metrics/coviar_with_flow/ucf101_1/s0.json"
CLIPS = "results/smoke/metrics/something_slowfast/multigrid/s0.json"
SUMMARY = ["results/smoke/summary/table_7_2c.json", "results/smoke/summary/table_7_2c.losses.csv"]


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> SmokeRun:
    """Everything that any test needs, from raw video to tables."""
    folder = clone(tmp_path_factory.mktemp("smoke"))
    words = ["-c2", "--config", "scale=smoke", "--", "table_7_1", "table_7_2c", STO, FUSED, CLIPS, *SUMMARY]
    return SmokeRun(folder, *make_calls(folder, [(words, NO_EDIT), (["-n", *words[1:]], NO_EDIT)]))
