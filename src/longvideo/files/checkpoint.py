"""Checkpoints: safetensors with what made them in the header; loading one can run no code.

The header holds one JSON text: kind, resolved spec, seed, step, commit, classes and their names. It holds nothing that
differs between two runs of the same command (no time, no host), so that a resumed run ends in the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from longvideo.errors import UserError
from longvideo.files.atomic import write_aside

HEADER = "longvideo"


def save_checkpoint(path: Path, state: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Write `state` and `header` to `path`, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in sorted(state.items())}
    with write_aside(path) as aside:
        save_file(tensors, aside, metadata={HEADER: json.dumps(header, sort_keys=True)})


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a checkpoint without reading its tensors.

    Raises:
        UserError: The file is missing, is no safetensors file, or was not written by this project.
    """
    return load_checkpoint(path, tensors=False)[1]


def load_checkpoint(path: Path, tensors: bool = True) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors, on the CPU, and the header of a checkpoint.

    Raises:
        UserError: The file is missing, is no safetensors file, or was not written by this project.
    """
    if not path.is_file():
        raise UserError(f"{path}: expected a checkpoint, found no file; make it with `snakemake {path}` or `dvc pull`")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[HEADER])
            if not isinstance(header, dict):
                raise ValueError(f"a header that is a {type(header).__name__}")
            state = {name: file.get_tensor(name) for name in file.keys()} if tensors else {}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, RecursionError, OSError) as error:
        found = f"{type(error).__name__}: {error}"
        raise UserError(f"{path}: expected a checkpoint of longvideo, found {found}; make it again") from error
    return state, header


def load_weights(module: torch.nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Load `state` into `module`, naming the first tensors that do not fit.

    Raises:
        UserError: A tensor is missing, unexpected or of another shape.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if expected != found:
        wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        name = wrong[0]
        raise UserError(
            f"{path}: expected {name} of shape {expected.get(name)}, found {found.get(name)}"
            f" ({len(wrong)} tensors differ); it was made by another architecture, train it again"
        )
    module.load_state_dict(state)
