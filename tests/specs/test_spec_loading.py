import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.specs.actions import OperatorSpec
from longvideo.specs.base import merge
from longvideo.specs.dataset import DATASET
from longvideo.specs.experiments import EXPERIMENT
from longvideo.specs.figure import FIGURE
from longvideo.specs.load import (
    load_dataset,
    load_experiment,
    load_figure,
    load_scale,
    load_table,
    names,
    variants,
)
from longvideo.specs.yaml_text import MAX_BYTES, read_yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SCALES = [load_scale(name, CONFIG) for name in names("scales", CONFIG)]
EXPERIMENTS = [variant for name in names("experiments", CONFIG) for variant in variants(name, CONFIG)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the configuration, to break."""
    for file in CONFIG.rglob("*.yaml"):
        copy = tmp_path / file.relative_to(CONFIG)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(file.read_text())
    return tmp_path


DELETED = object()


def change(file: Path, key: str, value: object) -> None:
    """Set one key, such as `optim.steps` or `rows.0.label`, in a YAML file."""
    content = yaml.safe_load(file.read_text())
    *parents, last = [int(part) if part.isdigit() else part for part in key.split(".")]
    place = content
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    place[last] = value
    if value is DELETED:
        del place[last]
    file.write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_variant_resolves_at_every_scale_and_survives_a_command_line(scale, experiment):
    spec = load_experiment(experiment, scale, CONFIG)
    assert spec.id == experiment
    assert EXPERIMENT.validate_json(json.dumps(spec.model_dump(mode="json"))) == spec


@pytest.mark.parametrize("target", names("figures", CONFIG))
def test_every_figure_survives_a_command_line(target):
    figure = load_figure(target, CONFIG)
    assert FIGURE.validate_json(json.dumps(figure.model_dump(mode="json"))) == figure


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("kind", "painting", "expected 'kind' as one of 'compressed_frames', 'video_space', 'speed_accuracy'"),
        ("position", [1], "unknown key 'position', did you mean 'positions'?"),
        ("positions", [1, 0], r"positions\[1\]: expected greater than or equal to 1, found 0"),
        ("target", "figure_4_3", "expected 'figure_4_2', the file's own name"),
    ],
)
def test_a_mistake_in_a_figure_is_one_line(config, key, value, message):
    change(config / "figures" / "figure_4_2.yaml", key, value)
    with pytest.raises(UserError, match=message) as caught:
        load_figure("figure_4_2", config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", names("datasets", CONFIG))
def test_every_dataset_survives_a_command_line(name):
    dataset = load_dataset(name, CONFIG)
    assert DATASET.validate_json(dataset.model_dump_json()) == dataset


def test_development_and_report_worlds_differ_in_nothing_but_their_purpose():
    report, dev = load_dataset("miniworld_ava", CONFIG), load_dataset("miniworld_ava_dev", CONFIG)
    assert report.purpose == "report"
    splits = {"videos": {"train": report.videos["train"], "val": report.videos["test"]}, "test_split": "val"}
    assert dev == report.model_copy(update={"purpose": "dev", **splits})


def test_a_variant_overrides_the_scale_which_overrides_common(config):
    change(
        config / "experiments/ava_lfb.yaml", "common.operator", {"kind": "nl", "layers": 5, "dim": 6, "dropout": 0.1}
    )
    change(config / "scales/mini.yaml", "experiments.ava_lfb.operator", {"dim": 7, "dropout": 0.2})
    change(config / "experiments/ava_lfb.yaml", "variants.nl.operator", {"dropout": 0.3})
    mini, paper = load_scale("mini", config), load_scale("paper", config)
    assert load_experiment("ava_lfb/nl", mini, config).operator == OperatorSpec(kind="nl", layers=5, dim=7, dropout=0.3)
    assert load_experiment("ava_lfb/nl", paper, config).operator == OperatorSpec(
        kind="nl", layers=5, dim=6, dropout=0.3
    )


def test_support_in_seconds_is_the_stride_at_both_frame_rates():
    for scale in SCALES:
        for seconds in (2, 60):
            clip = load_experiment(f"ava_cnn/support_{seconds}", scale, CONFIG).clip
            assert clip.frames * clip.stride / scale.decode.fps == pytest.approx(seconds, rel=0.07)


def test_init_names_the_same_variant_of_another_experiment():
    mini = load_scale("mini", CONFIG)
    assert load_experiment("ava_sto/support_10", mini, CONFIG).init == "ava_cnn/support_10"


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_every_scale_names_networks_and_worlds_that_exist(scale):
    from longvideo.models.build import BACKBONES, FRAME_BACKBONES
    from longvideo.models.person_detector import DETECTORS

    assert set(scale.architectures.values()) <= BACKBONES.keys() | FRAME_BACKBONES.keys()
    assert scale.detector.architecture in DETECTORS
    for name in scale.datasets.values():
        dataset = load_dataset(name, CONFIG)
        assert dataset.format != "miniworld" or find_spec(f"longvideo.miniworld.stories.{dataset.story}")


LEAVES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1), max_leaves=8
)
LAYERS = st.dictionaries(st.sampled_from("abc"), LEAVES)


def leaves(layer, path=()):
    if not isinstance(layer, dict):
        return {path: layer}
    return {key: value for name, inner in layer.items() for key, value in leaves(inner, (*path, name)).items()}


@given(LAYERS, LAYERS)
def test_merging_keeps_the_upper_layer_and_what_it_leaves_alone(below, above):
    merged = leaves(merge(below, above))
    assert leaves(above).items() <= merged.items()
    assert merged.keys() <= leaves(above).keys() | leaves(below).keys()
    shadowed = {path[:end] for path in leaves(above) for end in range(1, len(path) + 1)}
    if not any(path[:end] in shadowed for path in leaves(below) for end in range(1, len(path) + 1)):
        assert leaves(below).items() <= merged.items()


BROKEN = [
    ("experiments/ava_lfb.yaml", "variants.window_3.bank.windows_s", 3, "ava_lfb/window_3",
     ["ava_lfb.yaml variant window_3", "bank.windows_s", "did you mean 'window_s'", "slots_per_s"]),
    ("experiments/ava_lfb.yaml", "common.operator.kind", "attention", "ava_lfb/nl",
     ["ava_lfb.yaml common", "operator.kind", "'nl'", "found 'attention'"]),
    ("scales/mini.yaml", "experiments.ava_cnn.optim.steps", 30.5, "ava_cnn/support_2",
     ["scales/mini.yaml experiments.ava_cnn", "optim.steps", "integer", "found 30.5"]),
    ("scales/mini.yaml", "experiments.ava_cnn.optim", None, "ava_cnn/support_2",
     ["scales/mini.yaml experiments.ava_cnn", "optim", "found None"]),
    ("scales/mini.yaml", "decode.fps", "fast", None, ["scales/mini.yaml", "decode.fps", "number", "found 'fast'"]),
    ("scales/mini.yaml", "resources.train", DELETED, None, ["scales/mini.yaml", "resources", "found no train"]),
    ("scales/mini.yaml", "architectures", {"r50_i3d": "x"}, "ava_lfb/nl", ["architectures", "did you mean 'r50_i3d'"]),
    ("scales/mini.yaml", "experiments.ava_lbf", {}, None, ["scales/mini.yaml", "did you mean 'ava_lfb'"]),
    ("scales/mini.yaml", "experiments.ava_cnn.optim.drop_at", [9**9], "ava_cnn/support_2", ["drop_at", "below steps"]),
    ("scales/mini.yaml", "experiments.ava_cnn.freeze_backbone", True, "ava_cnn/support_2", ["init to name"]),
    ("experiments/ava_cnn.yaml", "common.operator.kind", "max", "ava_cnn/support_2", ["expected a bank"]),
    ("scales/mini.yaml", "name", "mini", "ava_lfb/nll", ["unknown variant 'nll'", "did you mean 'nl'", "shuffled"]),
    ("scales/mini.yaml", "name", "mini", "ava_lfd/nl", ["unknown experiment 'ava_lfd'", "did you mean 'ava_lfb'"]),
    ("scales/mini.yaml", "name", "mini", "../ava/nl", ["unknown experiment '..'"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "key", "value", "experiment", "expected"), BROKEN)
def test_a_mistake_is_one_line_that_says_where_and_what(config, file, key, value, experiment, expected):
    change(config / file, key, value)
    with pytest.raises(UserError) as caught:
        load_experiment(experiment or "ava_lfb/nl", load_scale("mini", config), config)
    message = str(caught.value)
    assert "\n" not in message
    for part in expected:
        assert part in message


BROKEN_FILES = [
    ("datasets/miniworld_ava.yaml", "format", "minworld", ["format", "'miniworld', 'ava'", "'minworld'"]),
    ("datasets/miniworld_ava.yaml", "videos.train", "many", ["videos.train", "integer", "found 'many'"]),
    ("datasets/miniworld_ava.yaml", "test_split", "val", ["train, test", "found 'val'"]),
    ("datasets/ava.yaml", "splits.train.exclude", "a.csv", ["splits.train.exclude", "did you mean 'excluded'"]),
    ("tables/table_7_2c.yaml", "rows.3.cells.map.metrics", "map", ["rows[3].cells.map.metrics", "mean 'metric'"]),
    ("tables/table_7_2c.yaml", "claims.0.left", ["nl", "maps"], ["nl_beats_avg", "('nl', 'maps')"]),
    ("tables/table_7_2c.yaml", "target", "table_7_2d", ["target", "the file's own name"]),
    ("tables/table_7_2a.yaml", "claims.3.x", [2, 3], ["one x per cell", "2 for 6"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "key", "value", "expected"), BROKEN_FILES)
def test_a_mistake_in_data_sets_and_tables_is_one_line_too(config, file, key, value, expected):
    change(config / file, key, value)
    load = load_dataset if file.startswith("datasets") else load_table
    with pytest.raises(UserError) as caught:
        load(Path(file).stem, config)
    message = str(caught.value)
    assert "\n" not in message
    for part in [file, *expected]:
        assert part in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: expected valid YAML, found: key 'a' twice"),
        ("a: &x [1]\nb: *x\n", "line 2: expected valid YAML, found: aliases are not allowed"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: expected valid YAML"),
        ("1: a\n", "expected a word as key, found 1"),
        ("a: [1\n", "expected valid YAML"),
        ("- a\n", "expected keys and values, found list"),
        ("", "expected keys and values, found NoneType"),
        ("a: " + "[" * 5000, "too many"),
        ("a: " + "x" * MAX_BYTES, "expected at most"),
    ],
)
def test_yaml_that_a_reader_could_misread_is_refused(tmp_path, text, expected):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"a\.yaml") as caught:
        read_yaml(file)
    assert expected in " ".join(str(caught.value).split())


def test_numbers_and_dates_are_read_as_json_would_read_them(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("a: 1e-6\nb: 2018-01-01\nc: -2E3\n")
    assert read_yaml(file) == {"a": 1e-6, "b": "2018-01-01", "c": -2000.0}


def test_a_changed_file_is_read_again(config):
    before = load_scale("mini", config).seeds
    change(config / "scales/mini.yaml", "seeds", [*before, 77])
    assert load_scale("mini", config).seeds == (*before, 77)
