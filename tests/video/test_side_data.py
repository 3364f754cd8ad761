"""Pictures leave memory when they are done with, and not when the garbage collector comes round."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_videos import encoded, turned

from longvideo.video.compressed.decoder import GroupDecoder
from longvideo.video.compressed.index import build_group_index
from longvideo.video.pixels import Converter
from longvideo.video.source import Source

COUNT, FEW = 40, 8


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_pictures_whose_rotation_was_looked_up(tmp_path: Path, no_collector: None) -> None:
    for path in (encoded(tmp_path / "v.mp4", "mpeg4", COUNT), turned(tmp_path / "t.mp4", (0, 1, -1, 0))):
        converter, buffers, count = Converter(), set(), 0
        with Source(path) as source:
            for picture in source.frames():
                converter.rgb(picture)
                buffers.add(picture.planes[0].buffer_ptr)
                count += 1
        assert len(buffers) < FEW < count


def test_pictures_whose_vectors_were_read(tmp_path: Path, no_collector: None) -> None:
    path = encoded(tmp_path / "v.mp4", "mpeg4", COUNT, {"g": str(COUNT)})
    pictures = GroupDecoder(path, build_group_index(path)).pictures(0)
    kept = [(picture.vectors, picture.frame.planes[0].buffer_ptr) for picture in pictures]
    assert len({buffer for _, buffer in kept}) < FEW < len(kept)
    assert any(len(vectors) for vectors, _ in kept)
