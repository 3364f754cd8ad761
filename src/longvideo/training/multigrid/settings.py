"""The baselines of thesis chapter 6 by name."""

from typing import NamedTuple

from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.schedule import Baseline


class Setting(NamedTuple):
    """A baseline, on how many devices it is trained, in how many updates (if that is known), and where that is from."""

    baseline: Baseline
    devices: int
    iterations: int | None
    where: str


# Epochs are those of the authors' release where it has the data set (K400, SSv2, Charades), else of the thesis.
SETTINGS = {
    "k400": Setting(
        Baseline(239, 0.8, Grid(128 * 4, 32, 224), (94, 154, 196), warmup_epochs=34, warmup_lr=0.002),
        devices=128,
        iterations=112_000,
        where="SlowFast on Kinetics-400, thesis sec. 6.2",
    ),
    "i3d": Setting(
        Baseline(106, 0.04, Grid(128 * 2, 16, 224), (39.75, 79.5)),
        devices=128,
        iterations=100_000,
        where="I3D and I3D-NL on Kinetics-400, thesis sec. 6.2.4",
    ),
    "one_gpu": Setting(
        Baseline(40, 0.00125, Grid(8, 8, 224), (20, 40 / 1.2)),
        devices=1,
        iterations=1_200_000,
        where="I3D on Kinetics-400 with one GPU, thesis sec. 6.3",
    ),
    "ssv2": Setting(
        Baseline(22, 0.03, Grid(8 * 2, 64, 224), (14, 18), warmup_epochs=22 * 2 / 230, warmup_lr=0.0001),
        devices=8,
        iterations=230_000,
        where="SlowFast on Something-Something V2, thesis sec. 6.4",
    ),
    "charades": Setting(
        Baseline(57, 0.0375, Grid(8 * 2, 64, 224), (41, 49)),
        devices=8,
        iterations=28_000,
        where="SlowFast on Charades, thesis sec. 6.5",
    ),
}
