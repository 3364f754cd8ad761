"""Find the actions in a video of your own, with an experiment that has been trained.

Writes the video with the actions drawn on it, at each person or of the whole picture, and the scores of every class as
Parquet. Below 240 pixels a video is enlarged by a whole factor, so that the text can be read.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from longvideo.commands._outputs import VIDEO, Outputs, chosen_outputs, ended_in_order, new_folder, writing
from longvideo.commands._runs import Run, add_run_arguments, chosen_run
from longvideo.errors import UserError
from longvideo.graph import Workspace
from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.decode import AnyDecodeSpec, DecodeSpec
from longvideo.specs.load import DEFAULT_SCALE, load_scale, variants
from longvideo.specs.recognition import FusionSpec, RecognitionSpec

if TYPE_CHECKING:
    from longvideo.commands._own_video import Found

INTERRUPTED = 130


class Kind(NamedTuple):
    """A kind of experiment: the files of the models that it needs, and the module whose `find` uses them."""

    checkpoints: Callable[[Workspace, Any, int], list[str]]
    finder: str


def _of_people(workspace: Workspace, spec: ActionSpec, seed: int) -> list[str]:
    """List the model of the actions, the one that makes its bank, and last the detector."""
    experiments = [spec.id, *([spec.bank.experiment] if spec.bank else [])]
    detector = workspace.files.detector(workspace.data(spec, seed))
    return [*(workspace.files.checkpoint(name, seed) for name in experiments), detector]


def _of_videos(workspace: Workspace, spec: RecognitionSpec | FusionSpec | ClipsSpec, seed: int) -> list[str]:
    """List what is trained: the model, or the streams in the order of their weights."""
    return [workspace.files.checkpoint(name, seed) for name in workspace.files_of(spec.id).trained]


KINDS: dict[type, Kind] = {
    ActionSpec: Kind(_of_people, "longvideo.commands._own_people"),
    RecognitionSpec: Kind(_of_videos, "longvideo.commands._own_streams"),
    FusionSpec: Kind(_of_videos, "longvideo.commands._own_streams"),
    ClipsSpec: Kind(_of_videos, "longvideo.commands._own_clips"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    which = "such as ava_lfb/nl or coviar/ucf101_1; ava_lfb is its first variant"
    parser.add_argument("experiment", metavar="EXPERIMENT", help=which)
    parser.add_argument("video", type=Path, metavar="VIDEO", help="any video file that FFmpeg reads")
    parser.add_argument(
        "--out", type=Path, required=True, help="NAME.mp4, to write NAME.parquet beside it, or a folder"
    )
    add_run_arguments(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which of the trained models (%(default)s)")
    least = "actions shown besides the best (0.5; of a video that has one action: 0)"
    parser.add_argument("--min-score", type=float, metavar="P", help=least)
    most = "most actions shown at once (3 at a person, 5 of the whole picture)"
    parser.add_argument("--top", type=int, metavar="N", help=most)


def run(args: argparse.Namespace) -> int:
    """Write both files, whole or not at all, and print their paths and what was found.

    Raises:
        UserError: An argument is wrong, a model is not made yet, or the video cannot be read.
    """
    try:
        with ended_in_order():
            _run(args)
    except KeyboardInterrupt:
        print("longvideo: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _run(args: argparse.Namespace) -> None:
    _expect_limits(args.min_score, args.top)
    chosen = chosen_run(args)
    workspace = Workspace(load_scale(chosen.scale), chosen.dataset)
    spec = workspace.experiment(args.experiment if "/" in args.experiment else variants(args.experiment)[0])
    kind = KINDS.get(type(spec))
    if kind is None:
        raise UserError(f"expected an experiment on what videos show, found {spec.id}")
    if args.seed not in workspace.scale.seeds:
        raise UserError(f"--seed: expected one of {', '.join(map(str, workspace.scale.seeds))}, found {args.seed}")
    checkpoints = [Path(path) for path in kind.checkpoints(workspace, spec, args.seed)]
    _expect_made(checkpoints, chosen)
    with writing(args.out):
        outputs = chosen_outputs(args.out, args.video)
    with writing("the folder for temporary files"), tempfile.TemporaryDirectory(prefix="longvideo-") as folder:
        from longvideo.commands._own_video import Asked, decoded

        form = _whole(workspace.decode_spec(workspace.data(spec, args.seed)))
        video = decoded(args.video, Path(folder) / f"decoded{VIDEO}", form)
        asked = Asked(args.video, workspace, spec, args.seed, checkpoints, args.min_score, args.top)
        # Here, because importing torch takes seconds that neither other commands nor a damaged video need to wait for.
        found: Found = import_module(kind.finder).find(asked, video)
    _write(args.video, outputs, found)


def _whole(form: AnyDecodeSpec) -> AnyDecodeSpec:
    """Return the form of a data set's videos, for all of a video and not the part that is annotated there."""
    return form.model_copy(update={"trim": None}) if isinstance(form, DecodeSpec) else form


def _write(source: Path, outputs: Outputs, found: "Found") -> None:
    """Write both files, print their paths and what was found, and say what the numbers cannot."""
    from longvideo.files.atomic import write_aside
    from longvideo.files.predictions import write_predictions
    from longvideo.tables.render import clean
    from longvideo.video.annotate import annotate

    with writing(outputs.video), new_folder(outputs.video.parent), write_aside(outputs.table) as aside:
        write_predictions(aside, found.predictions)
        annotate(source, outputs.video, found.seconds, found.scenes)
    for line in (*outputs, *map(clean, found.lines)):
        print(line)
    for note in found.notes:
        print(f"longvideo: {source}: {note}", file=sys.stderr)


def _expect_limits(min_score: float | None, top: int | None) -> None:
    if not (min_score is None or 0 <= min_score <= 1):
        raise UserError(f"expected --min-score from 0 to 1, found {min_score:g}")
    if not (top is None or top >= 1):
        raise UserError(f"expected --top from 1, found {top}")


def _expect_made(paths: Sequence[Path], chosen: Run) -> None:
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        changed = [] if chosen.scale == DEFAULT_SCALE else [f"scale={chosen.scale}"]
        changed += [] if chosen.dataset is None else [f"dataset={chosen.dataset}"]
        options = f" --config {' '.join(changed)}" if changed else ""
        command = f"snakemake -c2 {' '.join(missing)}{options}"
        raise UserError(f"{missing[0]}: expected a trained model, found none; make it with `{command}`")
