"""Clips of whole videos show the frames and the parts of them that were asked for, in any shape, again and again."""

import os
import pickle
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from longvideo.data.fixed_clips import FixedClips
from longvideo.data.random_clips import ClipShape, RandomClips, Wanted, collate_clips
from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.video.dense_clips import spread_clips
from longvideo.video.encode import write_video
from longvideo.video.reader import sequential
from longvideo.video.sampling import middle_segment_frames, segment_range
from longvideo.video.transforms import CENTRE, LEFT, RIGHT, fixed_view, random_view

COUNTS = (60, 21, 3)
LEVEL, BLUE = 3, 60
HEIGHT, WIDTH = 32, 48
SHAPE = ClipShape(8, (1, 3), 16, (20, 28))
REAL = Path(os.environ.get("LONGVIDEO_CLIPS", "")) / "bikes_scene_cuts.mp4"


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> list[Video]:
    """Videos whose frames are as bright as their number, and bluish in their right half."""
    folder = tmp_path_factory.mktemp("videos")
    made = []
    for count in COUNTS:
        path = folder / f"v{count}.mp4"
        frames = np.arange(count, dtype=np.uint8)[:, None, None, None] * LEVEL
        frames = np.broadcast_to(frames, (count, HEIGHT, WIDTH, 3)).copy()
        frames[:, :, WIDTH // 2 :, 2] += BLUE
        write_video(path, frames, 10, crf=1)
        made.append(Video(path.stem, path, count, 10.0, WIDTH, HEIGHT, 100.0, ""))
    return made


def targets(video: str, frames: np.ndarray) -> np.ndarray:
    """Tell the clip's frames, to compare them with what it shows."""
    return np.array([int(video[1:]), frames[0], frames[-1]], np.float32)


def levels(view: torch.Tensor) -> torch.Tensor:
    """[3, T, H, W] in levels of the video, 0 to 255."""
    return (view * 0.225 + 0.45) * 255


def numbers(view: torch.Tensor) -> list[int]:
    """Which frames a view shows."""
    return ((levels(view)[0].flatten(1).median(1).values + LEVEL / 2) // LEVEL).int().tolist()


def blue(view: torch.Tensor) -> torch.Tensor:
    """How much bluer than red each column of a view is, [W]."""
    return (levels(view)[2] - levels(view)[0]).mean((0, 1))


def test_a_sampler_asks_for_other_shapes_from_batch_to_batch(videos) -> None:
    clips = RandomClips(videos, targets, SHAPE)
    shapes = [ClipShape(4, (3, 6), 12, (14, 28)), SHAPE, ClipShape(16, (2, 2), 28, (28, 32))]
    asked = [[Wanted(number, shape, seed=7 + number) for number in (0, 1, 2, 0)] for shape in shapes]
    loader = DataLoader(clips, batch_sampler=asked, collate_fn=collate_clips)
    for shape, batch in zip(shapes, loader, strict=True):
        assert batch.clips.shape == (4, 3, shape.frames, shape.crop, shape.crop)
        assert batch.clips.dtype == batch.targets.dtype == torch.float32
        for view, (count, first, last) in zip(batch.clips, batch.targets.tolist(), strict=True):
            seen = numbers(view)
            assert (seen[0], seen[-1]) == (first, last) and last < count
            steps = {after - before for before, after in pairwise(seen) if after < count - 1}
            assert len(steps) <= 1 and all(shape.strides[0] <= step <= shape.strides[1] for step in steps)
    plain = next(iter(DataLoader(clips, batch_size=3, collate_fn=collate_clips))).to(torch.device("cpu"))
    assert plain.clips.shape == (3, 3, 8, 16, 16) and plain.weight == 1.0


def test_a_clip_follows_from_what_is_asked_for_alone(videos) -> None:
    clips = RandomClips(videos, targets, SHAPE)
    one = clips[Wanted(0, None, 3)]
    clips[1]
    again, other = pickle.loads(pickle.dumps(clips))[0, SHAPE, 3], clips[Wanted(0, None, 4)]
    assert all(torch.equal(*pair) for pair in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])
    assert torch.equal(clips[0][0], clips[0, None, 0][0])


def test_mirroring_can_be_left_out(videos) -> None:
    def bluer_left(mirrored: bool) -> int:
        clips = RandomClips(videos, targets, SHAPE._replace(crop=20), mirrored)
        columns = [blue(clips[0, None, seed][0]) for seed in range(30)]
        return sum(int(column[0] > column[-1] + BLUE / 2) for column in columns)

    assert bluer_left(False) == 0 and 3 < bluer_left(True) < 27


def test_segments_give_a_frame_each(videos) -> None:
    clips = RandomClips(videos, targets, ClipShape(8, None, 16, (20, 28)))
    for number, count in enumerate(COUNTS):
        ranges = [segment_range(count, 8, segment, False) for segment in range(8)]
        seen = numbers(clips[number, None, 5][0])
        assert all(first <= frame < end for frame, (first, end) in zip(seen, ranges, strict=True))
    fixed = FixedClips(videos, 8, None, 2, 20, 16)
    assert [numbers(fixed[number].views[0]) for number in (0, 1)] == [
        middle_segment_frames(60, 8, False, place) for place in (0.25, 0.75)
    ]


def test_fixed_clips_are_spread_over_the_video_and_cut_at_their_places(videos) -> None:
    clips = FixedClips(videos, 4, 3, 5, 32, 32, (LEFT, CENTRE, RIGHT))
    assert len(clips) == 15 == len(list(clips))
    for number, (views, video, clip, time_s) in enumerate(clips):
        facts = videos[number // 5]
        assert (video, clip) == (facts.id, number % 5) and views.shape == (3, 3, 4, 32, 32)
        frames = spread_clips(facts.frames, 4, 3, 5)[clip]
        assert numbers(views[0]) == frames.tolist()
        assert time_s == pytest.approx(100 + (frames[0] + frames[-1]) / 20)
        # The blue half starts at column 24 of 48; the crops start at 0, 8 and 16.
        for view, edge in zip(views, (24, 16, 8), strict=True):
            column = blue(view)
            assert column[edge + 2] - column[edge - 3] > BLUE / 2


def test_a_damaged_video_is_one_line(videos, tmp_path) -> None:
    (tmp_path / "bad.mp4").write_bytes(videos[0].path.read_bytes()[:900])
    bad = Video("bad", tmp_path / "bad.mp4", 60, 10.0, WIDTH, HEIGHT, 0.0, "")
    for clips in (RandomClips([bad], targets, SHAPE), FixedClips([bad], 4, 3, 5, 32, 32)):
        with pytest.raises(UserError, match=r"bad\.mp4"):
            clips[0]


@pytest.mark.skipif(not REAL.is_file(), reason="LONGVIDEO_CLIPS names no folder with the real clips")
def test_clips_of_a_real_video_are_those_of_its_frames_in_order() -> None:
    frames = np.stack([frame for _, frame in sequential(REAL)])
    video = Video("bikes", REAL, len(frames), 25.0, frames.shape[2], frames.shape[1], 0.0, "")
    fixed = FixedClips([video], 8, 8, 3, 128, 112, (RIGHT,))
    for clip, indices in enumerate(spread_clips(len(frames), 8, 8, 3)):
        seen = torch.from_numpy(frames[indices])
        assert torch.equal(fixed[clip].views[0], fixed_view(seen, 128, 112, RIGHT).of_clip(seen))
    told = []
    shape = ClipShape(8, (2, 4), 112, (128, 160))
    clips = RandomClips([video], lambda _, indices: told.append(indices) or np.zeros(1, np.float32), shape)
    clip, _ = clips[0, None, 11]
    generator = torch.Generator().manual_seed(crc32(b"11 0"))
    torch.randint(3, (), generator=generator), torch.randint(9, (), generator=generator)  # stride and start
    seen = torch.from_numpy(frames[told[0]])
    assert torch.equal(clip, random_view(seen, (128, 160), 112, generator, inverse=False).of_clip(seen))
