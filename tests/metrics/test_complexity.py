from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import resnet50

from longvideo.errors import UserError
from longvideo.metrics.complexity import measure
from longvideo.models.catalogue import CATALOGUE, complexity_of
from longvideo.models.clip_catalogue import CLIP_MODELS


class Call(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def test_resnet50_has_its_published_counts() -> None:
    with torch.device("meta"):
        counted = measure(resnet50(), [torch.empty(1, 3, 224, 224)])
    assert counted.params == 25_557_032
    assert counted.macs == pytest.approx(4.089e9, rel=2e-4)


A, B = torch.empty(2, 3, 4, device="meta"), torch.empty(2, 4, 5, device="meta")
Q = torch.empty(2, 3, 7, 8, device="meta")


# Outputs 2 x 6 channels x (4, 5, 5), each of a 3x5x5 kernel over one group's 2 channels.
CONV = 2 * 6 * 4 * 5 * 5 * (3 * 5 * 5 * 2)


@pytest.mark.parametrize(
    ("function", "inputs", "macs"),
    [
        (torch.bmm, (A, B), 2 * 3 * 4 * 5),
        (torch.matmul, (A, B), 2 * 3 * 4 * 5),
        (lambda a, b: torch.einsum("nij,njk->nik", a, b), (A, B), 2 * 3 * 4 * 5),
        (lambda a, b: torch.baddbmm(a.new_empty(1, 1, 5), a, b), (A, B), 2 * 3 * 4 * 5),
        (lambda a, b: torch.addmm(a.new_empty(5), a[0], b[0]), (A, B), 3 * 4 * 5),
        (F.linear, (A, torch.empty(6, 4, device="meta")), 2 * 3 * 4 * 6),
        (F.scaled_dot_product_attention, (Q, Q, Q), 2 * 2 * 3 * 7 * 7 * 8),
        (nn.Conv3d(4, 6, (3, 5, 5), groups=2, device="meta"), (torch.empty(2, 4, 6, 9, 9, device="meta"),), CONV),
    ],
)
def test_every_kind_of_product_is_counted(function: Callable[..., Tensor], inputs: tuple[Tensor], macs: int) -> None:
    assert measure(Call(function), inputs).macs == macs


@pytest.mark.parametrize("function", [torch.mv, torch.cdist, lambda a, b: torch.dot(a[0], b), torch.linalg.solve])
def test_an_unknown_product_is_refused_rather_than_free(function: Callable[..., Tensor]) -> None:
    vector = function is not torch.cdist
    inputs = torch.empty(4, 4, device="meta"), torch.empty((4,) if vector else (4, 4), device="meta")
    with pytest.raises(UserError, match="cannot count the multiply-adds of operation aten"):
        measure(Call(function), inputs)


def test_a_measured_model_stays_in_its_mode() -> None:
    model = nn.Linear(2, 3).train()
    assert measure(model, [torch.empty(1, 2)]) == (9, 6)
    assert model.training


def test_operator_counts_follow_from_its_definition() -> None:
    boxes, slots, dim = 3, 100, 512
    reduce = (boxes + slots) * 2048 * dim
    layer = 2 * (boxes + slots) * dim * dim + 2 * boxes * slots * dim  # the boxes share the slots
    assert complexity_of("FBO-NL-2L", boxes=boxes, slots=slots).macs == reduce + 2 * layer


def test_a_clips_bank_is_counted_once_in_the_whole_model() -> None:
    backbone, operator = (complexity_of(name, boxes=3).macs for name in ("r50_i3d_nl", "fbo_nl_2l"))
    classifier = 3 * (2048 + 512) * 80
    assert complexity_of("lfb_r50_nl_2l", boxes=3).macs == backbone + operator + classifier


def test_model_complexity_matches_thesis_table_7_2f_with_its_columns_exchanged() -> None:
    base = complexity_of("cnn_r50")
    systems = {"cnn_r50+cnn_r50": (2.0, 2.0), "sto_r50": (1.12, 1.0), "sto_r50+sto_r50": (2.24, 2.0)}
    systems |= {"cnn_r50+lfb_r50_nl_2l": (2.12, 2.0), "cnn_r50+lfb_r50_nl_3l": (2.15, 2.0)}
    for name, (params, macs) in systems.items():
        counted = complexity_of(name)
        assert round(counted.params / base.params, 2) == params, name
        assert round(counted.macs / base.macs, 2) == macs, name


def test_model_complexity_matches_thesis_table_4_3_but_for_res3d() -> None:
    printed = {"resnet152_v1": 11.3, "c3d": 38.5, "coviar": 4.2, "coviar_released": 4.2}
    for name, gflops in printed.items():
        assert round(complexity_of(name).macs / 1e9 / (12 if "coviar" in name else 1), 1) == gflops, name
    assert complexity_of("resnet50_v1").macs == pytest.approx(3.858e9, rel=2e-4)  # printed 3.8
    assert complexity_of("resnet50").macs == pytest.approx(4.089e9, rel=2e-4)
    assert complexity_of("res3d").macs == pytest.approx(20.35e9, rel=2e-4)  # printed 19.3


def test_coviar_costs_one_iframe_and_the_others_two_light_streams() -> None:
    iframe, light = complexity_of("resnet152_v2").macs, complexity_of("resnet18_v2").macs
    stem = 112 * 112 * 7 * 7 * 64  # what motion vectors save with two channels instead of three
    classifiers = (1000 - 101) * (2048 + 11 * 2 * 512)
    assert complexity_of("coviar").macs == iframe + 11 * (2 * light - stem) - classifiers


def test_every_named_model_is_counted_at_its_default_size() -> None:
    assert {"r50_i3d_nl", "r101_i3d_nl", "i3d_nl_mini", "fbo_nl_1l", "fbo_nl_2l", "fbo_nl_3l"} <= set(CATALOGUE)
    assert {"sto_r50", "lfb_r50_nl_2l"} <= set(CATALOGUE)
    assert all(min(complexity_of(name)) > 0 for name in CATALOGUE.keys() - CLIP_MODELS.keys())
    assert complexity_of("r50_i3d_nl").params == 34_521_024
    assert complexity_of("lfb_r50_nl_2l").params == 34_521_024 + 4_199_424 + 204_880


def test_multiply_adds_grow_with_the_clip() -> None:
    # Twice the frames, height and width: convolutions and attention in groups grow eightfold, other attention more.
    small, large = (complexity_of("r50_i3d_nl", frames, size).macs for frames, size in ((16, 112), (32, 224)))
    assert 8 * small < large < 9 * small
