"""Speed of the 3D backbones on one CPU thread: python benchmarks/backbones.py [--size 256] [--rounds 5] [NAME ...]

Times the forward pass, in evaluation, and a training step's forward and backward pass on one clip, in CPU seconds, the
fastest of some rounds. Where PyTorchVideo can be imported its network of the same kind takes the same weights and
turns, with clips in both memory layouts; "off by" is how far its features are from ours, by the largest of them. The
rates are 2 x multiply-adds, three times as many with the backward pass, beside that of a product of two matrices.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from longvideo.models.build import build_backbone
from longvideo.models.catalogue import complexity_of
from longvideo.models.pretrained import load_backbone

# Catalogue name: architecture, frames, PyTorchVideo's network, how many of its last blocks are the head.
NETWORKS = {
    "slowfast_r50_8x8": ("slowfast_r50", 32, "slowfast_r50", 2),
    "i3d_r50_8x8": ("i3d_r50", 8, "i3d_r50", 1),
    "slow_r50_8x8": ("slow_r50", 8, "slow_r50", 1),
    "r2plus1d_50_16": ("r2plus1d_50", 16, "r2plus1d_r50", 1),
}
Features = Tensor | tuple[Tensor, ...]


class Theirs(nn.Module):
    """PyTorchVideo's network without its head, called as ours is."""

    def __init__(self, name: str, head: int) -> None:
        super().__init__()
        from pytorchvideo.models import hub

        self.whole = getattr(hub, name)()
        self.blocks = nn.ModuleList(self.whole.blocks[:-head])
        self.two = name.startswith("slowfast")

    def forward(self, clips: Tensor) -> Features:
        """Map clips [B, 3, T, H, W] to features."""
        x: object = clips
        if self.two:
            frames = torch.linspace(0, clips.shape[2] - 1, clips.shape[2] // 4).long()
            x = [clips.index_select(2, frames), clips]
        for block in self.blocks:
            x = block(x)
        return tuple(x) if self.two else x


def seconds(function: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    function()
    return time.process_time() - began


def forward(model: nn.Module, clips: Tensor) -> Features:
    """Evaluate."""
    with torch.inference_mode():
        return model.eval()(clips)


def step(model: nn.Module, clips: Tensor) -> None:
    """Run forward and backward."""
    features = model.train()(clips)
    model.zero_grad()
    sum(part.square().mean() for part in (features if isinstance(features, tuple) else (features,))).backward()


def settle(model: nn.Module) -> None:
    """Give batch norms statistics and scales that are not those of a new one."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm3d):
            for value, low, high in ((module.weight, 0.5, 1), (module.bias, -0.1, 0.1)):
                nn.init.uniform_(value, low, high)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def difference(ours: Features, theirs: Features) -> float:
    """Return the largest difference of features, of one pathway or two, over the largest feature."""
    if isinstance(ours, Tensor):
        return float((ours - theirs).abs().max() / ours.abs().max())
    return max(map(difference, ours, theirs))


def main() -> None:
    """Print one line for each network and implementation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(NETWORKS), metavar="NAME", help=", ".join(NETWORKS))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    square = torch.rand(2048, 2048)
    peak = 2 * 2048**3 / min(seconds(lambda: square @ square) for _ in range(5)) / 1e9
    print(f"one thread, clips of {args.size} pixels; a product of two matrices: {peak:.0f} GFLOP/s")
    try:
        import pytorchvideo  # noqa: F401

        compare = True
    except ImportError:
        compare = False
        print("PyTorchVideo cannot be imported: ours alone")
    print(f"{'network':18}{'implementation':29}{'forward':>9}{'step':>9}{'forward':>9}{'step':>7}{'off by':>10}")
    for name in args.names:
        architecture, frames, their_name, head = NETWORKS[name]
        clips = torch.rand(1, 3, frames, args.size, args.size)
        ours = build_backbone(architecture)
        runs: dict[str, tuple[nn.Module, Tensor]] = {"ours": (ours, clips)}
        off: dict[str, float] = {}
        if compare:
            theirs = Theirs(their_name, head)
            settle(theirs)
            with tempfile.TemporaryDirectory() as folder:
                torch.save(theirs.whole.state_dict(), Path(folder) / "theirs.pyth")
                load_backbone(ours, Path(folder) / "theirs.pyth")
            runs["PyTorchVideo"] = (theirs, clips)
            runs["PyTorchVideo, channels last"] = (theirs, clips.contiguous(memory_format=torch.channels_last_3d))
            off["PyTorchVideo"] = difference(forward(ours, clips), forward(theirs, clips))
        times: dict[str, tuple[list[float], list[float]]] = {run: ([], []) for run in runs}
        for run, (model, clip) in list(runs.items()) * args.rounds:  # in turns, for the machine may be busy
            times[run][0].append(seconds(partial(forward, model, clip)))
            times[run][1].append(seconds(partial(step, model, clip)))
        gflop = 2 * complexity_of(name, size=args.size).macs / 1e9
        for run, (passes, steps) in times.items():
            fastest = min(passes), min(steps)
            rates = [gflop * times / taken / peak for times, taken in zip((1, 3), fastest)]
            line = f"{name:18}{run:29}{fastest[0]:8.2f}s{fastest[1]:8.2f}s{rates[0]:9.0%}{rates[1]:7.0%}"
            print(line + (f"{off[run]:10.1e}" if run in off else ""), flush=True)


if __name__ == "__main__":
    main()
