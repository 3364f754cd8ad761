"""Optimizers by name; scales, shifts and biases are not decayed."""

from torch import nn, optim

from longvideo.errors import UserError


def build_optimizer(model: nn.Module, name: str, lr: float, weight_decay: float, momentum: float) -> optim.Optimizer:
    """Build "sgd" (Nesterov momentum) or "adamw" over the parameters of `model` that are learned.

    Raises:
        UserError: The name is not known.

    Source: LFB release: Nesterov momentum 0.9, no decay of normalisation parameters.
    """
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in learned if parameter.ndim > 1]
    plain = [parameter for parameter in learned if parameter.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    if name == "adamw":
        return optim.AdamW(groups, lr=lr)
    if name == "sgd":
        return optim.SGD(groups, lr=lr, momentum=momentum, nesterov=momentum > 0)
    raise UserError(f"expected optim.optimizer as sgd or adamw, found '{name}'")
