"""The detectors: the sizes of the documents, what small ones return, and a user's own weights."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from longvideo.errors import UserError
from longvideo.models.person_detector import DETECTORS, Settings, build_detector, load_pretrained


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_thesis_detector_has_the_parameters_of_its_parts():
    with torch.device("meta"):
        model = build_detector("faster_rcnn_resnext101_fpn", Settings(tuple(range(512, 801))))
    # torchvision publishes 88,791,336 for ResNeXt-101-32x8d; its classifier is not used, its batch norms are frozen.
    channels = 64 + 3 * 3 * 256 + 256 + 4 * 3 * 512 + 512 + 23 * 3 * 1024 + 1024 + 3 * 3 * 2048 + 2048
    kernels = 88_791_336 - (2048 * 1000 + 1000) - 2 * channels
    c, levels = 256, (256, 512, 1024, 2048)
    pyramid = sum(level * c + c for level in levels) + len(levels) * (9 * c * c + c)
    proposals = 9 * c * c + c + 3 * (c + 1) + 12 * (c + 1)  # 3 anchors a cell: a score and 4 distances each
    box_head = 7 * 7 * c * 1024 + 1024 + 1024 * 1024 + 1024
    last = 1024 * 2 + 2 + 1024 * 8 + 8
    assert parameters(model) == kernels + pyramid + proposals + box_head + last
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    assert {name.split(".")[2] for name in frozen} == {"conv1", "layer1"}
    assert (model.transform.min_size[0], model.transform.min_size[-1], model.transform.max_size) == (512, 800, 1333)


def test_the_small_detectors_are_small():
    sizes = {name: parameters(build_detector(name, Settings((64,)))) for name in DETECTORS if "resnext" not in name}
    assert sizes["faster_rcnn_smoke"] < 20_000 < sizes["faster_rcnn_mini"] < 300_000


@pytest.mark.parametrize("shape", [(64, 64), (64, 114), (90, 64)])
def test_boxes_lie_in_the_frame_and_are_limited_in_number_and_score(shape: tuple[int, int]):
    torch.manual_seed(0)
    model = build_detector("faster_rcnn_smoke", Settings((64,), min_score=0.45, max_boxes=3)).eval()
    with torch.inference_mode():
        found = model([torch.rand(3, *shape) for _ in range(4)])
    boxes, scores = torch.cat([one["boxes"] for one in found]), torch.cat([one["scores"] for one in found])
    assert 0 < len(boxes) <= 12 and all(len(one["boxes"]) <= 3 for one in found)
    assert (boxes >= 0).all() and (boxes[:, 2] <= shape[1]).all() and (boxes[:, 3] <= shape[0]).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all() and scores.min() >= 0.45


def test_frames_of_the_wanted_size_are_not_scaled():
    model = build_detector("faster_rcnn_smoke", Settings((64,))).eval()
    frame = torch.rand(3, 64, 80)
    images, _ = model.transform([frame])
    torch.testing.assert_close(images.tensors[0], (frame - 0.45) / 0.225)


def test_an_unknown_name_is_a_user_error():
    with pytest.raises(UserError, match=r"expected a detector among .*faster_rcnn_mini.*; found 'yolo'"):
        build_detector("yolo", Settings((64,)))


def test_a_users_weights_are_loaded_without_heads_for_other_tasks(tmp_path):
    source, target = (build_detector("faster_rcnn_smoke", Settings((64,))) for _ in range(2))
    state = {name: value.clone() for name, value in source.state_dict().items()}
    state["roi_heads.keypoint_head.0.weight"] = torch.zeros(2)
    for layer, rows in (("cls_score", 91), ("bbox_pred", 364)):
        state[f"roi_heads.box_predictor.{layer}.weight"] = torch.zeros(rows, 16)
        state[f"roi_heads.box_predictor.{layer}.bias"] = torch.zeros(rows)
    save_file(state, tmp_path / "coco.safetensors")
    untouched = {name: value.clone() for name, value in target.state_dict().items() if "box_predictor" in name}
    load_pretrained(target, tmp_path / "coco.safetensors")
    for name, value in target.state_dict().items():
        assert torch.equal(value, untouched[name] if name in untouched else source.state_dict()[name]), name


def test_weights_that_do_not_fit_change_nothing(tmp_path):
    source, target = (build_detector("faster_rcnn_smoke", Settings((64,))) for _ in range(2))
    state = source.state_dict()
    state["backbone.0.weight"] = torch.zeros(5, 3, 3, 3)
    save_file(state, tmp_path / "other.safetensors")
    before = {name: value.clone() for name, value in target.state_dict().items()}
    with pytest.raises(UserError, match=r"expected 'backbone.0.weight' of shape \(4, 3, 3, 3\), found \(5, 3, 3, 3\)"):
        load_pretrained(target, tmp_path / "other.safetensors")
    assert all(torch.equal(value, before[name]) for name, value in target.state_dict().items())
