import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvideo.errors import UserError
from longvideo.tables.figures.compressed_frames import draw_frames, frame_pictures, motion_colours, residual_colours
from longvideo.video.compressed.reencode import reencode_mpeg4
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader

WHITE, RED, CYAN = [255, 255, 255], [255, 0, 0], [0, 255, 255]


def coloured(x, y, most=10.0):
    return motion_colours(np.array([[[x, y]]], np.int16), most)[0, 0].tolist()


@pytest.mark.parametrize(
    ("motion", "colour"),
    [
        ((0, 0), WHITE),
        ((10, 0), RED),
        ((-10, 0), CYAN),
        ((0, 10), [128, 255, 0]),
        ((0, -10), [128, 0, 255]),
        ((5, 0), [255, 128, 128]),
        ((30, 0), RED),
    ],
)
def test_the_direction_is_the_hue_and_the_amplitude_the_saturation(motion, colour):
    assert coloured(*motion) == pytest.approx(colour, abs=1)


@given(st.integers(-40, 40), st.integers(-40, 40))
def test_opposite_motions_have_opposite_colours(x, y):
    # Hues that lie opposite each other at one saturation and value add up to the same sum in every channel.
    total = np.add(coloured(x, y, 60.0), coloured(-x, -y, 60.0))
    assert np.ptp(total) <= 3


def test_residuals_are_shown_by_their_absolute_value():
    residual = np.array([[[0, -64, 200]]], np.int16)
    assert residual_colours(residual, 128)[0, 0].tolist() == [0, 127, 255]


@pytest.fixture
def compressed(tmp_path):
    rng = np.random.default_rng(0)
    still = np.kron(rng.integers(0, 255, (16, 20, 3)), np.ones((6, 6, 1))).astype(np.uint8)
    write_video(tmp_path / "in.mp4", [np.roll(still, 2 * number, axis=1) for number in range(14)], 12)
    reencode_mpeg4(tmp_path / "in.mp4", tmp_path / "video.mp4", 112, 80, 12)
    return tmp_path / "video.mp4"


def test_pictures_begin_with_the_decoded_frame_and_accumulation_shows_more_motion(compressed):
    frame, raw, _, accumulated, _ = frame_pictures(compressed, 0, 10, 0.2, 128)
    assert np.array_equal(frame, FrameReader(compressed).frames([10])[0])
    assert accumulated.astype(int).sum() < raw.astype(int).sum()  # further from white


def test_the_same_video_gives_the_same_bytes(compressed, tmp_path):
    for name in ("a.png", "b.png"):
        draw_frames(compressed, 0, (1, 4), 0.06, 128, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_short_group_shows_the_positions_that_it_has(compressed, tmp_path):
    assert draw_frames(compressed, 1, (1, 10), 0.06, 128, tmp_path / "a.png") == [1]


@pytest.mark.parametrize(("group", "found"), [(1, "found 2"), (7, "found 0")])
def test_a_group_without_any_of_them_is_one_line(compressed, tmp_path, group, found):
    with pytest.raises(UserError, match=f"at least 5 frames, {found}"):
        draw_frames(compressed, group, (4, 10), 0.06, 128, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
