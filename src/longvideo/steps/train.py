"""Train a model; killed and started again, it goes on and ends in the same bytes.

Several processes, started alike by torchrun or SLURM, share each batch: losses and weights are those of one process.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from longvideo.arguments import read_experiment
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_text
from longvideo.files.checkpoint import save_checkpoint
from longvideo.files.provenance import commit
from longvideo.files.times import TrainingTimes, write_times
from longvideo.specs.actions import ActionSpec
from longvideo.specs.clips import ClipsSpec
from longvideo.specs.experiments import Experiment
from longvideo.specs.recognition import RecognitionSpec
from longvideo.tasks.actions.train import prepare_training as prepare_actions
from longvideo.tasks.clips.train import prepare_training as prepare_clips
from longvideo.tasks.inputs import InputFiles, add_inputs, read_inputs
from longvideo.tasks.recognition.train import prepare_training as prepare_recognition
from longvideo.tasks.training import Training
from longvideo.training.device import describe, prepare, processor
from longvideo.training.distributed import TIMEOUT_S, joined
from longvideo.training.loading import batches_from
from longvideo.training.loop import fit
from longvideo.training.optimizer import build_optimizer
from longvideo.training.processes import Processes
from longvideo.training.resume import Progress, file_facts, ignore_notice
from longvideo.training.stopwatch import Stopwatch

SAVE_EVERY_S = 20.0


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--seed", type=int, required=True)
    for flag in ("--out", "--log", "--resume-dir"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--out-times", type=Path, help="where to write how long the updates took")
    add_inputs(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every-s", type=float, default=SAVE_EVERY_S, help="seconds between two resume states")
    parser.add_argument(
        "--peer-timeout-s", type=float, default=TIMEOUT_S, help="seconds that several processes wait for each other"
    )
    args = parser.parse_args()
    ignore_notice()
    with joined(prepare(args.threads), args.peer_timeout_s) as processes:
        files = read_inputs(args)
        train(args, prepared(read_experiment(args.spec), files, args.seed, processes), files, processes)


def prepared(spec: Experiment, files: InputFiles, seed: int, processes: Processes) -> Training:
    """Prepare the training of any kind of experiment."""
    if isinstance(spec, ActionSpec):
        return prepare_actions(spec, files, seed, processes)
    if isinstance(spec, RecognitionSpec):
        return prepare_recognition(spec, files, seed, processes)
    if isinstance(spec, ClipsSpec):
        return prepare_clips(spec, files, seed, processes)
    raise UserError(f"expected an experiment that is trained, found {spec.id}, which fuses others")


def train(args: argparse.Namespace, training: Training, files: InputFiles, processes: Processes) -> None:
    """Train, alone or as one of several processes, of which the first writes everything."""
    device, optim, steps = processes.device, training.optim, training.schedule.steps
    processes.agree([args.spec, args.seed, torch.__version__, training.examples], "spec, seed, torch and examples")
    identity = json.dumps([args.spec, args.seed, file_facts(files.all()), torch.__version__])
    progress = Progress(args.resume_dir, identity)
    with progress.alone() if processes.first else nullcontext():
        model = training.build().to(device)
        workers = args.threads - 1 if device.type == "cuda" else 0

        def batches(start: int) -> Iterator[Any]:
            return batches_from(training.batches, start, steps, workers, device)

        losses_of = processes.spread(model, training.losses, training.unused)
        optimizer = build_optimizer(
            model, optim.optimizer, optim.lr, optim.weight_decay, optim.momentum, training.epsilon, training.rate_factor
        )
        if (updated := training.updated) is not None:
            optimizer.register_step_post_hook(lambda *_: updated(model))
        watch, run = Stopwatch(), (args.seed, progress, args.save_every_s, processes)
        records = fit(model, batches, losses_of, optimizer, training.schedule, *run, watch)
        if (ending := training.ending) is not None:
            read = batches_from(ending.batches, 0, len(ending.batches), workers, device)
            ending.run(model, watch.timing_each(read))
        if not processes.first:
            return
        header = {"kind": training.kind, "spec": json.loads(args.spec), "seed": args.seed, "step": steps,
                  "classes": list(training.classes), "labels": list(training.names), "commit": commit()}  # fmt: skip
        write_text(args.log, "".join(json.dumps(record) + "\n" for record in records))
        if args.out_times is not None:
            write_times(args.out_times, times_of(watch, steps, processes))
        save_checkpoint(args.out, model.state_dict(), header)
        progress.clear()


def times_of(watch: Stopwatch, steps: int, processes: Processes) -> TrainingTimes:
    """Return what the updates took, and where."""
    device, gpu = processes.device, processes.device.type == "cuda"
    where = describe(device) if gpu else f"{describe(device)} ({processor()})"
    return TrainingTimes(**watch.seconds, steps=steps, processes=processes.world, gpu=gpu, device=where)


if __name__ == "__main__":
    run_main(main)
