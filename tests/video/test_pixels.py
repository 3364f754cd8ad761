"""Decoded pictures to RGB: every column is there, whatever the width."""

import av
import numpy as np
import pytest

from longvideo.video.pixels import Converter


@pytest.mark.parametrize("width", [*range(322, 354, 2), 170, 426])
def test_the_columns_do_not_depend_on_the_width(width: int) -> None:
    """At some widths, 340 among them, a scaler that writes whole groups of pixels leaves the last ones out."""
    rng = np.random.default_rng(0)
    luma, *chroma = (rng.integers(0, 256, (32 // part, 512 // part), np.uint8) for part in (1, 2, 2))
    rgb = {}
    for columns in (512, width):
        planes = [luma[:, :columns], *(plane[:, : columns // 2] for plane in chroma)]
        data = np.concatenate([plane.reshape(-1) for plane in planes]).reshape(48, columns)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(data), format="yuv420p")
        rgb[columns] = Converter().coded(picture)
        assert np.array_equal(rgb[columns], picture.to_ndarray(format="bgr24")[..., ::-1])
    assert np.array_equal(rgb[512][:, :width], rgb[width])
