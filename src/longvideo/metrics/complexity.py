"""Parameters and multiply-adds of a model, counted on the model itself without allocating it.

The multiply-adds ("MACs", what video papers quote as FLOPs) are those of convolutions, linear layers and matrix
products; pooling, normalisation, activations and RoIAlign are not counted. A model with an operation of which it is
not known whether it multiplies matrices is refused rather than counted as free. Parameters are what training could
change: a frozen affine map is not among them, a batch norm's scale and shift are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from longvideo.errors import UserError

FLOPS_PER_MAC = 2

# Free of multiply-adds, although neither views nor tagged as pointwise or as a reduction.
FACTORIES = {"arange", "empty", "full", "new_empty", "new_full", "new_ones", "new_zeros", "ones", "zeros"}
MOVES = {"_to_copy", "_unsafe_view", "cat", "index_select", "stack"}
NOT_COUNTED = {"avg_pool2d", "_safe_softmax", "_softmax", "max_pool2d_with_indices", "max_pool3d_with_indices"}
NOT_COUNTED |= {"native_batch_norm", "native_layer_norm"}
FREE = {"aten": FACTORIES | MOVES | NOT_COUNTED, "torchvision": {"roi_align"}}


class Complexity(NamedTuple):
    """Parameters and multiply-adds of one forward pass."""

    params: int
    macs: int

    def plus(self, other: "Complexity") -> "Complexity":
        """Sum both counts, for systems of several models."""
        return Complexity(self.params + other.params, self.macs + other.macs)


class _RefuseUnknown(TorchDispatchMode):
    """Raise at an operation that is neither counted nor known to be free of multiply-adds."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        known = func._overloadpacket in flop_registry or func.is_view or func.name().split(".")[0].endswith("_like")
        known = known or bool({torch.Tag.pointwise, torch.Tag.reduction} & set(func.tags))
        namespace, name = func._schema.name.split("::")
        if not known and name not in FREE.get(namespace, ()):
            raise UserError(
                f"cannot count the multiply-adds of operation {namespace}.{name}: "
                "add it to FREE in metrics/complexity.py if it has none"
            )
        return func(*args, **(kwargs or {}))


def measure(model: nn.Module, inputs: Sequence[Tensor]) -> Complexity:
    """Count a model, which stays as it is, on the given inputs; both may be on the meta device.

    Raises:
        UserError: The model runs an operation that cannot be counted.
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, _RefuseUnknown():
            model(*inputs)
    finally:
        model.train(training)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Complexity(parameters, counter.get_total_flops() // FLOPS_PER_MAC)
