import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.graph import (
    Workspace,
    as_argument,
    figure_flags,
    figure_inputs,
    flags,
    resolved_figure,
    timed_experiments,
)
from longvideo.preflight import open_workspace
from longvideo.specs.decode import DecodeSpec
from longvideo.specs.load import load_scale

CONFIG = Path(__file__).parents[1] / "config"


def workspace(scale: str, **layers) -> Workspace:
    """A run of one scale, with layers over its experiments."""
    spec = load_scale(scale, CONFIG)
    merged = {name: {**spec.experiments.get(name, {}), **layer} for name, layer in layers.items()}
    return Workspace(spec.model_copy(update={"experiments": {**spec.experiments, **merged}}), None, CONFIG)


def test_a_frozen_model_with_a_bank_reads_both_of_the_training_split():
    mini = workspace("mini", ava_lfb={"freeze_backbone": True, "init": "ava_cnn/support_3"})
    assert mini.train_inputs("ava_lfb/window_10", 2) == {
        "manifest": "results/mini/decoded/miniworld_ava-s2/train/manifest.parquet",
        "detections": "results/mini/detections/miniworld_ava-s2/train.parquet",
        "labels": "results/mini/raw/miniworld_ava-s2/train/labels.csv",
        "label_map": "results/mini/raw/miniworld_ava-s2/train/label_map.pbtxt",
        "init": "results/mini/checkpoints/ava_cnn/support_3/s2/model.safetensors",
        "init_features": "results/mini/banks/ava_cnn/support_3/s2/train/clip/features.npy",
        "init_index": "results/mini/banks/ava_cnn/support_3/s2/train/clip/index.parquet",
        "bank_features": "results/mini/banks/ava_cnn/support_2/s2/train/clip/features.npy",
        "bank_index": "results/mini/banks/ava_cnn/support_2/s2/train/clip/index.parquet",
    }


def test_a_frozen_short_term_operator_reads_a_feature_per_time_step():
    mini = workspace("mini", ava_sto={"freeze_backbone": True})
    inputs = mini.predict_inputs("ava_sto/support_5", 1)
    assert inputs["init_features"] == "results/mini/banks/ava_cnn/support_5/s1/test/step/features.npy"
    assert "bank_features" not in inputs


def test_a_bank_sees_labels_of_the_training_split_only():
    mini = workspace("mini")
    labels = "--labels results/mini/raw/miniworld_ava-s1/train/labels.csv"
    assert labels in mini.bank_flags("ava_cnn/support_2", 1, "train")
    assert "--labels" not in mini.bank_flags("ava_cnn/support_2", 1, "test")


def test_a_result_says_which_run_data_and_split_it_is_of():
    run = open_workspace({"scale": "mini", "dataset": "miniworld_ava_dev"}, CONFIG)
    expected = "--scale mini-miniworld_ava_dev --data miniworld_ava_dev-s2 --split val"
    assert run.evaluate_flags("ava_lfb/nl", 2).endswith(expected)
    assert run.evaluate_inputs("ava_lfb/nl", 2)["labels"].endswith("/miniworld_ava_dev-s2/val/labels.csv")


def test_a_model_trained_end_to_end_reads_no_features_of_its_own():
    mini = workspace("mini", ava_lfb={"freeze_backbone": False})
    names = mini.train_inputs("ava_lfb/nl", 0).keys()
    assert {"init", "bank_features"} <= names
    assert not {"init_features", "init_index"} & names


def test_predicting_reads_the_test_split_and_no_labels():
    inputs = workspace("mini").predict_inputs("ava_lfb/nl", 1)
    assert "labels" not in inputs
    assert all("/test/" in path or path.endswith("/test.parquet") for path in inputs.values())


def test_flags_name_the_files_that_rules_make():
    smoke = workspace("smoke")
    for named, inputs in (
        (smoke.train_flags, smoke.train_inputs),
        (smoke.predict_flags, smoke.predict_inputs),
    ):
        assert named("ava_cnn/support_2", 0) == flags(inputs("ava_cnn/support_2", 0))


def test_a_users_weights_are_a_flag_and_no_rules_input():
    paper = workspace("paper", ava_cnn={"init": "file:my weights.safetensors"})
    assert "init" not in paper.train_inputs("ava_cnn/support_2", 0)
    assert shlex.split(paper.train_flags("ava_cnn/support_2", 0))[-2:] == ["--init", "my weights.safetensors"]


def test_real_data_are_shared_by_the_seeds_and_worlds_are_not():
    mini, paper = workspace("mini"), workspace("paper")
    assert mini.data(mini.experiment("ava_lfb/nl"), 4) == "miniworld_ava-s4"
    assert paper.data(paper.experiment("ava_lfb/nl"), 4) == "ava"
    assert (mini.data_seed("miniworld_ava-s4"), paper.data_seed("ava")) == (4, 0)
    assert mini.dataset("miniworld_ava-s4").story == "ava"


def test_decoding_takes_the_trim_of_the_data_set():
    paper = workspace("paper")
    spec = DecodeSpec.model_validate_json(as_argument(paper.decode_spec("ava")))
    assert spec.trim is not None
    assert (spec.trim.start_s, spec.trim.duration_s, spec.fps) == (900, 901, 30)


def test_another_data_set_takes_the_place_of_the_scales_own():
    run = open_workspace({"scale": "mini", "dataset": "miniworld_ava_dev"}, CONFIG)
    assert run.name == "mini-miniworld_ava_dev"
    assert run.detector_inputs("miniworld_ava_dev-s1")["labels"] == (
        "results/mini-miniworld_ava_dev/raw/miniworld_ava_dev-s1/train/labels.csv"
    )
    assert run.data(run.experiment("ava_lfb/nl"), 0) == "miniworld_ava_dev-s0"
    assert run.resolved_table("table_7_2c").datasets == {"ava": "miniworld_ava_dev"}


def test_a_table_needs_each_of_its_experiments_once_per_seed():
    mini = workspace("mini")
    files = mini.table_inputs("table_7_2a")
    assert len(files) == len(set(files)) == 26 * len(mini.scale.seeds)
    assert mini.table_inputs("table_7_1") == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scale": "mega"}, "unknown scale 'mega'"),
        ({"sclae": "mini"}, "did you mean 'scale'"),
        ({"dataset": "miniworld_ava_smoek"}, "did you mean 'miniworld_ava_smoke'"),
        ({"dataset": "../../etc/passwd"}, "unknown dataset"),
    ],
)
def test_a_wrong_run_is_one_line(values, expected):
    with pytest.raises(UserError, match=expected):
        open_workspace(values, CONFIG)


def test_an_experiment_that_starts_from_itself_is_named():
    run = workspace("mini", ava_cnn={"init": "ava_cnn/{variant}"})
    with pytest.raises(UserError, match="depend on themselves, found ava_cnn/support_2 <- ava_cnn/support_2 <- table"):
        run.check()


def test_a_missing_start_says_who_needs_it():
    run = workspace("mini", ava_sto={"init": "ava_cnn/support_4"})
    with pytest.raises(
        UserError, match=r"unknown variant 'support_4'.*needed by ava_sto/support_2 <- table table_7_2a"
    ):
        run.check()


@given(st.dictionaries(st.sampled_from(["init", "init_index", "bank_features"]), st.text(min_size=1)))
def test_flags_survive_the_shell(paths):
    words = shlex.split(flags(paths))
    assert words[1::2] == list(paths.values())
    assert [word.removeprefix("--").replace("-", "_") for word in words[::2]] == list(paths)


def test_a_stream_reads_all_videos_and_the_labels_of_its_fold():
    mini = workspace("mini")
    root = "results/mini/raw/miniworld_ucf-s1"
    assert mini.train_inputs("coviar_flow/ucf101_2", 1) == {
        "manifest": "results/mini/decoded/miniworld_ucf-s1/all/flow/manifest.parquet",
        "labels": f"{root}/train2/labels.csv",
        "label_map": f"{root}/train2/label_map.pbtxt",
    }
    inputs = mini.predict_inputs("coviar_motion/ucf101_2", 1)
    assert "labels" not in inputs and inputs["videos"] == f"{root}/test2/videos.csv"
    assert inputs["manifest"] == "results/mini/decoded/miniworld_ucf-s1/all/manifest.parquet"


def test_a_fusion_reads_predictions_alone_and_names_what_is_trained():
    mini = workspace("mini")
    streams = [
        f"results/mini/predictions/coviar_{name}/hmdb51_3/s2.parquet" for name in ("iframe", "motion", "residual")
    ]
    inputs = mini.evaluate_inputs("coviar/hmdb51_3", 2)
    assert inputs["predictions"] == streams and inputs["labels"].endswith("/miniworld_hmdb-s2/test3/labels.csv")
    assert "--predictions " + " ".join(streams) in mini.evaluate_flags("coviar/hmdb51_3", 2)
    assert len(mini.table_logs("table_4_2")) == 5 * len(mini.scale.seeds)
    with pytest.raises(UserError, match="which fuses others"):
        mini.train_inputs("coviar/hmdb51_3", 2)


def test_a_fold_that_the_data_set_lacks_is_one_line():
    broken = workspace("mini", charades_motion={"fold": 2})
    with pytest.raises(UserError, match="charades_motion/all: fold: expected a fold with splits among train, test"):
        broken.files_of("charades_motion/all").test_split(0)
    with pytest.raises(UserError, match="expected a data set of labelled videos, found miniworld_ava-s0"):
        workspace("mini", charades_motion={"dataset": "ava"}).files_of("charades_motion/all").test_split(0)


def test_a_figure_of_videos_reads_all_of_them_and_the_labels_of_a_test_split():
    mini = workspace("mini")
    data = mini.data(mini.figures["figure_4_2"], 0)
    assert figure_inputs(mini, "figure_4_2") == {
        "manifest": f"results/mini/decoded/{data}/all/manifest.parquet",
        "labels": f"results/mini/raw/{data}/test1/labels.csv",
        "label_map": f"results/mini/raw/{data}/test1/label_map.pbtxt",
    }
    assert figure_flags(mini, "figure_4_2") == flags(figure_inputs(mini, "figure_4_2"))
    assert (resolved_figure(mini, "figure_4_2").data, resolved_figure(mini, "figure_4_2").seeds) == (data, (0,))


def test_a_figure_of_measurements_reads_each_metrics_file_once():
    mini = workspace("mini")
    files = figure_inputs(mini, "figure_4_7")["metrics"]
    assert len(files) == len(set(files)) == (3 + 4 * 3) * len(mini.scale.seeds)
    assert figure_flags(mini, "figure_4_7") == "--metrics-root results/mini/metrics"


def test_measuring_speed_reads_nothing_and_has_threads_of_its_own():
    mini = workspace("mini", speed={"threads": 5})
    assert mini.evaluate_inputs("speed/coviar", 1) == {}
    assert mini.evaluate_flags("speed/coviar", 1) == "--scale mini --data miniworld_film-s1 --split film"
    assert mini.evaluate_threads("speed/coviar") == 5
    assert mini.evaluate_threads("ava_lfb/nl") == mini.threads("evaluate")
    assert mini.table_logs("table_4_4") == []


def test_clips_are_trained_on_all_videos_of_a_split_from_another_experiment_and_timed():
    mini = workspace("mini")
    root = "results/mini/raw/miniworld_something-s2"
    assert mini.train_inputs("something_slowfast/multigrid", 2) == {
        "manifest": "results/mini/decoded/miniworld_something-s2/all/manifest.parquet",
        "labels": f"{root}/train/labels.csv",
        "label_map": f"{root}/train/label_map.pbtxt",
        "init": "results/mini/checkpoints/kinetics_slowfast/baseline/s2/model.safetensors",
    }
    times = "results/mini/checkpoints/something_slowfast/multigrid/s2/times.json"
    assert mini.train_flags("something_slowfast/multigrid", 2).endswith(f"--out-times {times}")
    assert mini.evaluate_inputs("something_slowfast/multigrid", 2)["times"] == times
    assert "labels" not in mini.predict_inputs("something_slowfast/multigrid", 2)
    assert "--out-times" not in mini.train_flags("ava_lfb/nl", 0) + mini.train_flags("coviar_motion/ucf101_1", 0)


def test_training_is_timed_where_tables_ask_for_it():
    pattern = timed_experiments(workspace("mini"))
    assert re.fullmatch(pattern, "kinetics_slowfast/multigrid") and re.fullmatch(
        pattern, "charades_slowfast/baseline_53"
    )
    assert not any(re.fullmatch(pattern, name) for name in ("ava_lfb/nl", "coviar_motion/ucf101_1", "speed/coviar"))


def test_two_data_sets_can_be_made_of_the_same_videos():
    mini = workspace("mini")
    compressed, rgb = mini.experiment("charades_motion/all"), mini.experiment("charades_slowfast/multigrid")
    assert (mini.data(compressed, 0), mini.data(rgb, 0)) == ("miniworld_charades-s0", "miniworld_charades_rgb-s0")
    specs = [mini.decode_spec(mini.data(spec, 0)) for spec in (compressed, rgb)]
    assert [type(spec).__name__ for spec in specs] == ["Mpeg4Spec", "DecodeSpec"]


def test_a_figure_of_a_recipe_reads_nothing_and_one_of_trade_offs_reads_metrics():
    mini = workspace("mini")
    assert figure_inputs(mini, "figure_6_2") == {} and figure_flags(mini, "figure_6_2") == ""
    assert resolved_figure(mini, "figure_6_2").datasets == {}
    files = figure_inputs(mini, "figure_6_1")["metrics"]
    assert len(files) == len(set(files)) == 10 * len(mini.scale.seeds)
    assert resolved_figure(mini, "figure_6_3").datasets == {"kinetics400": "miniworld_kinetics"}
