"""Batches of clips of changing shape: what a step sees follows from the seed and the step's number alone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from torch.utils.data import Dataset

from longvideo.data.random_clips import ClipBatch, ClipShape, RandomClips, Wanted, collate_clips
from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.sampler import GridPlan


class ClipBatches(Dataset[ClipBatch]):
    """The batch of every step of a plan, or this process' part of it.

    Args:
        clips: Cuts and labels the clips.
        plan: Says which videos a step sees in which shape.
        shape_of: Says what the clips of a grid look like; a function or object that worker processes can be sent.
        seed: Of the run.
        world: Number of processes that share each batch.
    """

    def __init__(
        self, clips: RandomClips, plan: GridPlan, shape_of: Callable[[Grid], ClipShape], seed: int, world: int = 1
    ) -> None:
        self._clips, self._plan, self._shape_of, self._seed, self._world = clips, plan, shape_of, seed, world

    def __getitem__(self, step: int) -> ClipBatch:
        """Return this process' part of the batch of a step."""
        draw = self._plan[step]
        shape = self._shape_of(draw.grid)
        # By its place in the whole batch, a clip is seen alike however many processes share the batch.
        seeds = np.random.SeedSequence((self._seed, step)).generate_state(draw.grid.batch).tolist()
        wanted = (Wanted(video, shape, seeds[place]) for video, place in zip(draw.videos, draw.places, strict=True))
        batch = collate_clips([self._clips[one] for one in wanted])
        return replace(batch, weight=self._world * len(draw.videos) / draw.grid.batch, stage=draw.stage)
