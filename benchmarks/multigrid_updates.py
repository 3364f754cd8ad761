"""What multigrid's updates cost: python benchmarks/multigrid_updates.py [--experiment NAME/VARIANT] [--videos 736]

Times updates of random clips of every shape of a mini experiment's schedule on one CPU thread, beside the baseline's,
with batch norm in parts as training has it and over the whole batch; medians of rounds in turns, CPU seconds. Below,
how much faster that makes the whole training, and how much it would be if all updates took as long as the baseline's.
"""

import argparse
import time
from collections import Counter
from statistics import median

import torch
from torch.nn.functional import cross_entropy

from longvideo.models.clip_classifier import ClipClassifier
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.load import load_experiment, load_scale
from longvideo.tasks.clips.inputs import schedule_of
from longvideo.tasks.clips.train import start_model
from longvideo.training.multigrid.grid import Grid, norm_split
from longvideo.training.multigrid.sampler import GridPlan
from longvideo.training.optimizer import build_optimizer
from longvideo.training.sub_batch_norm import set_norm_splits

CLASSES = 16


def update(model: ClipClassifier, optimizer: torch.optim.Optimizer, grid: Grid, parts: int) -> float:
    """Return the CPU seconds of an update."""
    set_norm_splits(model, parts)
    clips = torch.randn(grid.batch, 3, grid.frames, grid.size, grid.size)
    labels = torch.randint(CLASSES, (grid.batch,))
    began = time.process_time()
    loss = cross_entropy(model(clips), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return time.process_time() - began


def main() -> None:
    """Print one line for each shape, and the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="kinetics_slowfast/multigrid")
    parser.add_argument("--videos", type=int, default=736)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    spec = load_experiment(args.experiment, load_scale("mini"))
    assert isinstance(spec, ClipsSpec)
    schedule = schedule_of(spec)
    plan = GridPlan(schedule, args.videos, 0)
    parts = [norm_split(stage.base.batch, 1, spec.norm_clips).splits for stage in schedule.stages]
    counts = Counter((plan[step].grid, parts[plan[step].stage]) for step in range(len(plan)))
    common = [case for case, count in counts.most_common() if count >= 5]  # not the rests of epochs
    base = schedule.baseline.grid, 1
    cases = list(dict.fromkeys([base, *common, *((grid, 1) for grid, _ in common)]))
    model = start_model(spec, CLASSES, 0, None)
    optimizer = build_optimizer(model, spec.optim.optimizer, spec.optim.lr, spec.optim.weight_decay, 0.9)
    times: dict[tuple[Grid, int], list[float]] = {case: [] for case in cases}
    for turn in range(args.rounds + 1):
        for case, found in times.items():
            update(model, optimizer, *case)  # the first of a shape prepares its convolutions
            if turn:
                found.append(update(model, optimizer, *case))
    cost = {case: median(found) for case, found in times.items()}
    print(f"{'clips x frames x side':24}{'updates':>8}{'parts':>7}{'ms':>8}{'plain norm':>12}{'of the baseline':>17}")
    for grid, split in sorted(common):
        own, plain = cost[grid, split], cost[grid, 1]
        shape = f"{grid.batch} x {grid.frames} x {grid.size}"
        share = f"{own / cost[base]:.2f}"
        print(f"{shape:24}{counts[grid, split]:8}{split:7}{1e3 * own:8.1f}{1e3 * plain:12.1f}{share:>17}")
    updates = args.videos * schedule.baseline.epochs / base[0].batch
    whole = sum(counts[case] * cost[case] for case in common) * len(plan) / sum(counts[case] for case in common)
    fewer, faster = updates / len(plan), updates * cost[base] / whole
    print(f"the baseline: {1e3 * cost[base]:.1f} ms; {fewer:.2f} times fewer updates, {faster:.2f} times faster")


if __name__ == "__main__":
    main()
