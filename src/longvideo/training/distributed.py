"""Joining the processes of one training, on one or many nodes, and leaving them.

The environment says whether there are several, by torch's own variables, which torchrun and our SLURM executor set.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import torch
import torch.distributed as dist

from longvideo.errors import UserError
from longvideo.training.peers import connect
from longvideo.training.processes import Processes

TIMEOUT_S = 300.0
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class Place(NamedTuple):
    """Which one of the processes this is, here on its node, and where the first one is."""

    rank: int
    world: int
    local_rank: int
    host: str
    port: int


def find_place(environment: Mapping[str, str]) -> Place | None:
    """Return the place of this process, or None if it is alone: WORLD_SIZE is not set, or 1.

    Raises:
        UserError: The variables are incomplete or contradict each other.
    """
    if (environment.get("WORLD_SIZE") or "1") == "1":
        return None
    given = {name: environment[name] for name in VARIABLES if environment.get(name)}
    found = ", ".join(f"{name}={value}" for name, value in given.items())
    problem = f"expected {', '.join(VARIABLES)} in the environment of each of several processes, found {found}"
    advice = "; start them by torchrun or SLURM, or unset WORLD_SIZE for one process"
    if len(given) < len(VARIABLES):
        raise UserError(problem + advice)
    try:
        rank, world, local_rank, local_world, port = (int(given[name]) for name in VARIABLES if name != "MASTER_ADDR")
    except ValueError as error:
        raise UserError(f"{problem}: all but MASTER_ADDR must be whole numbers{advice}") from error
    if not (0 <= rank < world and 0 <= local_rank < local_world <= world and 0 < port < 2**16):
        raise UserError(f"{problem}: ranks must be below their world sizes, and the port a port{advice}")
    return Place(rank, world, local_rank, given["MASTER_ADDR"], port)


@contextmanager
def joined(device: torch.device, timeout_s: float = TIMEOUT_S) -> Iterator[Processes]:
    """Join the processes that the environment tells of; leave them all together, or end all when one fails.

    Args:
        device: What a process that is alone computes on.
        timeout_s: Seconds that processes wait for each other, when they join and in each exchange.

    Raises:
        UserError: The environment is wrong, or the others do not come.
    """
    place = find_place(os.environ)
    if place is None:
        yield Processes(device)
        return
    rank, world, address = place.rank, place.world, f"{place.host}:{place.port}"
    if device.type == "cuda":  # SLURM may show each process only its own
        device = torch.device("cuda", place.local_rank % torch.cuda.device_count())
        torch.cuda.set_device(device)
    processes = Processes(device, rank, world)
    try:
        if rank:
            _wait_for(place, timeout_s)
        own = device if device.type == "cuda" else None
        backend = "nccl" if own else "gloo"
        dist.init_process_group(backend, timeout=timedelta(seconds=timeout_s), device_id=own)
        peers = connect(rank, world, place.host, timeout_s, processes.tell)
    except (RuntimeError, OSError) as error:
        problem = f"expected {world} processes to meet at {address} within {timeout_s:g} s, found in process {rank}"
        advice = "see whether all were started, can reach that address and port, and have a GPU each if any"
        raise UserError(f"{problem}: {str(error).splitlines()[0]}; {advice}") from error
    try:
        yield processes
        peers.leave(timeout_s)
    except BaseException as error:
        if not isinstance(error, RuntimeError) or "timed out" not in str(error).lower():
            peers.fail(error)
            raise
        problem = f"expected each process to answer within {timeout_s:g} s, found one that did not"
        stall = UserError(f"{problem}; see whether a node or its file system hangs, or raise --peer-timeout-s")
        peers.fail(stall)
        raise stall from error
    dist.destroy_process_group()


def _wait_for(place: Place, timeout_s: float) -> None:
    """Wait until the first process listens: torch would say much about it on stderr."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection((place.host, place.port), timeout_s).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.2)
