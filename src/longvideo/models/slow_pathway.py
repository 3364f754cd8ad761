"""The slow pathway of SlowFast from a network of images: inflated, as far as the two have the same channels."""

from pathlib import Path

import torch

from longvideo.models.pretrained import load_backbone
from longvideo.models.slowfast import ARCHITECTURES, Pathway, SlowFast


def load_slow_pathway(network: SlowFast, architecture: str, path: Path) -> None:
    """Start the slow pathway from a file of weights of a 2D ResNet with public names; the rest keeps its own.

    What comes from the fast pathway, of which images know nothing, keeps its new weights: those input channels, and
    the fast pathway itself.

    Args:
        network: Changed in place.
        architecture: Its name.
        path: The file, see `load_backbone`.

    Raises:
        UserError: The file cannot be read, or does not fit.
    """
    # Differs from paper: it does not say how SlowFast starts from ImageNet; this is all that can be taken from there.
    numbers = ARCHITECTURES[architecture]
    with torch.random.fork_rng():  # what is drawn here is replaced
        alone = Pathway(
            numbers, 1, (0, 0, 0, 0), numbers.slow_stem_kernel, numbers.slow_kernels, numbers.non_local,
            torch.nn.BatchNorm3d,
        )  # fmt: skip
    load_backbone(alone, path, from_images=True)
    own = network.slow.state_dict()
    for name, value in alone.state_dict().items():
        if name not in own:  # a shortcut that needs no kernel where more channels come in
            continue
        wider = own[name].ndim == value.ndim == 5 and own[name].shape[1] > value.shape[1]
        own[name] = torch.cat([value, own[name][:, value.shape[1] :]], dim=1) if wider else value
    network.slow.load_state_dict(own)
