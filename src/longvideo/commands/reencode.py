"""Re-encode a video to MPEG-4 part 2, so that `longvideo motion` and the compressed models can read it."""

import argparse
from pathlib import Path

from longvideo.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("--out", type=Path, required=True, metavar="F.mp4", help="the file to write")
    parser.add_argument("--width", type=int, metavar="PIXELS", help="the picture is stretched to it (340)")
    parser.add_argument("--height", type=int, metavar="PIXELS", help="the picture is stretched to it (256)")
    parser.add_argument(
        "--short-side", type=int, metavar="PIXELS", help="instead: shrink to this and keep the picture's shape"
    )
    parser.add_argument("--gop", type=int, default=12, metavar="FRAMES", help="an I-frame every so many frames (12)")


def run(args: argparse.Namespace) -> int:
    """Write the file and say what it holds."""
    from longvideo.video.compressed.reencode import HEIGHT, WIDTH, reencode_mpeg4, scaled_size

    if args.short_side is not None and (args.width is not None or args.height is not None):
        raise UserError("expected --short-side, or --width and --height, found both")
    if args.out.resolve() == args.video.resolve():
        raise UserError(f"{args.out}: expected another file to write than the one to read")
    width = WIDTH if args.width is None else args.width
    height = HEIGHT if args.height is None else args.height
    if args.short_side is not None:
        width, height = scaled_size(args.video, args.short_side)
    made = reencode_mpeg4(args.video, args.out, width, height, args.gop)
    print(f"{args.out}: {made.frames} frames of {made.width}x{made.height}, {made.fps:g} per second")
    return 0
