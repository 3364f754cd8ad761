from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.video.encode import write_video
from longvideo.video.flow import OPENCV, dequantise, quantise, read_flow_stack, tv_l1, write_fields, write_flow
from longvideo.video.reader import FrameReader

needs_tv_l1 = pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="OpenCV has no contributed modules")


@given(st.floats(-60, 60), st.sampled_from([5.0, 20.0]))
def test_quantisation_loses_half_a_level_and_mirrors(pixels: float, bound: float) -> None:
    level, mirrored = quantise(np.array([pixels, -pixels]), bound).tolist()
    assert level + mirrored == 256
    kept = dequantise(np.array([level], np.uint8), bound)[0]
    assert abs(kept - np.clip(pixels, -bound, bound)) <= bound / 218 + 1e-5
    assert quantise(np.zeros(1), bound)[0] == 128


@pytest.mark.parametrize("shape", [(24, 32), (17, 20)])
def test_a_flow_video_keeps_every_level_of_every_field(tmp_path: Path, shape: tuple[int, int]) -> None:
    fields = np.random.default_rng(0).uniform(-30, 30, (7, *shape, 2)).astype(np.float32)
    assert write_fields(tmp_path / "flow.mp4", fields, 25.0) == 7
    reader = FrameReader(tmp_path / "flow.mp4")
    stack = read_flow_stack(reader, 1)
    assert stack.shape == (10, *shape) and stack.dtype == np.uint8
    expected = quantise(fields)
    assert len(np.unique(expected)) == 219
    for number in range(5):
        assert np.array_equal(stack[2 * number], expected[1 + number, ..., 0])
        assert np.array_equal(stack[2 * number + 1], expected[1 + number, ..., 1])


def test_stacks_repeat_the_ends_and_odd_widths_grow(tmp_path: Path) -> None:
    fields = [np.full((8, 9, 2), number, np.float32) for number in range(4)]
    write_fields(tmp_path / "flow.mp4", fields, 25.0)
    reader = FrameReader(tmp_path / "flow.mp4")
    for frame, numbers in ((-2, [0, 0, 0, 1]), (2, [2, 3, 3, 3]), (9, [3, 3, 3, 3])):
        stack = read_flow_stack(reader, frame, length=4)
        assert stack.shape == (8, 8, 10)
        np.testing.assert_allclose(dequantise(stack)[0::2, 0, 0], numbers, atol=0.1)


def texture(frames: int, velocity: tuple[float, float], height: int = 48, width: int = 64) -> list[np.ndarray]:
    """A smooth random texture that moves by `velocity` (x, y) pixels per frame."""
    noise = np.random.default_rng(0).normal(size=(3 * height, 3 * width)).astype(np.float32)
    wide = sum(sigma * cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (1.5, 3, 6))
    wide = 255 * (wide - wide.min()) / np.ptp(wide)
    moved = []
    for number in range(frames):
        shift = np.float32([[1, 0, velocity[0] * number - width], [0, 1, velocity[1] * number - height]])
        picture = cv2.warpAffine(wide, shift, (width, height), flags=cv2.INTER_CUBIC)
        moved.append(np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2))
    return moved


@needs_tv_l1
def test_tv_l1_finds_the_motion_and_the_video_of_it_is_the_raw_flow(tmp_path: Path) -> None:
    frames, velocity = texture(6, (2.3, -1.1)), (2.3, -1.1)
    raw = np.stack(list(tv_l1(frames)))
    assert np.abs(raw[:, 6:-6, 6:-6] - velocity).mean() < 0.05
    write_video(tmp_path / "source.mp4", frames, 25.0, crf=0)
    assert write_flow(tmp_path / "source.mp4", tmp_path / "flow.mp4") == 5
    stored = dequantise(read_flow_stack(FrameReader(tmp_path / "flow.mp4"), 0))
    error = np.abs(stored.reshape(5, 2, 48, 64).transpose(0, 2, 3, 1) - raw)
    assert error[:, 6:-6, 6:-6].max() < 0.5


@needs_tv_l1
def test_wanted_fields_are_those_of_the_whole_flow_and_the_others_do_not_move(tmp_path: Path) -> None:
    write_video(tmp_path / "source.mp4", texture(6, (2.3, -1.1)), 25.0)
    stacks = []
    for wanted in (None, {0, 3}):
        write_flow(tmp_path / "source.mp4", tmp_path / "flow.mp4", 20.0, OPENCV, wanted)
        stacks.append(read_flow_stack(FrameReader(tmp_path / "flow.mp4"), 0).reshape(5, 2, 48, 64))
    same = (stacks[0] == stacks[1]).all(axis=(1, 2, 3))
    assert same.tolist() == [True, False, False, True, False]
    assert (stacks[1][[1, 2, 4]] == 128).all()


def test_a_video_of_one_frame_has_no_flow(tmp_path: Path) -> None:
    write_video(tmp_path / "source.mp4", texture(1, (0, 0)), 25.0)
    with pytest.raises(UserError, match="at least 2 frames for its flow, found 1"):
        write_flow(tmp_path / "source.mp4", tmp_path / "flow.mp4")


@pytest.mark.skipif(hasattr(cv2, "optflow"), reason="OpenCV has its contributed modules")
def test_an_opencv_without_tv_l1_is_named() -> None:
    with pytest.raises(UserError, match="install opencv-contrib-python-headless"):
        next(tv_l1([]))
