"""Frames come from memory where all videos fit into it, and are the same."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from longvideo.data.decoded import DecodedVideos
from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.video.encode import write_video
from longvideo.video.reader import sequential

COUNT, HEIGHT, WIDTH = 20, 32, 48
ROOM = 3 * COUNT * HEIGHT * WIDTH


def film(path: Path, seed: int) -> Video:
    noise = np.random.default_rng(seed).integers(0, 256, (COUNT, HEIGHT, WIDTH, 3), np.uint8)
    write_video(path, noise, 10)
    return Video(path.stem, path, COUNT, 10.0, WIDTH, HEIGHT, 0.0, "")


def test_frames_are_the_same_with_and_without_memory_and_kept_only_if_all_fit(tmp_path) -> None:
    videos = [film(tmp_path / f"{seed}.mp4", seed) for seed in (1, 2)]
    kept, read = DecodedVideos(videos, 2 * ROOM), DecodedVideos(videos, 2 * ROOM - 1, open_videos=1)
    numbers = [3, 4, 4, 19]
    for video in (*videos, *videos):
        expected = np.stack([frame for _, frame in sequential(video.path)])[numbers]
        assert np.array_equal(kept.frames(video, numbers), expected)
        assert np.array_equal(read.frames(video, numbers), expected)
    copy = pickle.loads(pickle.dumps(kept))
    assert len(pickle.dumps(kept)) < ROOM
    for video in videos:
        video.path.unlink()
    assert kept.frames(videos[0], [0]).shape == (1, HEIGHT, WIDTH, 3)
    for empty in (copy, read):
        with pytest.raises(UserError, match=r"1\.mp4"):
            empty.frames(videos[0], [0])
