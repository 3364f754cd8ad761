"""Scores of boxes: each box gets its own, whatever the order and the batches, from clips as from stored features."""

import numpy as np
import pytest
import torch
from torch import Tensor

from longvideo.errors import UserError
from longvideo.files.boxes import Boxes, make_boxes
from longvideo.files.checkpoint import save_checkpoint
from longvideo.models.action_model import ActionModel
from longvideo.models.build import OperatorChoice, build_action_model
from longvideo.models.extract import extract, moments
from longvideo.models.restore import restore_action_model
from longvideo.models.score import score_boxes
from longvideo.video.transforms import fixed_view

CPU = torch.device("cpu")
SIZES = (32, 32)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks as small as these only wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Noise:
    """A clip of its own for every second of every video."""

    def read(self, video: str, second: float) -> Tensor:
        generator = torch.Generator().manual_seed(ord(video) * 1000 + int(second))
        return torch.randint(0, 256, (4, 32, 40, 3), dtype=torch.uint8, generator=generator)


class Slots:
    """A window of its own for every second of every video."""

    def read(self, video: str, second: float) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng([ord(video), int(second)])
        return random.random((3, 16), np.float32), np.array([True, True, False])


def model_of(kind: str) -> ActionModel:
    torch.manual_seed(0)
    model = build_action_model("i3d_nl_smoke", OperatorChoice(kind, dim=8), classes=4)
    torch.nn.init.normal_(model.classifier.weight, std=0.1)
    return model.eval()


def scattered_boxes(count: int = 9) -> Boxes:
    random = np.random.default_rng(0)
    low = random.uniform(0, 0.5, (count, 2))
    corners = np.concatenate([low, low + random.uniform(0.2, 0.5, (count, 2))], axis=1)
    videos = random.choice(["b", "a", "c"], count)
    return make_boxes(videos, random.integers(0, 2, count), corners, np.ones(count))


def one_by_one(model: ActionModel, boxes: Boxes) -> np.ndarray:
    """The oracle: every box alone."""
    rows = []
    for video, second, corners in zip(boxes.video, boxes.time_s, boxes.boxes):
        whole = Noise().read(video, second)
        view = fixed_view(whole, *SIZES)
        clip, pixels = view.of_clip(whole), view.of_boxes(torch.from_numpy(corners[None]))
        bank = [torch.from_numpy(part)[None] for part in Slots().read(video, second)]
        given = bank if model.operator.reads == "bank" else []
        rows.append(model(clip[None], pixels, torch.tensor([0]), *given).sigmoid()[0])
    return torch.stack(rows).detach().numpy()


@pytest.mark.parametrize("kind", ["none", "nl", "max", "sto"])
def test_every_box_gets_its_own_scores(kind):
    model, boxes = model_of(kind), scattered_boxes()
    windows = Slots() if model.operator.reads == "bank" else None
    expected = one_by_one(model, boxes)
    assert len(np.unique(expected.round(3), axis=0)) == len(boxes)
    found = score_boxes(model, Noise(), boxes, None, windows, SIZES, CPU)
    np.testing.assert_allclose(found, expected, atol=1e-5)

    per_step = kind == "sto"
    features = np.zeros((len(boxes), *((2,) if per_step else ()), model.backbone.channels), np.float16)
    seconds = moments(boxes.video.tolist(), boxes.time_s.tolist())
    for chosen, values, _ in extract(model, Noise(), seconds, boxes.boxes, *SIZES, per_step, CPU, batch=3):
        features[np.concatenate([moment.rows for moment in chosen])] = values.numpy()
    np.testing.assert_allclose(
        score_boxes(model, None, boxes, features, windows, SIZES, CPU), expected, atol=5e-3
    )  # float16


def test_no_boxes_have_no_scores():
    assert score_boxes(model_of("none"), Noise(), make_boxes([], [], [], []), None, None, SIZES, CPU).shape == (0, 4)


def test_a_model_comes_back_from_its_checkpoint_and_from_no_other(tmp_path):
    model, path = model_of("nl"), tmp_path / "model.safetensors"
    save_checkpoint(path, model.state_dict(), {"classes": [1, 2, 3, 4]})
    operator = OperatorChoice("nl", dim=8)
    found = restore_action_model(path, "i3d_nl_smoke", operator, (1, 2, 3, 4), 0.3)
    assert not found.training
    assert all(torch.equal(value, found.state_dict()[name]) for name, value in model.state_dict().items())
    with pytest.raises(
        UserError, match="expected a checkpoint for the 4 classes of the label map, found one for 4 others"
    ):
        restore_action_model(path, "i3d_nl_smoke", operator, (1, 2, 3, 5), 0.3)
    with pytest.raises(UserError, match="made by another architecture"):
        restore_action_model(path, "i3d_nl_mini", operator, (1, 2, 3, 4), 0.3)
