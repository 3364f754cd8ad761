import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from longvideo.errors import UserError
from longvideo.models.action_model import ActionModel
from longvideo.models.build import OPERATORS, OperatorChoice, build_action_model
from longvideo.models.catalogue import OneClip

BOXES = [[4.0, 4.0, 20.0, 24.0], [10.0, 8.0, 31.0, 31.0], [0.0, 0.0, 12.0, 12.0]]


def build(architecture: str, kind: str, dropout: float = 0.3) -> ActionModel:
    torch.manual_seed(0)
    return build_action_model(
        architecture, OperatorChoice(kind, layers=2, dim=8), classes=5, classifier_dropout=dropout
    )


def inputs(model: ActionModel, frames: int = 8, size: int = 32) -> tuple[Tensor, ...]:
    """Two clips, three boxes and, for the operators that read one, each clip's bank."""
    torch.manual_seed(1)
    clip = torch.rand(2, 3, frames, size, size), torch.tensor(BOXES), torch.tensor([0, 1, 1])
    bank = torch.rand(2, 4, model.backbone.channels), torch.tensor([[True] * 3 + [False]] * 2)
    return (*clip, *bank) if model.operator.reads == "bank" else clip


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize("architecture", ["i3d_nl_mini", "i3d_nl_smoke"])
def test_every_small_model_learns_from_one_step(architecture: str, kind: str) -> None:
    model = build(architecture, kind)
    logits = model(*inputs(model))
    assert logits.shape == (3, 5)
    nn.functional.binary_cross_entropy_with_logits(logits, torch.ones(3, 5)).backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in model.parameters())
    assert next(model.backbone.parameters()).grad.abs().sum() > 0


@pytest.mark.parametrize("kind", ["none", "nl", "max"])
def test_boxes_are_pooled_from_both_pathways(kind: str) -> None:
    model = build("slowfast_smoke", kind).eval()
    clips, boxes, clip_of_box, *_ = inputs(model)
    features = model.features(clips, boxes, clip_of_box)
    slow, fast = model.backbone(clips)
    assert features.shape == (3, model.backbone.channels)
    expected = [model.roi_head(pathway, boxes, clip_of_box) for pathway in (slow, fast)]
    torch.testing.assert_close(features, torch.cat(expected, dim=1))
    assert model(*inputs(model)).shape == (3, 5)


def test_the_short_term_operator_reads_one_pathway() -> None:
    with pytest.raises(UserError, match="one pathway for operator 'sto', found 'slowfast_smoke'"):
        build("slowfast_smoke", "sto")


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize("architecture", ["r50_i3d_nl", "r101_i3d_nl"])
def test_every_released_model_builds(architecture: str, kind: str) -> None:
    with torch.device("meta"):
        model = build_action_model(architecture, OperatorChoice(kind), classes=80)
    model.to_empty(device="cpu")  # the head needs to see which boxes share a clip
    with torch.no_grad():
        assert model(*inputs(model)).shape == (3, 80)
    added = {"none": 0, "nl": 512, "sto": 512, "avg": 2048, "max": 2048}[kind]
    assert model.classifier.in_features == 2048 + added


@pytest.mark.parametrize("kind", ["none", "max", "nl", "sto"])
def test_features_and_head_together_are_the_model(kind: str) -> None:
    model = build("i3d_nl_smoke", kind).eval()
    clips, boxes, clip_of_box, *bank = inputs(model)
    if kind == "sto":
        steps = model.features(clips, boxes, clip_of_box, per_step=True)
        assert steps.shape == (3, 4, model.backbone.channels)
        apart = model.head(steps.mean(dim=1), steps)
    else:
        slots, valid = bank or (None, None)
        apart = model.head(model.features(clips, boxes, clip_of_box), slots, valid, clip_of_box)
    assert torch.equal(apart, model(clips, boxes, clip_of_box, *bank))


@settings(max_examples=30)
@given(
    counts=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    slots=st.integers(1, 3),
    kind=st.sampled_from(["nl", "avg", "max"]),
    mask_padding=st.booleans(),
    data=st.data(),
)
def test_boxes_that_share_slots_score_as_each_on_its_own(
    counts: list[int], slots: int, kind: str, mask_padding: bool, data: st.DataObject
) -> None:
    torch.manual_seed(0)
    choice = OperatorChoice(kind, dim=8, mask_padding=mask_padding)
    model = build_action_model("i3d_nl_smoke", choice, classes=5).eval()
    assert model.operator.mask_padding == mask_padding
    for parameter in (*model.operator.parameters(), *model.classifier.parameters()):
        nn.init.normal_(parameter, std=0.5)  # a new output layer is zero and would hide the slots
    flags = data.draw(st.lists(st.booleans(), min_size=len(counts) * slots, max_size=len(counts) * slots))
    valid = torch.tensor(flags).reshape(len(counts), slots)
    bank = torch.rand(len(counts), slots, 16) * valid[..., None]
    clip_of_box = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    short = torch.rand(sum(counts), 16)
    alone = [
        model.head(short[n : n + 1], bank[clip : clip + 1], valid[clip : clip + 1])
        for n, clip in enumerate(clip_of_box.tolist())
    ]
    torch.testing.assert_close(model.head(short, bank, valid, clip_of_box), torch.cat([torch.zeros(0, 5), *alone]))


@pytest.mark.parametrize("kind", OPERATORS)
def test_the_model_that_is_counted_computes_what_the_model_does(kind: str) -> None:
    model = build("i3d_nl_smoke", kind).eval()
    for parameter in model.operator.parameters():
        nn.init.normal_(parameter, std=0.5)
    clips, boxes, _, *bank = inputs(model)
    clip_of_box = torch.zeros(3, dtype=torch.int64)
    arguments = (clips[:1], boxes, clip_of_box, *(slots[:1] for slots in bank[:1]))
    torch.testing.assert_close(OneClip(model)(*arguments), model(*arguments))


def test_the_classifier_reads_the_full_feature_beside_the_operators() -> None:
    model = build("i3d_nl_smoke", "max").eval()
    short, bank = torch.rand(3, 16), torch.rand(3, 4, 16)
    weight, bias = model.classifier.weight, model.classifier.bias
    expected = short @ weight[:, :16].T + bank.amax(dim=1) @ weight[:, 16:].T + bias
    torch.testing.assert_close(model.head(short, bank), expected)


def test_the_seed_decides_weights_and_dropout() -> None:
    def logits() -> Tensor:
        model = build("i3d_nl_smoke", "nl")
        return model(*inputs(model))

    assert torch.equal(logits(), logits())


def test_a_missing_bank_is_a_readable_error() -> None:
    model = build("i3d_nl_smoke", "nl")
    with pytest.raises(UserError, match="expected a bank"):
        model(*inputs(model)[:3])


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"r50_i3d_nl, .*; found 'r18'"):
        build_action_model("r18", OperatorChoice("nl"), 80)
    with pytest.raises(UserError, match=r"none, nl, avg, max, sto; found 'min'"):
        build_action_model("r50_i3d_nl", OperatorChoice("min"), 80)
