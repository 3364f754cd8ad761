"""Find people and their actions in a video of your own.

Writes the video with boxes and actions drawn on it, and the scores of every class for every box as Parquet. Below 240
pixels a video is enlarged by a whole factor, so that the text can be read.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from longvideo.commands._runs import Run, add_run_arguments, chosen_run
from longvideo.errors import UserError
from longvideo.graph import Workspace
from longvideo.specs.actions import ActionSpec
from longvideo.specs.decode import DecodeSpec
from longvideo.specs.load import DEFAULT_SCALE, load_scale, variants

if TYPE_CHECKING:
    from longvideo.commands._own_video import Found
    from longvideo.files.manifest import Video

VIDEO = ".mp4"
INTERRUPTED = 130


class Outputs(NamedTuple):
    """The two files that are written."""

    video: Path
    table: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("experiment", metavar="EXPERIMENT", help="such as ava_lfb/nl; ava_lfb is its first variant")
    parser.add_argument("video", type=Path, metavar="VIDEO", help="any video file that FFmpeg reads")
    parser.add_argument(
        "--out", type=Path, required=True, help="NAME.mp4, to write NAME.parquet beside it, or a folder"
    )
    add_run_arguments(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which of the trained models (%(default)s)")
    parser.add_argument(
        "--min-score", type=float, default=0.5, metavar="P", help="actions shown besides each box's best (%(default)s)"
    )
    parser.add_argument("--top", type=int, default=3, metavar="N", help="most actions shown at a box (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Write both files, whole or not at all, and print their paths.

    Raises:
        UserError: An argument is wrong, a model is not made yet, or the video cannot be read.
    """
    try:
        with _ended_in_order():
            _run(args)
    except KeyboardInterrupt:
        print("longvideo: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _run(args: argparse.Namespace) -> None:
    if not (0 <= args.min_score <= 1 and args.top >= 1):
        raise UserError(f"expected --min-score from 0 to 1 and --top from 1, found {args.min_score:g} and {args.top}")
    chosen = chosen_run(args)
    workspace = Workspace(load_scale(chosen.scale), chosen.dataset)
    experiment = args.experiment if "/" in args.experiment else variants(args.experiment)[0]
    spec = workspace.experiment(experiment)
    if not isinstance(spec, ActionSpec):
        raise UserError(f"expected an experiment on the actions of people, found {experiment}")
    if args.seed not in workspace.scale.seeds:
        raise UserError(f"--seed: expected one of {', '.join(map(str, workspace.scale.seeds))}, found {args.seed}")
    data, files = workspace.data(spec, args.seed), workspace.files
    checkpoint, detector = Path(files.checkpoint(experiment, args.seed)), Path(files.detector(data))
    memory = [Path(files.checkpoint(spec.bank.experiment, args.seed))] if spec.bank else []
    _expect_made([checkpoint, *memory, detector], chosen)
    with _writing(args.out):
        outputs = _outputs(args.out, args.video)
    with _writing("the folder for temporary files"), tempfile.TemporaryDirectory(prefix="longvideo-") as folder:
        video = _decoded(args.video, Path(folder), workspace.scale.decode)
        # Here, because importing torch takes seconds that neither other commands nor a damaged video need to wait for.
        from longvideo.commands._own_video import find_actions, load_models

        models = load_models(files, detector, checkpoint, args.seed)
        label_map = Path(files.raw(data, workspace.files_of(experiment).test_split(args.seed))["label_map"])
        found = find_actions(models, video, label_map)
    _write(args.video, outputs, found, args.min_score, args.top)


def _decoded(source: Path, folder: Path, spec: DecodeSpec) -> "Video":
    """Re-encode the video as the models expect it."""
    from longvideo.files.manifest import Video
    from longvideo.video.resample import transcode

    target = folder / f"decoded{VIDEO}"
    facts = transcode(source, target, spec.fps, spec.short_side, spec.gop, spec.crf)
    name = source.stem.encode(errors="replace").decode()
    return Video(name, target, facts.frames, facts.fps, facts.width, facts.height, 0.0, "", facts.shots)


def _write(source: Path, outputs: Outputs, found: "Found", min_score: float, top: int) -> None:
    """Write both files, print their paths, and say what the numbers cannot."""
    from longvideo.files.atomic import write_aside
    from longvideo.files.predictions import write_predictions
    from longvideo.video.annotate import Scene, annotate, captions

    people, seconds = found.predictions, found.seconds
    names = people.names or tuple(f"action {action}" for action in people.classes)
    lines = captions(people.scores, names, min_score, top)
    rows = [(people.time_s == second).nonzero()[0] for second in seconds]
    scenes = [Scene(people.boxes[here], [lines[row] for row in here]) for here in rows]
    with _writing(outputs.video), _folder(outputs.video.parent), write_aside(outputs.table) as aside:
        write_predictions(aside, people)
        annotate(source, outputs.video, seconds, scenes)
    for path in outputs:
        print(path)
    notes = [] if lines else [f"no person found in {len(seconds)} s, so no box is drawn"]
    if found.out_of_sight:
        where = "outside of the middle square, which is all that the model sees of a frame: their scores mean little"
        notes.append(f"{found.out_of_sight} of {len(lines)} boxes lie {where}")
    for note in notes:
        print(f"longvideo: {source}: {note}", file=sys.stderr)


def _expect_made(paths: Sequence[Path], chosen: Run) -> None:
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        changed = [] if chosen.scale == DEFAULT_SCALE else [f"scale={chosen.scale}"]
        changed += [] if chosen.dataset is None else [f"dataset={chosen.dataset}"]
        options = f" --config {' '.join(changed)}" if changed else ""
        command = f"snakemake -c2 {' '.join(missing)}{options}"
        raise UserError(f"{missing[0]}: expected a trained model, found none; make it with `{command}`")


def _outputs(out: Path, video: Path) -> Outputs:
    """Return the files to write; UserError if they cannot be written, before hours are spent."""
    target = out if out.suffix.lower() == VIDEO else out / f"{video.stem}{VIDEO}"
    outputs = Outputs(target, target.with_suffix(".parquet"))
    there = next(folder for folder in (target.parent, *target.parent.parents) if folder.exists())
    if not there.is_dir():
        raise UserError(f"--out {out}: expected a name ending in {VIDEO} or a folder, found the file {there}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"--out {out}: expected a place to write to, found no permission for {there}")
    for path in outputs:
        if path.is_dir():
            raise UserError(f"--out {out}: expected to write the file {path}, found a folder of that name")
        if path.exists() and video.exists() and path.samefile(video):
            raise UserError(f"--out {out}: expected another file than VIDEO itself, found {path}")
    return outputs


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Create a folder; if the block fails, take it away again, and those above it that were missing."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def _writing(place: Path | str) -> Iterator[None]:
    """Say in one line that writing failed: a full disk and the like."""
    try:
        yield
    except OSError as error:  # also what FFmpeg raises then; what is wrong with a video is a UserError already
        raise UserError(f"{place}: expected to write there, found: {error.strerror or error}") from error


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that whatever was written aside is removed."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
