"""The stages of a backbone in the notation of thesis table 7.1, read off the built network.

Kernel sizes are time x height x width; "3(1)x1x1" means that some blocks have a temporal kernel of 3, the others of 1.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from longvideo.models.bottleneck import Bottleneck, Stage
from longvideo.models.build import build_backbone


class StageRow(NamedTuple):
    """One row of the table.

    Attributes:
        stage: "conv1", "pool1", "res2", ...
        specification: For instance "[3×1×1, 64; 1×3×3, 64; 1×1×1, 256] ×3".
        output: Time x height x width of what leaves the stage, for instance "32×56×56".
        note: What the table's notation has no place for: the blocks with a temporal kernel, dilation, groups.
    """

    stage: str
    specification: str
    output: str
    note: str


def _times(numbers: tuple[int, ...]) -> str:
    return "×".join(map(str, numbers))


def _stride(numbers: tuple[int, ...]) -> str:
    return f"stride {', '.join(map(str, numbers))}"


def _triple(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value,) * 3 if isinstance(value, int) else tuple(value)


def _stage_specification(stage: Stage) -> tuple[str, str]:
    """Return a stage's specification and note."""
    blocks = [block for block in stage.blocks if isinstance(block, Bottleneck)]
    first = blocks[0]
    temporal = [block.conv1.kernel_size[0] for block in blocks]
    mixed = len(set(temporal)) > 1
    reducing = f"{max(temporal)}({min(temporal)})×1×1" if mixed else _times(first.conv1.kernel_size)
    convolutions = [f"{reducing}, {first.conv1.out_channels}"]
    convolutions += [f"{_times(conv.kernel_size)}, {conv.out_channels}" for conv in (first.conv2, first.conv3)]
    specification = f"[{'; '.join(convolutions)}] ×{len(blocks)}"
    notes = []
    if len(stage.non_local):
        specification += f", NL: {', '.join(stage.non_local)}"
        group = next(iter(stage.non_local.values())).frames_per_group
        notes += [f"NL in groups of {group} time steps"] if group else []
    if mixed:
        notes.insert(0, f"{max(temporal)}×1×1 in blocks {', '.join(str(i) for i, k in enumerate(temporal) if k > 1)}")
    if first.conv2.dilation[1] > 1:
        notes.append(f"dilation {first.conv2.dilation[1]}")
    return specification, "; ".join(notes)


def _specification(module: nn.Module) -> tuple[str, str]:
    """Return a stage's, a convolution's or a pooling layer's specification and note."""
    if isinstance(module, Stage):
        return _stage_specification(module)
    if isinstance(module, nn.Conv3d):
        return f"{_times(module.kernel_size)}, {module.out_channels}, {_stride(module.stride)}", ""
    if isinstance(module, nn.MaxPool3d):
        return f"{_times(_triple(module.kernel_size))} max, {_stride(_triple(module.stride))}", ""
    raise TypeError(f"no notation for {type(module).__name__}")


def architecture_rows(name: str, frames: int, size: int) -> list[StageRow]:
    """Describe each stage of a backbone for clips of `frames` x `size` x `size`.

    Raises:
        UserError: The name is not known or the number of frames does not fit it.
    """
    with torch.device("meta"):
        backbone = build_backbone(name)
        clip = torch.empty(1, 3, frames, size, size)
    outputs: dict[str, str] = {}
    stages = {name: module for name, module in backbone.named_children() if name.startswith(("conv", "pool", "res"))}
    stages = {name: module for name, module in stages.items() if not isinstance(module, nn.Identity)}
    for stage, module in stages.items():

        def note_shape(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor, stage: str = stage) -> None:
            outputs[stage] = _times(tuple(output.shape[2:]))

        module.register_forward_hook(note_shape)
    with torch.no_grad():
        backbone(clip)
    rows = []
    for stage, module in stages.items():
        specification, note = _specification(module)
        rows.append(StageRow(stage, specification, outputs[stage], note))
    return rows
