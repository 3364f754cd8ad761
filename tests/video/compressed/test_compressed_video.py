"""Motion and residuals against a slow reader, on every kind of stream that can be read."""

import gc
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.frame import PictureType
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_reader import QSCALE, encode, h264, moving_content, slow_read

from longvideo.errors import UserError
from longvideo.video.compressed.decoder import GroupDecoder
from longvideo.video.compressed.video import CompressedVideo
from longvideo.video.encode import write_video

SMALL = moving_content(22, 70, 50)  # neither side is a multiple of a block's

STREAMS: dict[str, Callable[[Path], Path]] = {
    "mpeg4": lambda folder: encode(folder / "v.mp4", SMALL),
    "avi": lambda folder: encode(folder / "v.avi", SMALL),
    "matroska": lambda folder: encode(folder / "v.mkv", SMALL),
    "xvid": lambda folder: encode(folder / "v.avi", SMALL, options={**QSCALE, "flags": "+qscale+bitexact"}, tag="XVID"),
    "raw": lambda folder: encode(folder / "v.m4v", SMALL, container="m4v"),
    "raw misnamed": lambda folder: encode(folder / "v.mp4", SMALL, container="m4v"),
    "four vectors": lambda folder: encode(folder / "v.mp4", SMALL, options={**QSCALE, "flags": "+qscale+mv4"}),
    "quarter pixels": lambda folder: encode(folder / "v.mp4", SMALL, options={**QSCALE, "flags": "+qscale+qpel"}),
    "coarse": lambda folder: encode(folder / "v.mp4", SMALL, options={"g": "7", "b": "20k"}),
    "odd size": lambda folder: encode(folder / "v.mp4", [frame[:47, :61] for frame in SMALL]),
    "h264": lambda folder: encode(folder / "v.mp4", SMALL, "libx264", h264()),
    "h264 raw": lambda folder: encode(folder / "v.h264", SMALL, "libx264", h264()),
    "h264 broadcast": lambda folder: encode(folder / "v.ts", SMALL, "libx264", h264()),
    "h264 slices": lambda folder: encode(folder / "v.mkv", SMALL, "libx264", h264(slices=3)),
    "h264 small parts": lambda folder: encode(folder / "v.mp4", SMALL, "libx264", h264(partitions="all", subme=9)),
    "h264 open groups": lambda folder: encode(folder / "v.mp4", SMALL, "libx264", h264(open_gop=1, keyint=6)),
    "h264 own": lambda folder: own_file(folder / "v.mp4"),
}


def own_file(path: Path) -> Path:
    write_video(path, SMALL, 25, 5)
    return path


@pytest.mark.parametrize("name", STREAMS)
def test_equals_a_slow_reader(name: str, tmp_path: Path) -> None:
    path = STREAMS[name](tmp_path)
    video = CompressedVideo(path)
    for accumulated in (True, False):
        expected = list(slow_read(path, idr_only=name.startswith("h264"), accumulated=accumulated))
        found = list(video.frames(accumulated))
        assert [video.frame_position(number)[1] for number in range(video.frame_count)] == [p for p, _ in expected]
        assert len(found) == len(SMALL)
        for one, (_, other) in zip(found, expected, strict=True):
            for ours, slow in zip(one, other, strict=True):
                assert np.array_equal(ours, slow)
        assert any(frame.motion.any() for frame in found)


def identity_holds(video: CompressedVideo, pictures: list[np.ndarray], accumulated: bool) -> bool:
    """Whether every frame is the frame that it refers to, moved by D, plus R."""
    y, x = np.mgrid[: video.height, : video.width]
    for number, frame in enumerate(video.frames(accumulated)):
        _, position = video.frame_position(number)
        reference = frame.iframe if accumulated or position == 0 else pictures[number - 1]
        back = reference[y - frame.motion[..., 1], x - frame.motion[..., 0]]
        if not np.array_equal(pictures[number], back + frame.residual):
            return False
    return True


@settings(max_examples=25)
@given(
    width=st.integers(8, 60).map(lambda half: 2 * half),
    height=st.integers(8, 40).map(lambda half: 2 * half),
    gop=st.integers(1, 9),
    count=st.integers(1, 14),
    avc=st.booleans(),
    accumulated=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_frame_is_its_reference_moved_plus_its_residual(width, height, gop, count, avc, accumulated, seed):
    frames = moving_content(count, width, height, seed)
    options = h264(keyint=gop, min_keyint=gop) if avc else {**QSCALE, "g": str(gop)}
    with tempfile.TemporaryDirectory() as folder:
        path = encode(Path(folder) / "v.mp4", frames, "libx264" if avc else "mpeg4", options)
        with av.open(str(path)) as container:
            pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        video = CompressedVideo(path)
        assert video.gops.tolist() == [min(gop, count - first) for first in range(0, count, gop)]
        assert identity_holds(video, pictures, accumulated)


def test_vectors_lose_their_fraction_toward_zero(tmp_path: Path) -> None:
    for options, scale in ((QSCALE, 2), ({**QSCALE, "flags": "+qscale+qpel"}, 4)):
        video = CompressedVideo(encode(tmp_path / "v.mp4", SMALL, options=options))
        vectors = np.concatenate([picture.vectors for picture in GroupDecoder(video.path, video.index).pictures(0)])
        assert set(vectors["motion_scale"]) == {scale}
        fractions = vectors["motion"][vectors["motion"] % scale != 0]
        assert (fractions > 0).any() and (fractions < 0).any()
        assert np.array_equal(vectors["src"], vectors["dst"] + np.trunc(vectors["motion"] / scale))


def test_pictures_without_any_vector_count_as_not_moved(tmp_path: Path) -> None:
    noise = [np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8) for seed in range(5)]
    path = encode(tmp_path / "v.mp4", noise)
    video = CompressedVideo(path)
    assert any(not len(picture.vectors) for picture in list(GroupDecoder(path, video.index).pictures(0))[1:])
    frames = list(video.frames())
    for frame, (_, slow) in zip(frames, slow_read(path), strict=True):
        assert np.array_equal(frame.motion, slow.motion) and np.array_equal(frame.residual, slow.residual)


def test_a_decoder_that_would_wait_for_b_frames_gives_each_picture_its_vectors(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.avi", SMALL, options={**QSCALE, "bf": "1"}, kind=PictureType.P)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.has_b_frames
    *_, last = GroupDecoder(path, CompressedVideo(path).index).pictures(1)
    assert len(last.vectors) > 10


def test_h264_that_could_have_b_frames(tmp_path: Path) -> None:
    """Only in its header: then the decoder keeps every picture back, and the last one until the end of the file."""
    path = encode(tmp_path / "v.h264", SMALL, "libx264", h264(bframes=1), kind=PictureType.P)
    data = path.read_bytes()
    header = data[data.index(b"\0\0\1\x67") :][:16]
    for bit in range(32, 128):  # one of them is the last of the number of reference frames, 2
        one_less = (int.from_bytes(header) ^ 1 << (127 - bit)).to_bytes(16)
        path.write_bytes(data.replace(header, one_less))
        try:
            video = CompressedVideo(path)
        except UserError:
            continue
        with av.open(str(path)) as container:
            if container.streams.video[0].codec_context.has_b_frames:
                break
    for frame, (_, slow) in zip(video.frames(), slow_read(path, idr_only=True), strict=True):
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(frame, slow, strict=True))
    *_, last = GroupDecoder(path, video.index).pictures(1)
    assert len(last.vectors) > 10


def test_things_that_move_right_and_down_move_positively(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coarse = [rng.integers(0, 256, size, dtype=np.uint8) for size in ((12, 16, 3), (8, 8, 3))]
    background, thing = cv2.resize(coarse[0], (128, 96)), cv2.resize(coarse[1], (40, 40))
    frames = [background.copy() for _ in range(8)]
    for number, frame in enumerate(frames):
        frame[30 + number : 70 + number, 20 + 3 * number : 60 + 3 * number] = thing
    motion = CompressedVideo(encode(tmp_path / "v.mp4", frames)).motion(0, 7)
    assert np.median(motion[47:67, 51:71], axis=(0, 1)).tolist() == [21, 7]
    assert not motion[:16].any()


@pytest.mark.parametrize("container", ["mp4", "m4v", "mpegts"])
def test_anywhere_in_a_long_file_is_what_reading_through_gives(container: str, tmp_path: Path) -> None:
    path = encode(tmp_path / "v", moving_content(150, 64, 48), container=container)
    through = list(CompressedVideo(path).frames())
    video = CompressedVideo(path)
    order = [*np.random.default_rng(0).permutation(len(through))[:60].tolist(), 149, 148, 149, 0]
    for number in order:
        gop, position = video.frame_position(number)
        for name, found in (("motion", video.motion), ("residual", video.residual)):
            assert np.array_equal(found(gop, position), getattr(through[number], name))
        assert np.array_equal(video.iframe(gop), through[number].iframe)


def test_raw_and_accumulated_may_be_mixed(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mp4", SMALL)
    expected = {kind: [frame for _, frame in slow_read(path, accumulated=kind)] for kind in (True, False)}
    video = CompressedVideo(path)
    for position, accumulated in ((3, True), (4, False), (6, False), (7, True), (7, False), (2, True), (5, True)):
        assert np.array_equal(video.motion(0, position, accumulated), expected[accumulated][position].motion)
        assert np.array_equal(video.residual(0, position, accumulated), expected[accumulated][position].residual)


def test_what_is_returned_belongs_to_the_caller(tmp_path: Path) -> None:
    video = CompressedVideo(encode(tmp_path / "v.mp4", SMALL))
    before = video.read(0, 5)
    kept = [array.copy() for array in before]
    for array in (*before, video.iframe(0)):
        array[...] = 7
    assert all(np.array_equal(one, other) for one, other in zip(video.read(0, 5), kept, strict=True))


def test_a_pickled_reader_takes_its_index_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "v.mp4", SMALL)
    video = CompressedVideo(path)
    expected = video.read(1, 3)
    data = pickle.dumps(video)
    with monkeypatch.context() as patch:
        patch.setattr("longvideo.video.compressed.video.build_group_index", None)
        again = pickle.loads(data)
        assert all(np.array_equal(one, other) for one, other in zip(again.read(1, 3), expected, strict=True))
    encode(path, SMALL[:15])
    assert pickle.loads(data).frame_count == 15


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_a_forked_process_and_its_parent_do_not_disturb_each_other(container: str, tmp_path: Path) -> None:
    noise = [np.random.default_rng(seed).integers(0, 256, (96, 128, 3), dtype=np.uint8) for seed in range(8)]
    path = encode(tmp_path / "v", noise * 15, container=container)
    expected = [frame.residual for frame in CompressedVideo(path).frames()]
    video = CompressedVideo(path)
    video.residual(5, 1)
    gc.collect()  # in the child, decoders that other tests left behind would wait for threads that it does not have
    child = os.fork()
    if child == 0:
        gc.disable()
    same = all(np.array_equal(video.residual(5, position), expected[60 + position]) for position in range(2, 12))
    if child == 0:
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0 and same


def test_a_raw_stream_may_say_where_it_ends(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.m4v", SMALL)
    before = CompressedVideo(path).read(1, 9)
    path.write_bytes(path.read_bytes() + b"\0\0\1\xb1")
    video = CompressedVideo(path)
    assert video.gops.tolist() == [12, 10]
    assert all(np.array_equal(one, other) for one, other in zip(video.read(1, 9), before, strict=True))


def test_places_that_do_not_exist(tmp_path: Path) -> None:
    video = CompressedVideo(encode(tmp_path / "v.mp4", SMALL))
    assert video.gops.tolist() == [12, 10]
    for gop, position, message in (
        (0, 12, "expected a position of 0 to 11 in GOP 0, found 12"),
        (1, 10, "expected a position of 0 to 9 in GOP 1, found 10"),
        (1, -1, "expected a position of 0 to 9 in GOP 1, found -1"),
        (2, 0, "expected a GOP of 0 to 1, found 2"),
    ):
        for read in (video.read, video.motion, video.residual):
            with pytest.raises(UserError, match=message):
                read(gop, position)
    with pytest.raises(UserError, match="expected frame numbers 0 to 21, found 22"):
        video.frame_position(22)


def test_a_real_clip_at_the_size_of_the_document(tmp_path: Path) -> None:
    folder = os.environ.get("LONGVIDEO_CLIPS")
    if not folder:
        pytest.skip("LONGVIDEO_CLIPS names no folder of real clips")
    with av.open(str(Path(folder) / "bikes_scene_cuts.mp4")) as container:
        container.streams.video[0].thread_count = 1
        pictures = [next(container.decode(video=0)).reformat(340, 256, "rgb24").to_ndarray() for _ in range(34)]
    path = encode(tmp_path / "v.mp4", pictures[22:])  # with a hard cut in the group
    for accumulated in (True, False):
        found = CompressedVideo(path).frames(accumulated)
        for frame, (_, slow) in zip(found, slow_read(path, accumulated=accumulated), strict=True):
            for ours, theirs in zip(frame, slow, strict=True):
                assert np.array_equal(ours, theirs)
