"""Score what the test split shows; labels are no input."""

import argparse
from pathlib import Path

import torch

from longvideo.arguments import read_experiment
from longvideo.errors import UserError, run_main
from longvideo.files.predictions import Predictions, write_predictions
from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.experiments import Experiment
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.actions.predict import predict as predict_actions
from longvideo.tasks.clips.predict import predict as predict_clips
from longvideo.tasks.inputs import InputFiles, add_inputs, read_inputs
from longvideo.tasks.recognition.predict import predict as predict_recognition
from longvideo.training.device import prepare


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    for flag in ("--checkpoint", "--out"):
        parser.add_argument(flag, type=Path, required=True)
    add_inputs(parser)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    device = prepare(args.threads)
    write_predictions(args.out, predicted(read_experiment(args.spec), read_inputs(args), args.checkpoint, device))


def predicted(spec: Experiment, files: InputFiles, checkpoint: Path, device: torch.device) -> Predictions:
    """Predict with any kind of experiment."""
    if isinstance(spec, ActionSpec):
        return predict_actions(spec, files, checkpoint, device)
    if isinstance(spec, RecognitionSpec):
        return predict_recognition(spec, files, checkpoint, device)
    if isinstance(spec, ClipsSpec):
        return predict_clips(spec, files, checkpoint, device)
    raise UserError(f"expected an experiment with a model, found {spec.id}, which fuses others")


if __name__ == "__main__":
    run_main(main)
