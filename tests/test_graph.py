import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.graph import Workspace, as_argument, flags
from longvideo.preflight import open_workspace
from longvideo.specs.load import load_scale
from longvideo.specs.scale import DecodeSpec

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
    assert mini.bank_flags("ava_cnn/support_2", 1, "train", "clip") == labels
    assert mini.bank_flags("ava_cnn/support_2", 1, "train", "step") == f"{labels} --per-step"
    assert mini.bank_flags("ava_cnn/support_2", 1, "test", "clip") == ""
    assert mini.bank_flags("ava_cnn/support_2", 1, "test", "step") == "--per-step"


def test_a_result_says_which_run_data_and_split_it_is_of():
    run = open_workspace({"scale": "mini", "dataset": "miniworld_ava_dev"}, CONFIG)
    expected = "--scale mini-miniworld_ava_dev --data miniworld_ava_dev-s2 --split val"
    assert run.evaluate_flags("ava_lfb/nl", 2) == expected
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


def test_a_model_without_a_bank_or_a_start_has_no_flags():
    smoke = workspace("smoke")
    assert smoke.train_flags("ava_cnn/support_2", 0) == ""
    assert smoke.predict_flags("ava_cnn/support_2", 0) == ""


def test_a_users_weights_are_a_flag_and_no_rules_input():
    paper = workspace("paper", ava_cnn={"init": "file:my weights.safetensors"})
    assert "init" not in paper.train_inputs("ava_cnn/support_2", 0)
    assert shlex.split(paper.train_flags("ava_cnn/support_2", 0)) == ["--init", "my weights.safetensors"]


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
