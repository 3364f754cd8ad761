"""Compare predictions with the labels of the test split; or measure speed, for which there are none."""

import argparse
from importlib.metadata import version
from pathlib import Path

from longvideo.arguments import read_experiment
from longvideo.errors import run_main
from longvideo.files.metrics import RunMetrics, write_metrics
from longvideo.files.provenance import commit, fingerprint
from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.experiments import Experiment
from longvideo.specs.speed import SpeedSpec
from longvideo.tasks.actions.evaluate import evaluate as evaluate_actions
from longvideo.tasks.clips.evaluate import evaluate as evaluate_clips
from longvideo.tasks.inputs import InputFiles, add_inputs, read_inputs
from longvideo.tasks.recognition.evaluate import evaluate as evaluate_recognition
from longvideo.tasks.scores import Scores

SOFTWARE = ("torch", "torchvision", "av", "numpy")


def evaluated(spec: Experiment, files: InputFiles, seed: int, threads: int) -> Scores:
    """Score any kind of experiment."""
    if isinstance(spec, SpeedSpec):
        # Torch takes seconds to import, and comparing with labels does not need it.
        from longvideo.tasks.speed.evaluate import evaluate as measure_speed

        return measure_speed(spec, seed, threads)
    if isinstance(spec, ClipsSpec):
        return evaluate_clips(spec, files)
    return evaluate_actions(files) if isinstance(spec, ActionSpec) else evaluate_recognition(spec, files)


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--seed", type=int, required=True)
    for flag in ("--scale", "--data", "--split"):
        parser.add_argument(flag, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    add_inputs(parser)
    args = parser.parse_args()
    spec = read_experiment(args.spec)
    scores = evaluated(spec, read_inputs(args), args.seed, args.threads)
    write_metrics(
        args.out,
        RunMetrics(
            experiment=spec.name,
            variant=spec.variant,
            seed=args.seed,
            scale=args.scale,
            dataset=args.data,
            split=args.split,
            protocol=scores.protocol,
            metrics=scores.metrics,
            counts=scores.counts,
            commit=commit(),
            device=scores.device,
            spec_hash=fingerprint(args.spec),
            software={name: version(name) for name in SOFTWARE},
        ),
    )


if __name__ == "__main__":
    run_main(main)
