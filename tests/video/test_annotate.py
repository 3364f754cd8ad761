"""Annotated copies of a video: its frames and times, its size, and on each frame what belongs to the nearest moment."""

from fractions import Fraction

import av
import numpy as np
import pytest
from made_videos import encoded, moving_frames, turned, variable_rate

from longvideo.video.annotate import Scene, annotate, captions
from longvideo.video.encode import write_video
from longvideo.video.reader import FrameReader, sequential

NOTHING = Scene(np.zeros((0, 4)), [])
FULL = Scene(np.array([[0.0, 0.0, 1.0, 1.0]]), [[]])  # a frame around the frame


def annotated(source, target, moments=(0.0,), scenes=(NOTHING,)):
    count = annotate(source, target, np.array(moments), scenes)
    reader = FrameReader(target)
    assert reader.frame_count == count
    return reader


def test_variable_frame_rate_is_kept(tmp_path):
    source = variable_rate(tmp_path / "source.mp4")
    np.testing.assert_allclose(
        annotated(source, tmp_path / "drawn.mp4").times, FrameReader(source).times, rtol=0, atol=1 / 90_000
    )


@pytest.mark.parametrize("rate", [24000 / 1001, 25.0, 60000 / 1001])
def test_constant_frame_rate_is_stated_exactly(tmp_path, rate):
    write_video(tmp_path / "source.mp4", moving_frames(20), rate)
    annotated(tmp_path / "source.mp4", tmp_path / "drawn.mp4")
    with av.open(str(tmp_path / "source.mp4")) as source, av.open(str(tmp_path / "drawn.mp4")) as drawn:
        assert drawn.streams.video[0].average_rate == source.streams.video[0].average_rate
        assert drawn.streams.video[0].frames == 20 and drawn.streams.video[0].codec.canonical_name == "h264"


def test_a_frame_shows_the_nearest_moment(tmp_path):
    write_video(tmp_path / "source.mp4", [np.full((240, 240, 3), 100, np.uint8)] * 30, 10)
    reader = annotated(tmp_path / "source.mp4", tmp_path / "drawn.mp4", [0, 1, 2], [FULL, NOTHING, FULL])
    marked = np.abs(reader.frames(range(30)).astype(int) - 100).max(axis=(1, 2, 3)) > 50
    assert marked.tolist() == [True] * 5 + [False] * 10 + [True] * 15


@pytest.mark.parametrize(
    ("size", "factor"), [((320, 240), 1), ((321, 241), 1), ((641, 361), 1), ((100, 48), 8), ((63, 179), 6)]
)
def test_size_is_the_source_s_unless_text_could_not_be_read(tmp_path, size, factor):
    width, height = size
    ramp = np.linspace(0, 255, width).astype(np.uint8)
    with av.open(str(tmp_path / "source.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        picture = av.VideoFrame.from_ndarray(np.broadcast_to(ramp[:, None], (height, width, 3)).copy(), format="rgb24")
        container.mux([*stream.encode(picture), *stream.encode(None)])
    drawn = annotated(tmp_path / "source.mkv", tmp_path / "drawn.mp4").frames([0])[0]
    even = [side * factor + side * factor % 2 for side in size]
    assert drawn.shape == (even[1], even[0], 3)
    kept = drawn[: height * factor : factor, : width * factor : factor].astype(int)
    assert np.abs(kept - ramp[:, None]).max() < 16


def test_rotation_is_applied(tmp_path):
    source = turned(tmp_path / "source.mov", (0, 1, -1, 0))
    (_, upright), *_ = sequential(source)
    drawn = annotated(source, tmp_path / "drawn.mp4").frames([0])[0]
    factor = drawn.shape[0] // upright.shape[0]
    assert upright.shape == (64, 48, 3) and drawn.shape == (64 * factor, 48 * factor, 3)
    assert np.abs(drawn[::factor, ::factor].astype(int) - upright).mean() < 6


def test_pixels_become_square(tmp_path):
    source = encoded(tmp_path / "source.mkv", "mpeg4", sample_aspect_ratio=Fraction(2))
    drawn = annotated(source, tmp_path / "drawn.mp4").frames([0])[0]
    assert drawn.shape == (48 * 8, 64 * 2 * 8, 3)


def test_captions_hold_the_best_classes_and_always_one():
    scores = np.array([[0.2, 0.9, 0.6, 0.7], [0.1, 0.2, 0.0, 0.3], [0.5, 0.4, 0.49, 0.5]])
    names = ("sit", "stand", "walk", "talk")
    assert captions(scores, names, 0.5, 2) == [["0.90 stand", "0.70 talk"], ["0.30 talk"], ["0.50 sit", "0.50 talk"]]
    assert captions(scores[:1], names, 0.5, 9) == [["0.90 stand", "0.70 talk", "0.60 walk"]]
    assert captions(scores[:0], names, 0.5, 2) == []
