import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from longvideo.video.compressed_inputs import (
    StreamName,
    fixed_views,
    jitter_colour,
    mirror,
    normalise,
    quantise_motion,
    quantise_residual,
    random_view,
)

CHANNELS: dict[StreamName, int] = {"iframe": 3, "motion": 2, "residual": 3, "flow": 10}
STREAMS = list(CHANNELS)

SCALES = (1.0, 0.875, 0.75)
JITTER = (36, 50, 50)


def frames_of(stream: StreamName, segments: int = 3, height: int = 64, width: int = 85, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (segments, height, width, CHANNELS[stream]), dtype=torch.uint8, generator=generator)


def test_levels_are_those_of_the_release() -> None:
    motion = torch.tensor([-300, -21, -20, -1, 0, 1, 2, 19, 20, 300], dtype=torch.int16)
    # int(v * 6.375) + 128 in the reference: towards zero, so that 1 and -1 lie 6 levels from 128.
    assert quantise_motion(motion).tolist() == [0, 0, 1, 122, 128, 134, 140, 249, 255, 255]
    residual = torch.tensor([-255, -129, -128, -1, 0, 127, 128, 255], dtype=torch.int16)
    assert quantise_residual(residual).tolist() == [0, 0, 0, 127, 128, 255, 255, 255]


@given(st.integers(-4000, 4000))
def test_opposite_motion_has_mirrored_levels(pixels: int) -> None:
    there, back = quantise_motion(torch.tensor([pixels, -pixels])).tolist()
    assert there + back in (256, 255)
    assert there + back == 256 or abs(pixels) > 20


def test_normalised_values_of_each_stream() -> None:
    frame = torch.tensor([0, 128, 255], dtype=torch.uint8).view(1, 1, 1, 3)
    std = np.array([0.229, 0.224, 0.225])
    x = np.array([0, 128, 255]) / 255
    expected = {"iframe": (x - [0.485, 0.456, 0.406]) / std, "residual": (x - 0.5) / std}
    for stream, values in expected.items():
        assert normalise(frame, stream).shape == (1, 3, 1, 1)
        np.testing.assert_allclose(normalise(frame, stream).flatten(), values, atol=1e-6)
    quirk = normalise(frame, "residual", bgr_residuals=True).flatten()
    np.testing.assert_allclose(quirk, (x[::-1] - 0.5) / std, atol=1e-6)
    for stream in ("motion", "flow"):
        np.testing.assert_allclose(normalise(frame[..., :2], stream).flatten(), x[:2] - 0.5, atol=1e-6)


@pytest.mark.parametrize("stream", STREAMS)
def test_mirroring_twice_is_nothing(stream: StreamName) -> None:
    frames = frames_of(stream).clamp_min(1)  # the level 0 of motion has no counterpart
    assert torch.equal(mirror(mirror(frames, stream), stream), frames)
    assert not torch.equal(mirror(frames, stream), frames)


@given(st.integers(-20, 20), st.integers(-25, 25))
def test_a_mirrored_motion_is_the_motion_of_the_mirrored_video(x: int, y: int) -> None:
    motion = torch.zeros(1, 2, 3, 2, dtype=torch.int16)
    motion[0, 0, 0] = torch.tensor([x, y])
    mirrored = motion.flip(2) * torch.tensor([-1, 1], dtype=torch.int16)
    assert torch.equal(mirror(quantise_motion(motion), "motion"), quantise_motion(mirrored))


def test_flow_mirrors_the_x_of_every_field() -> None:
    frames = frames_of("flow").clamp_min(1)
    mirrored, plain = mirror(frames, "flow").int(), frames.flip(2).int()
    assert torch.equal(mirrored[..., 1::2], plain[..., 1::2])
    assert torch.equal(mirrored[..., 0::2], 256 - plain[..., 0::2])


def test_colour_jitter_moves_every_frame_by_itself_and_within_bounds() -> None:
    # Green of hue 60 of 180, lightness 128 and full saturation.
    green = torch.tensor([0, 255, 0], dtype=torch.uint8).expand(200, 1, 1, 3).contiguous()
    jittered = jitter_colour(green, JITTER, torch.Generator().manual_seed(0)).view(-1, 3).int()
    assert len(set(map(tuple, jittered.tolist()))) > 150
    lightness = (jittered.max(1).values + jittered.min(1).values) / 2
    assert 76 <= lightness.min() < 95 and 160 < lightness.max() <= 179
    # 24 to 96 of 180 (48 to 192 degrees) keeps green the strongest but for its ends, yellow and cyan-blue.
    assert (jittered[:, 1] + 60 >= jittered.max(1).values).all()


@pytest.mark.parametrize("stream", STREAMS)
def test_random_views_are_drawn_from_the_generator_alone(stream: StreamName) -> None:
    frames, jitter = frames_of(stream), JITTER if stream == "iframe" else None
    views = [random_view(frames, stream, 56, torch.Generator().manual_seed(seed), SCALES, jitter) for seed in (1, 1, 2)]
    assert views[0].shape == (3, 56, 56, CHANNELS[stream]) and views[0].dtype == torch.uint8
    assert torch.equal(views[0], views[1]) and not torch.equal(views[0], views[2])
    assert torch.equal(frames, frames_of(stream))


@pytest.mark.parametrize("stream", ["motion", "residual"])
def test_all_segments_of_a_video_share_their_crop_and_their_mirroring(stream: StreamName) -> None:
    frames = frames_of(stream, segments=1).expand(4, -1, -1, -1)
    for seed in range(10):
        view = random_view(frames, stream, 48, torch.Generator().manual_seed(seed), SCALES)
        assert all(torch.equal(view[0], other) for other in view)


def test_a_random_view_is_a_crop_of_one_of_the_streams_scales_or_its_mirror_image() -> None:
    # x in one channel and y in the other: the view's corners say which rectangle it was cut from.
    y, x = torch.meshgrid(torch.arange(128), torch.arange(170), indexing="ij")
    frames = torch.stack([y, x, x], -1)[None].to(torch.uint8)
    mirrored = set()
    for seed in range(60):
        view = random_view(frames, "residual", 112, torch.Generator().manual_seed(seed), SCALES)[0].int()
        mirrored.add(bool(view[0, 0, 1] > view[0, -1, 1]))
        sides = (view[-1, 0, 0] - view[0, 0, 0] + 1, (view[0, -1, 1] - view[0, 0, 1]).abs() + 1)
        assert all(min(abs(int(side) - 128 * scale) for scale in SCALES) <= 1 for side in sides)
    assert mirrored == {True, False}


@pytest.mark.parametrize("stream", STREAMS)
def test_ten_views_are_five_crops_and_their_mirror_images(stream: StreamName) -> None:
    frames = frames_of(stream)
    views = fixed_views(frames, stream, 56, 64)
    assert views.shape == (10, 3, 56, 56, CHANNELS[stream])
    assert torch.equal(views[0], frames[:, :56, :56]) and torch.equal(views[3], frames[:, 8:, 29:])
    assert torch.equal(views[5:], mirror(views[:5], stream))
    assert torch.equal(fixed_views(frames, stream, 56, 64, views=1), views[4:5])


def test_square_resizing_sees_the_whole_width_and_the_text_keeps_the_aspect() -> None:
    frames = torch.zeros(1, 64, 128, 3, dtype=torch.uint8)
    frames[:, :, 120:] = 255
    kept, square = (fixed_views(frames, "residual", 64, 64, views=1, square=square) for square in (False, True))
    assert kept.max() == 0
    assert square[..., -3:, :].min() > 200


def test_colour_jitter_in_testing_is_an_option() -> None:
    frames = frames_of("iframe")
    generator = torch.Generator().manual_seed(0)
    plain = fixed_views(frames, "iframe", 56, 64)
    assert not torch.equal(fixed_views(frames, "iframe", 56, 64, jitter=JITTER, generator=generator), plain)
