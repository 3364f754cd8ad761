"""Networks with new weights, timed: one after the other, and at the same time.

A round is what `per` frames of video ask of a system, each of them `batch` times over: CoViAR's I-frame network runs
once, its networks of motion vectors and residuals 11 times, for 12 frames. The time of a round over its frames is then
(I + 11 (M + R)) / 12.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from longvideo.models.build import build_stream
from longvideo.models.coviar import STREAM_CHANNELS
from longvideo.tasks.speed.clock import Clock
from longvideo.training.device import precision


class Network(NamedTuple):
    """A network, what it is run on, and how many times per round."""

    stream: str
    model: nn.Module
    inputs: Tensor
    rounds: int


class NetworkTimes(NamedTuple):
    """In ms per frame of video: all networks one after the other, and at once; by stream, per frame of its own."""

    sequential: float
    concurrent: float
    each: dict[str, float]


def build_network(
    stream: str, architecture: str, rounds: int, batch: int, crop: int, classes: int, device: torch.device
) -> Network:
    """Build a network with new weights, drawn from torch's global generator, and noise [batch, 1, C, crop, crop]."""
    channels = STREAM_CHANNELS[stream]
    model = build_stream(architecture, channels, classes).eval().to(device)
    return Network(stream, model, torch.randn(batch, 1, channels, crop, crop).to(device), rounds)


def time_networks(networks: Sequence[Network], per: int, clock: Clock, device: torch.device) -> NetworkTimes:
    """Time networks on one device.

    Args:
        networks: All that a round runs.
        per: Frames of video that a round stands for, of each of which there are as many as the networks' inputs hold.
        clock: Of the measurement.
        device: Where the networks are. On a CPU each network runs in one thread; when they run at once each has a
            thread of its own, on a GPU a stream.
    """
    batch = len(networks[0].inputs)
    each = {network.stream: clock.milliseconds(partial(_alone, network, device), batch) for network in networks}
    sequential = sum(each[network.stream] * network.rounds for network in networks) / per
    concurrent = clock.milliseconds(_together(networks, device), batch * per)
    return NetworkTimes(sequential, concurrent, each)


@torch.inference_mode()
def _run(network: Network, device: torch.device, rounds: int) -> None:
    with precision(device):
        for _ in range(rounds):
            network.model.frame_logits(network.inputs)  # type: ignore[operator]


def _alone(network: Network, device: torch.device) -> None:
    _run(network, device, 1)
    _wait(device)


def _together(networks: Sequence[Network], device: torch.device) -> Callable[[], None]:
    """Return what runs all networks at the same time."""
    if device.type == "cuda":
        streams = [torch.cuda.Stream(device) for _ in networks]

        def launch() -> None:
            for network, stream in zip(networks, streams):
                with torch.cuda.stream(stream):
                    _run(network, device, network.rounds)
            _wait(device)

        return launch

    def start(network: Network) -> None:
        torch.set_num_threads(1)
        _run(network, device, network.rounds)

    def run() -> None:
        with ThreadPoolExecutor(len(networks)) as pool:
            list(pool.map(start, networks))

    return run


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
