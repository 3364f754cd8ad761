"""Write the I-frame, motion vectors and residual of one frame of a compressed video to an .npz file."""

import argparse
from pathlib import Path

import numpy as np

from longvideo.files.atomic import write_aside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("video", type=Path, metavar="VIDEO", help="MPEG-4 part 2 or H.264 without B-frames")
    parser.add_argument("--gop", type=int, required=True, metavar="G", help="number of the group of pictures, from 0")
    parser.add_argument(
        "--position", type=int, required=True, metavar="P", help="of the frame in its group; 0 is the I-frame"
    )
    parser.add_argument("--raw", action="store_true", help="refer to the frame before, not back to the I-frame")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F.npz",
        help="motion int16 HxWx2 (x, y), residual int16 HxWx3 (RGB), iframe uint8 HxWx3",
    )


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    from longvideo.video.compressed.video import CompressedVideo

    frame = CompressedVideo(args.video).read(args.gop, args.position, accumulated=not args.raw)
    with write_aside(args.out) as aside, aside.open("wb") as file:
        np.savez_compressed(file, motion=frame.motion, residual=frame.residual, iframe=frame.iframe)
    return 0
