"""What a spec says of schedule and clips, as the values that training and testing take."""

from collections.abc import Sequence
from dataclasses import dataclass

from longvideo.data.fixed_clips import FixedClips
from longvideo.data.random_clips import ClipShape
from longvideo.files.manifest import Video
from longvideo.specs.clips import ClipsSpec, ClipTestSpec, ClipViewSpec
from longvideo.specs.multigrid import PLAIN
from longvideo.training.multigrid.construction import multigrid_schedule
from longvideo.training.multigrid.grid import Grid
from longvideo.training.multigrid.schedule import Baseline, MultigridSchedule
from longvideo.training.multigrid.views import short_side_range, stride_range
from longvideo.video.transforms import CENTRE, LEFT, RIGHT

PLACES = {1: (CENTRE,), 3: (LEFT, CENTRE, RIGHT)}


def schedule_of(spec: ClipsSpec) -> MultigridSchedule:
    """Return the schedule of an experiment: its recipe, or what multigrid training makes of it.

    Raises:
        UserError: The values make no schedule.
    """
    optim, clip = spec.optim, spec.clip
    baseline = Baseline(
        optim.epochs,
        optim.lr,
        Grid(optim.batch, clip.frames, clip.crop),
        optim.drop_at,
        optim.drop_factor,
        optim.warmup_epochs,
        optim.warmup_lr,
    )
    chosen = (spec.multigrid or PLAIN).model_dump()
    return multigrid_schedule(baseline, policy=optim.policy, size_multiple=clip.crop_multiple, **chosen)


def last_shape(schedule: MultigridSchedule) -> MultigridSchedule:
    """Return the schedule of an epoch in the base shape that a training ends with, without short cycles."""
    return multigrid_schedule(Baseline(1.0, schedule.baseline.lr, schedule.stages[-1].base), **PLAIN.model_dump())


@dataclass(frozen=True)
class Shapes:
    """Says what clips of a grid look like: how far apart their frames are, how large a part of the picture is seen."""

    clip: ClipViewSpec

    def __call__(self, grid: Grid) -> ClipShape:
        """Return the shape of the clips of a grid."""
        clip = self.clip
        strides = None if clip.stride is None else stride_range(clip.stride, clip.frames, grid.frames)
        return ClipShape(grid.frames, strides, grid.size, short_side_range(clip.short_side, clip.crop, grid.size))


def test_clips(spec: ClipsSpec, test: ClipTestSpec, videos: Sequence[Video]) -> FixedClips:
    """Return the clips that one test of an experiment scores."""
    clip = spec.clip
    views = (test.short_side, test.crop, PLACES[test.crops])
    return FixedClips(videos, clip.frames, clip.stride, test.clips, *views)
