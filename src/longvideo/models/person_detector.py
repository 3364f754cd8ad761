"""Person detectors: Faster R-CNN (torchvision's) with the thesis' backbone, and with small ones for small frames.

Frames [3, H, W] in [0, 1] -> backbone -> region proposals -> RoIAlign -> box head -> boxes in pixels and scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

from longvideo.errors import UserError
from longvideo.models.pretrained import read_weights

CLASSES = 2
"""Background and person."""
PERSON = 1
LONG_OF_SHORT = 5 / 3
"""Longest side of a scaled frame, as a multiple of its short side: 1333 for 800 in Detectron's recipe."""
PREDICTOR = "roi_heads.box_predictor."


@dataclass(frozen=True)
class Settings:
    """What is free in every detector.

    Attributes:
        short_sides: Pixels that the short side is scaled to; training draws one for each frame, detecting uses
            the last.
        min_score: Boxes of lower score are dropped.
        nms_iou: Overlap from which the weaker of two boxes is dropped.
        max_boxes: Most boxes of a frame.
    """

    short_sides: tuple[int, ...]
    min_score: float = 0.05
    nms_iou: float = 0.5
    max_boxes: int = 20


class SmallBackbone(nn.Sequential):
    """Five 3x3 convolutions: [B, 3, H, W] to [B, 3 * width, H/4, W/4]; an output cell sees 27 x 27 pixels."""

    def __init__(self, width: int) -> None:
        channels = (3, width, 2 * width, 3 * width, 3 * width, 3 * width)
        strides = (2, 1, 2, 1, 1)
        layers: list[nn.Module] = []
        for before, after, stride in zip(channels, channels[1:], strides):
            layers.append(nn.Conv2d(before, after, 3, stride, padding=1, bias=False))
            layers.append(nn.BatchNorm2d(after))
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)
        self.out_channels = channels[-1]


class BoxHead(nn.Sequential):
    """One hidden layer on the pooled region: [R, C, S, S] to [R, hidden]."""

    def __init__(self, channels: int, size: int, hidden: int) -> None:
        super().__init__(nn.Flatten(), nn.Linear(channels * size * size, hidden), nn.ReLU(inplace=True))


def faster_rcnn_small(settings: Settings, width: int, hidden: int) -> FasterRCNN:
    """Build a detector of a few people of about 15 to 35 pixels height who stand upright, to be trained from scratch.

    Its cost lies in what is done once per proposal and once per frame, so there are few proposals and one level.
    """
    pooled = 5
    backbone = SmallBackbone(width)
    return FasterRCNN(
        backbone,
        min_size=settings.short_sides,
        max_size=4 * max(settings.short_sides),
        size_divisible=4,
        image_mean=[0.45] * 3,
        image_std=[0.225] * 3,
        rpn_anchor_generator=AnchorGenerator(sizes=((14, 20),), aspect_ratios=((1.9,),)),
        rpn_pre_nms_top_n_train=100,
        rpn_post_nms_top_n_train=30,
        rpn_pre_nms_top_n_test=60,
        rpn_post_nms_top_n_test=20,
        rpn_fg_iou_thresh=0.5,
        rpn_batch_size_per_image=64,
        box_roi_pool=MultiScaleRoIAlign(["0"], output_size=pooled, sampling_ratio=1),
        box_head=BoxHead(backbone.out_channels, pooled, hidden),
        box_predictor=FastRCNNPredictor(hidden, CLASSES),
        box_score_thresh=settings.min_score,
        box_nms_thresh=settings.nms_iou,
        box_detections_per_img=settings.max_boxes,
        box_batch_size_per_image=24,
        box_positive_fraction=0.75,
        # Twice the usual: half a pixel is much of a small box, so small errors must count.
        bbox_reg_weights=(20.0, 20.0, 10.0, 10.0),
    )


def faster_rcnn_resnext101_fpn(settings: Settings) -> FasterRCNN:
    """Build Faster R-CNN with a ResNeXt-101-32x8d-FPN; batch norms, the stem and the first stage stay as loaded.

    Source: thesis 7.2.1; Detectron's `e2e_keypoint_rcnn_X-101-32x8d-FPN`.
    """
    backbone = resnet_fpn_backbone(backbone_name="resnext101_32x8d", weights=None, trainable_layers=3)
    return FasterRCNN(
        backbone,
        CLASSES,
        min_size=settings.short_sides,
        max_size=int(max(settings.short_sides) * LONG_OF_SHORT),
        box_score_thresh=settings.min_score,
        box_nms_thresh=settings.nms_iou,
        box_detections_per_img=settings.max_boxes,
    )


DETECTORS: dict[str, Callable[[Settings], FasterRCNN]] = {
    "faster_rcnn_smoke": lambda settings: faster_rcnn_small(settings, width=4, hidden=16),
    "faster_rcnn_mini": lambda settings: faster_rcnn_small(settings, width=16, hidden=64),
    "faster_rcnn_resnext101_fpn": faster_rcnn_resnext101_fpn,
}


def build_detector(architecture: str, settings: Settings) -> FasterRCNN:
    """Build a person detector with new weights, drawn from torch's global generator.

    Raises:
        UserError: The name is not known.
    """
    if architecture not in DETECTORS:
        raise UserError(f"expected a detector among {', '.join(DETECTORS)}; found '{architecture}'")
    return DETECTORS[architecture](settings)


def load_pretrained(model: FasterRCNN, path: Path) -> None:
    """Load a user's weights, by torchvision's names, into a detector; it is unchanged if they do not fit.

    A file may hold more than is needed (a keypoint head). The last layer stays new if it is for other classes.

    Raises:
        UserError: The file cannot be read, or a tensor of the backbone, the proposals or the box head is missing in it
            or has another shape.
    """
    found = read_weights(path)
    expected = model.state_dict()
    fitting = {name: found[name] for name in expected if name in found and found[name].shape == expected[name].shape}
    wrong = [name for name in expected if name not in fitting and not name.startswith(PREDICTOR)]
    if wrong:
        shape = tuple(found[wrong[0]].shape) if wrong[0] in found else "none"
        raise UserError(
            f"the tensors in {path} do not fit the detector: expected '{wrong[0]}' of shape"
            f" {tuple(expected[wrong[0]].shape)}, found {shape} ({len(wrong)} such tensors)"
        )
    predictor = [name for name in expected if name.startswith(PREDICTOR)]
    if not all(name in fitting for name in predictor):
        fitting = {name: value for name, value in fitting.items() if not name.startswith(PREDICTOR)}
    model.load_state_dict(fitting, strict=False)
