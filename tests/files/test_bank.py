"""Feature banks: what is written comes back, and what cannot be a bank is refused in one line."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longvideo.errors import UserError
from longvideo.files.bank import SCHEMA, Bank, read_bank, write_bank


def bank_of(features: np.ndarray) -> Bank:
    count = len(features)
    random = np.random.default_rng(count)
    return Bank(
        features,
        np.array([f"vidéo {number % 2}" for number in range(count)], dtype=object),
        900.0 + np.arange(count),
        random.random((count, 4), np.float32),
        random.random(count, np.float32),
        np.arange(count) % 3 == 0,
        "results/mini/checkpoints/ava_cnn/support_2/s0/model.safetensors",
    )


def paths(folder: Path) -> tuple[Path, Path]:
    return folder / "features.npy", folder / "index.parquet"


@pytest.mark.parametrize("shape", [(5, 3), (5, 4, 3), (0, 3)])
def test_a_bank_comes_back_as_it_was(tmp_path, shape):
    bank = bank_of(np.random.default_rng(0).random(shape).astype(np.float16))
    write_bank(*paths(tmp_path), bank)
    found = read_bank(*paths(tmp_path))
    assert isinstance(found.features, np.memmap)
    assert found.features.shape == shape and found.features.dtype == np.float16
    for name in ("features", "video", "time_s", "boxes", "score", "annotated"):
        np.testing.assert_array_equal(getattr(found, name), getattr(bank, name))
        assert getattr(found, name).dtype == getattr(bank, name).dtype
    assert found.checkpoint == bank.checkpoint


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_what_float16_cannot_hold_is_not_written(tmp_path, value):
    with np.errstate(over="ignore"), pytest.raises(UserError, match="expected finite features"):
        write_bank(*paths(tmp_path), bank_of(np.full((2, 3), value, np.float32)))
    assert not list(tmp_path.iterdir())


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def other_index(folder: Path, table: pa.Table) -> None:
    pq.write_table(table, folder / "index.parquet")


EMPTY = pa.table({name: pa.nulls(5, kind) for name, kind in zip(SCHEMA.names, SCHEMA.types)})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "features.npy").unlink(), "expected a feature bank, found .*No such file"),
        (lambda folder: (folder / "index.parquet").unlink(), "expected a feature bank, found .*index.parquet"),
        (lambda folder: (folder / "features.npy").write_bytes(b""), "expected a feature bank"),
        (lambda folder: shorten(folder / "features.npy"), "expected a feature bank"),
        (lambda folder: shorten(folder / "index.parquet"), "expected a feature bank"),
        (lambda folder: np.save(folder / "features.npy", np.array([{}] * 5)), "expected a feature bank"),
        (lambda folder: np.savez(folder / "features.npz", a=1) or (folder / "features.npz").replace(
            folder / "features.npy"), "expected a feature bank"),
        (lambda folder: np.save(folder / "features.npy", np.zeros((5, 3))), "found float64 features of shape"),
        (lambda folder: np.save(folder / "features.npy", np.zeros((4, 3), np.float16)), "and 5 index rows"),
        (lambda folder: np.save(folder / "features.npy", np.zeros(5, np.float16)), r"of shape \(5,\)"),
        (lambda folder: other_index(folder, pa.table({"video": ["a"] * 5})), "expected full columns video, time_s"),
        (lambda folder: other_index(folder, EMPTY), "expected full columns video, time_s"),
    ],
)  # fmt: skip
def test_a_damaged_bank_is_one_line(tmp_path, damage, message):
    write_bank(*paths(tmp_path), bank_of(np.ones((5, 3), np.float16)))
    damage(tmp_path)
    with pytest.raises(UserError, match=message) as error:
        read_bank(*paths(tmp_path))
    assert str(error.value).endswith("make it again")
