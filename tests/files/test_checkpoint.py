"""Checkpoints: the same bytes for the same content, nothing that runs code, and damage said in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.torch import save_file

from longvideo.errors import UserError
from longvideo.files.checkpoint import load_checkpoint, load_weights, read_header, save_checkpoint

HEADER = {"kind": "action_model", "seed": 3, "classes": [2, 7], "labels": ["é"], "spec": {"lr": 0.1, "init": None}}
ARRAYS = st.one_of(
    arrays(np.float32, array_shapes(min_dims=0, max_dims=3, max_side=4)), arrays(np.int64, array_shapes(max_dims=2))
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(min_size=1, max_size=5), ARRAYS, max_size=4))
def test_tensors_come_back_to_the_bit_in_files_that_do_not_depend_on_order(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("checkpoint")
    state = {name: torch.from_numpy(value) for name, value in values.items() if name != "__metadata__"}
    save_checkpoint(folder / "a.safetensors", state, HEADER)
    found, header = load_checkpoint(folder / "a.safetensors")
    assert header == HEADER == read_header(folder / "a.safetensors")
    assert found.keys() == state.keys()
    for name, tensor in state.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].numpy().tobytes() == tensor.numpy().tobytes()
    save_checkpoint(folder / "b.safetensors", dict(reversed(state.items())), dict(reversed(HEADER.items())))
    assert (folder / "a.safetensors").read_bytes() == (folder / "b.safetensors").read_bytes()


def test_views_of_a_tensor_are_written_as_they_look(tmp_path):
    grid = torch.arange(12.0).reshape(3, 4)
    save_checkpoint(tmp_path / "a.safetensors", {"turned": grid.t(), "learned": grid.requires_grad_()}, {})
    found = load_checkpoint(tmp_path / "a.safetensors")[0]
    assert torch.equal(found["turned"], grid.t()) and torch.equal(found["learned"], grid)


def foreign(path: Path, metadata: dict[str, str] | None) -> None:
    save_file({"a": torch.zeros(1)}, path, metadata=metadata)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-3]),
        lambda path: path.write_bytes(b"\xff" * 100),
        lambda path: torch.save({"a": torch.zeros(1)}, path),
        lambda path: foreign(path, None),
        lambda path: foreign(path, {"longvideo": "{"}),
        lambda path: foreign(path, {"longvideo": "[1]"}),
        lambda path: foreign(path, {"longvideo": "[" * 100_000}),
    ],
)
def test_what_is_no_checkpoint_is_one_line(tmp_path, damage):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, {"a": torch.zeros(3)}, HEADER)
    damage(path)
    for read in (load_checkpoint, read_header):
        with pytest.raises(UserError, match=r"expected a checkpoint of longvideo, found .*; make it again"):
            read(path)


def test_a_missing_checkpoint_says_how_to_get_it(tmp_path):
    with pytest.raises(UserError, match=r"none.safetensors: expected a checkpoint, found no file; make it with"):
        load_checkpoint(tmp_path / "none.safetensors")


def test_weights_that_do_not_fit_are_named():
    layer, path = torch.nn.Linear(2, 3), Path("model.safetensors")
    state = {"weight": torch.ones(3, 2), "bias": torch.ones(3)}
    load_weights(layer, state, path)
    assert layer.bias.tolist() == [1, 1, 1]
    wrong = state | {"weight": torch.zeros(3, 4)}
    with pytest.raises(UserError, match=r"expected weight of shape \(3, 2\), found \(3, 4\) \(1 tensors differ\)"):
        load_weights(layer, wrong, path)
    with pytest.raises(UserError, match=r"expected bias of shape \(3,\), found None \(2 tensors differ\)"):
        load_weights(layer, {"weight": state["weight"], "more": torch.zeros(1)}, path)
    assert layer.weight.min() == 1


def test_a_header_is_json_that_others_can_read(tmp_path):
    save_checkpoint(tmp_path / "a.safetensors", {}, HEADER)
    raw = (tmp_path / "a.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    assert json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["longvideo"]) == HEADER
