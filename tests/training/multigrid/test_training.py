"""A user's own loop: one process without a GPU goes through all shapes with the same model and optimizer."""

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.grid import Grid, norm_split
from longvideo.training.multigrid.sampler import GridPlan, GridSampler, Sample
from longvideo.training.multigrid.schedule import Baseline
from longvideo.training.sub_batch_norm import SubBatchNorm3d, set_norm_splits

BASELINE = Baseline(4, 0.02, Grid(2, 4, 8), (2, 3))


class Clips(Dataset):
    """Ten bright or dark videos in any shape."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, sample: Sample) -> tuple[torch.Tensor, int]:
        generator = torch.Generator().manual_seed(1000 * sample.step + sample.place)
        clip = torch.randn(3, sample.frames, sample.size, sample.size, generator=generator)
        return clip + sample.video % 2, sample.video % 2


def start() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    pooled = [nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 2)]
    model = nn.Sequential(nn.Conv3d(3, 4, 3, padding=1), SubBatchNorm3d(4), nn.ReLU(), *pooled)
    return model, torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)


def train(model: nn.Module, optimizer: torch.optim.Optimizer, plan: GridPlan, steps: range) -> list[float]:
    losses = []
    loader = DataLoader(Clips(), batch_sampler=GridSampler(plan, steps))
    assert len(loader) == len(steps)
    for step, (clips, labels) in zip(steps, loader, strict=True):
        draw = plan[step]
        assert clips.shape == (draw.grid.batch, 3, draw.grid.frames, draw.grid.size, draw.grid.size)
        set_norm_splits(model, norm_split(plan.schedule.stages[draw.stage].base.batch, 0, base_size=2).splits)
        for group in optimizer.param_groups:
            group["lr"] = plan.rate(step)
        loss = nn.functional.cross_entropy(model(clips), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(("long", "short"), [(True, True), (True, False), (False, True)])
def test_it_trains_through_all_shapes_and_goes_on_to_the_same_bits(long, short):
    schedule = multigrid_schedule(BASELINE, long=long, short=short, epoch_factor=3, whole_epochs=False)
    plan = GridPlan(schedule, 10, seed=0)
    stages = [plan[step].stage for step in range(len(plan))]
    model, optimizer = start()
    losses = train(model, optimizer, plan, range(len(plan)))
    assert sum(losses[-5:]) < sum(losses[:5])
    # Stopped just before a new shape, and continued by another process from what is stored.
    stop = stages.index(stages[len(plan) // 2])
    stopped, part = start()
    train(stopped, part, plan, range(stop))
    state = copy.deepcopy((stopped.state_dict(), part.state_dict()))
    resumed, other = start()
    resumed.load_state_dict(state[0])
    other.load_state_dict(state[1])
    assert train(resumed, other, GridPlan(schedule, 10, seed=0), range(stop, len(plan))) == losses[stop:]
    for name, value in model.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
