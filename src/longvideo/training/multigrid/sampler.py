"""Which videos an update sees, and in which shape: each video once per epoch, in batches of changing size.

Everything follows from the seed and the update's number alone, so that a training goes on from any update, and a batch
is the same however many processes share it.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from longvideo.errors import UserError
from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.schedule import MultigridSchedule
from longvideo.training.processes import share_of_batch


class Draw(NamedTuple):
    """What an update sees.

    Attributes:
        videos: Numbers of the videos that this process reads.
        places: Their places in the whole batch.
        grid: Frames and side of all clips; `batch` is the number of clips of all processes.
        stage: Number of the stage.
        epoch: The time at which the update starts, in epochs.
    """

    videos: tuple[int, ...]
    places: range
    grid: Grid
    stage: int
    epoch: float


class Sample(NamedTuple):
    """What a data set is asked for by a `GridSampler`: a video as a clip of a shape.

    Attributes:
        video: Number of the video.
        frames: Frames of the clip.
        size: Its side in pixels.
        step: The update that it is for.
        place: Its place in that update's batch; with `step` and a seed of your own, what its randomness follows from.
    """

    video: int
    frames: int
    size: int
    step: int
    place: int


class _Cut(NamedTuple):
    """Places in the order of an epoch that make a batch."""

    start: int
    end: int
    stage: int
    grid: Grid


class GridPlan:
    """All updates of a training by their numbers: `plan[step]`, of `len(plan)`.

    An epoch is a new order of all videos, cut into batches of the sizes that the schedule wants. At its end, the last
    two batches share what is left, so that neither is a small rest; where that would not give each process a video,
    they are one. If the schedule ends within an epoch, that one has a part of the videos.

    Args:
        schedule: Shapes by epoch.
        videos: Their number.
        seed: What the order in each epoch follows from.
        rank: Of this process, among those that share each batch.
        world: Their number; each takes an even share.

    Raises:
        UserError: There are more processes than videos, or than clips in some batch.
    """

    def __init__(self, schedule: MultigridSchedule, videos: int, seed: int, rank: int = 0, world: int = 1) -> None:
        clips = min(grid.batch for stage in schedule.stages for grid in stage.grids)
        if min(videos, clips) < world or videos < 1:
            problem = f"expected a video for each of {world} processes in every batch"
            raise UserError(f"{problem}, found {videos} videos and batches of {clips}; start fewer processes")
        self.schedule = schedule
        self._videos, self._seed, self._rank, self._world = videos, seed, rank, world
        self._epochs: list[tuple[_Cut, ...]] = []
        done: dict[tuple[int, int], tuple[_Cut, ...]] = {}
        steps = 0
        for epoch in range(math.ceil(schedule.epochs)):
            stage = schedule.stage_at(epoch)
            # An epoch within one stage is cut like all others of it that start at the same place of the short cycle.
            whole = schedule.stages[stage].end >= epoch + 1
            key = (stage, steps % len(schedule.stages[stage].grids))
            cuts = done[key] if whole and key in done else self._cut(epoch, steps)
            if whole:
                done[key] = cuts
            self._epochs.append(cuts)
            steps += len(cuts)
        if not steps:
            raise UserError(f"expected a schedule of at least a batch of videos, found {schedule.epochs:g} epochs")
        self._ends = list(accumulate(map(len, self._epochs)))
        self._order: tuple[int, npt.NDArray[np.int64]] = (-1, np.empty(0, np.int64))

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def steps(self) -> int:
        """Updates of the whole training."""
        return len(self)

    def steps_of(self, epoch: int) -> range:
        """Return the updates of an epoch."""
        return range(self._ends[epoch] - len(self._epochs[epoch]), self._ends[epoch])

    def steps_by_stage(self) -> list[int]:
        """Return how many updates each stage has."""
        found = Counter(cut.stage for cuts in self._epochs for cut in cuts)
        return [found[stage] for stage in range(len(self.schedule.stages))]

    def rate(self, step: int) -> float:
        """Return the learning rate of an update."""
        epoch, cut = self._find(step)
        return self.schedule.rate(epoch + cut.start / self._videos)

    def __getitem__(self, step: int) -> Draw:
        epoch, cut = self._find(step)
        if self._order[0] != epoch:
            self._order = epoch, np.random.default_rng([self._seed, epoch]).permutation(self._videos)
        places = share_of_batch(cut.end - cut.start, self._rank, self._world)
        videos = self._order[1][cut.start + places.start : cut.start + places.stop]
        grid = cut.grid._replace(batch=cut.end - cut.start)
        return Draw(tuple(videos.tolist()), places, grid, cut.stage, epoch + cut.start / self._videos)

    def _find(self, step: int) -> tuple[int, _Cut]:
        if not 0 <= step < len(self):
            raise IndexError(f"expected an update of {len(self)}, got {step}")
        epoch = bisect_right(self._ends, step)
        return epoch, self._epochs[epoch][step - self.steps_of(epoch).start]

    def _cut(self, epoch: int, first_step: int) -> tuple[_Cut, ...]:
        """Cut an epoch into batches."""
        schedule = self.schedule
        count = min(self._videos, round((schedule.epochs - epoch) * self._videos))
        cuts: list[_Cut] = []
        start = 0
        while start < count:
            stage = schedule.stage_at(epoch + start / self._videos)
            grids = schedule.stages[stage].grids
            grid = grids[(first_step + len(cuts)) % len(grids)]
            cuts.append(_Cut(start, min(start + grid.batch, count), stage, grid))
            start += grid.batch
        if len(cuts) > 1 and start > count:
            cuts[-2:] = _shared(cuts[-2], cuts[-1], self._world)
        # Too short to share between the processes: what is left where the schedule ends early in an epoch.
        return tuple(cuts) if count >= self._world else ()


def _shared(before: _Cut, rest: _Cut, world: int) -> list[_Cut]:
    """Give the last two batches of an epoch about as many videos each, as far as their sizes allow."""
    total = rest.end - before.start
    if total < 2 * world:
        return [before._replace(end=rest.end)]
    second = max(rest.end - rest.start, min(rest.grid.batch, total // 2))
    middle = rest.end - second
    return [before._replace(end=middle), rest._replace(start=middle)]


class GridSampler:
    """The updates of a plan as lists of samples: a `batch_sampler` of torch's DataLoader.

    Args:
        plan: Of all updates.
        steps: Those that are wanted: `range(step, len(plan))` to go on, `plan.steps_of(epoch)` for one epoch; by
            default all.
    """

    def __init__(self, plan: GridPlan, steps: range | None = None) -> None:
        self._plan = plan
        self._steps = range(len(plan)) if steps is None else steps

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[list[Sample]]:
        for step in self._steps:
            draw = self._plan[step]
            yield [
                Sample(video, draw.grid.frames, draw.grid.size, step, place)
                for video, place in zip(draw.videos, draw.places, strict=True)
            ]
