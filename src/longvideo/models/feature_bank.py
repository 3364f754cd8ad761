"""Feature bank operators: what a box's short-term feature takes from the features of other times.

Every operator is called as `operator(short [B, P, C], bank [B, M, C], valid [B, M] bool) -> [B, P, channels]`: the P
boxes of a clip share M slots; a slot without a feature is zeros and not valid. `operator.reads` says what to pass as
the bank: the window of the long-term bank ("bank"), the box's own features at each time step of the clip ("steps", so P
is 1), or nothing ("nothing").

As in the released models, empty slots are NOT masked by default: they take part in the softmax (as the bias of the
reducing layer), in the average (which divides by all M) and in the maximum (harmless: features are not negative).
`mask_padding=True` leaves them out; a box without any valid slot then reads zeros.

Source: thesis sec. 7.1.3 and 7.1.4, figure 7.4.
"""

from typing import Literal

import torch
from torch import Tensor, nn

LAYER_NORM_EPS = 1e-5

# Weights start as N(0, 0.01) at the released widths. Narrower operators keep the gain, not the 0.01, with which their
# products of queries and keys would be too small to learn from.
REDUCING_GAIN = 0.01 * 2048**0.5
ATTENTION_GAIN = 0.01 * 512**0.5
RELEASED_GAINS = (REDUCING_GAIN, ATTENTION_GAIN)
FAN_IN_GAINS = (1.0, 1.0)


def _linear(inputs: int, outputs: int, gain: float) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=gain / inputs**0.5)
    nn.init.zeros_(layer.bias)
    return layer


class AttentionLayer(nn.Module):
    """One modified non-local block: `short` attends over the slots and the result is added to it.

    Pre-activation (AVA, EPIC): attend, LN, ReLU, output layer, dropout, add. Post-activation (Charades): attend, output
    layer, LN, dropout, add, ReLU. The output layer starts at zero, so a new pre-activation layer is an identity. LN has
    no parameters.
    """

    def __init__(self, dim: int, dropout: float, pre_activation: bool, gain: float = ATTENTION_GAIN) -> None:
        super().__init__()
        self.theta = _linear(dim, dim, gain)
        self.phi = _linear(dim, dim, gain)
        self.g = _linear(dim, dim, gain)
        self.out = _linear(dim, dim, gain=0.0)
        self.norm = nn.LayerNorm(dim, eps=LAYER_NORM_EPS, elementwise_affine=False)
        self.dropout = nn.Dropout(dropout)
        self.pre_activation = pre_activation

    def forward(self, short: Tensor, slots: Tensor, readable: Tensor | None) -> Tensor:
        """Map short [B, P, D], slots [B, M, D] and readable [B, M] (None: all are) to [B, P, D]."""
        query = self.theta(short)
        scores = torch.bmm(query, self.phi(slots).transpose(1, 2)) * query.shape[-1] ** -0.5  # [B, P, M]
        if readable is not None:
            scores = scores.masked_fill(~readable[:, None], torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if readable is not None:
            weights = weights * readable[:, None]
        read = torch.bmm(weights, self.g(slots))
        if self.pre_activation:
            return short + self.dropout(self.out(torch.relu(self.norm(read))))
        return torch.relu(short + self.dropout(self.norm(self.out(read))))


class NonLocalOperator(nn.Module):
    """FBO-NL: reduce both inputs to `dim`, then 1 to 3 attention layers that update the short-term feature.

    Args:
        inputs: C of the short-term and bank features.
        dim: Channels of the attention and of the output.
        layers: Number of attention layers; all read the same reduced slots.
        dropout: Rate after each reducing layer and in each attention layer.
        pre_activation: Order inside the layers, see `AttentionLayer`.
        mask_padding: Leave out slots that are not valid; the released models do not.
        gains: Of the initial weights, N(0, gain / sqrt(inputs)): of the reducing layers and of those in the attention.
    """

    reads: Literal["bank", "steps"] = "bank"

    def __init__(
        self,
        inputs: int,
        dim: int = 512,
        layers: int = 2,
        dropout: float = 0.2,
        pre_activation: bool = True,
        mask_padding: bool = False,
        gains: tuple[float, float] = RELEASED_GAINS,
    ) -> None:
        super().__init__()
        self.channels = dim
        self.mask_padding = mask_padding
        self.reduce_short = _linear(inputs, dim, gains[0])
        self.reduce_bank = _linear(inputs, dim, gains[0])
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(AttentionLayer(dim, dropout, pre_activation, gains[1]) for _ in range(layers))

    def forward(self, short: Tensor, bank: Tensor, valid: Tensor) -> Tensor:
        """Map short [B, P, C], bank [B, M, C] and valid [B, M] to the updated short-term feature [B, P, dim]."""
        readable = valid if self.mask_padding else None
        updated = self.dropout(self.reduce_short(short))
        slots = self.dropout(self.reduce_bank(bank))
        for layer in self.layers:
            updated = layer(updated, slots, readable)
        return updated


class ShortTermOperator(NonLocalOperator):
    """STO: the same operator without long-term information, attending over the clip's own features.

    Specified by the thesis (sec. 7.1.4): STO(S) := FBO-NL(S, S), identical to FBO-NL, references only the clip, allows
    back-propagation, and needed "additional regularization techniques" that are not named.
    Inferred, not specified: the slots are the box's RoI features at each time step of the feature map (16 for 32
    frames), S is their mean, boxes do not see each other's slots, gradients flow through slots and S alike, and no
    regularisation is added.
    """

    reads: Literal["bank", "steps"] = "steps"


class PoolOperator(nn.Module):
    """LFB Avg and LFB Max: the mean or the maximum over the slots; has no parameters.

    Args:
        inputs: C of the bank features.
        kind: Which of the two.
        mask_padding: Leave out slots that are not valid; the released models do not.
    """

    reads: Literal["bank"] = "bank"

    def __init__(self, inputs: int, kind: Literal["avg", "max"], mask_padding: bool = False) -> None:
        super().__init__()
        self.channels = inputs
        self.kind = kind
        self.mask_padding = mask_padding

    def forward(self, short: Tensor, bank: Tensor, valid: Tensor) -> Tensor:
        """Pool bank [B, M, C] over its slots, the same for all P boxes of a clip: [B, P, C]."""
        return self._pool(bank, valid)[:, None].expand(-1, short.shape[1], -1)

    def _pool(self, bank: Tensor, valid: Tensor) -> Tensor:
        if not self.mask_padding:
            return bank.mean(dim=1) if self.kind == "avg" else bank.amax(dim=1)
        readable = valid[..., None]
        if self.kind == "avg":
            return (bank * readable).sum(dim=1) / readable.sum(dim=1).clamp(min=1)
        best = bank.masked_fill(~readable, -torch.inf).amax(dim=1)
        return torch.where(readable.any(dim=1), best, 0.0)


class NoOperator(nn.Module):
    """The plain 3D CNN: adds nothing to the short-term feature."""

    reads: Literal["nothing"] = "nothing"
    channels = 0

    def forward(self, short: Tensor, bank: Tensor | None, valid: Tensor | None) -> Tensor:
        """Return [B, P, 0]."""
        return short[..., :0]
