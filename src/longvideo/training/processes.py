"""The processes that train together, and what they exchange: gradients, losses, the state they start from.

Each takes a part of every batch. Its losses are scaled so that their mean over processes is the loss of the whole
batch; the mean of the gradients is then the gradient of that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from longvideo.errors import UserError
from longvideo.training.global_norm import GlobalBatchNorm3d, replace_norms

M = TypeVar("M", bound=nn.Module)
Batch = TypeVar("Batch")
T = TypeVar("T")
Losses = dict[str, Tensor]


class _Losses(nn.Module):
    """The losses of a batch as a module, which is what DistributedDataParallel works on."""

    def __init__(self, model: M, losses_of: Callable[[M, Batch], Losses]) -> None:
        super().__init__()
        self.model, self._losses_of = model, losses_of

    def forward(self, batch: Batch) -> Losses:
        return self._losses_of(self.model, batch)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Processes:
    """The processes that train together; by default only this one.

    Attributes:
        device: Of this process.
        rank: Of this process, from 0.
        world: How many there are.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that reads and writes states, writes outputs and tells how it goes."""
        return self.rank == 0

    def spread(self, model: M, losses_of: Callable[[M, Batch], Losses], unused: bool) -> Callable[[Batch], Losses]:
        """Return the losses of this process' part of a batch; their `backward` leaves the mean gradient of all.

        Call it before the optimizer is built: normalisations are replaced by ones over the whole batch. The model
        starts with the weights of the first process.

        Args:
            model: On the device, in its mode of training.
            losses_of: Losses of a part, see above for their scale.
            unused: Some parameters that are learned take no part in the losses.
        """
        if self.world == 1:
            return lambda batch: losses_of(model, batch)
        replace_norms(model, nn.BatchNorm3d, GlobalBatchNorm3d)
        # Running statistics are the same everywhere and need not be sent.
        return DistributedDataParallel(
            _Losses(model, losses_of), forward_sync_buffers=False, find_unused_parameters=unused
        )

    def mean(self, losses: Losses) -> Losses:
        """Return the losses of the whole batch, from those of each process' part."""
        if self.world == 1:
            return losses
        values = torch.stack([value.detach().float() for value in losses.values()])
        dist.all_reduce(values)
        return dict(zip(losses, values / self.world))

    def from_first(self, read: Callable[[], T]) -> T:
        """Return what `read` gives in the first process, where alone it is called."""
        return self.tell(read() if self.first else None)

    def agree(self, value: object, what: str) -> None:
        """Check that `value`, described by `what`, is the same in all processes.

        Raises:
            UserError: It is not; raised in all of them.
        """
        if self.world == 1:
            return
        found: list[object] = [None] * self.world
        dist.all_gather_object(found, value)
        others = [str(rank) for rank in range(self.world) if found[rank] != found[0]]
        if others:
            problem = f"expected the same {what} in {self.world} processes, found others in process {', '.join(others)}"
            raise UserError(f"{problem} than in process 0; see whether all nodes have the same code and files")

    def tell(self, value: Any) -> Any:
        """Return the value that the first process passes."""
        if self.world == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box)
        return box[0]


def share_of_batch(batch: int, rank: int, world: int) -> range:
    """Return the places of a batch that a process takes: an even share.

    Raises:
        UserError: There are more processes than places.
    """
    if batch < world:
        problem = f"expected optim.batch to be at least the number of processes, {world}, found {batch}"
        raise UserError(f"{problem}; start fewer processes, or raise it in the experiment")
    return range(batch * rank // world, batch * (rank + 1) // world)
