"""Measuring the speed of a system: pre-processing and networks, in ms per frame of video."""

import tempfile
from pathlib import Path

import torch

from longvideo.files.metrics import Metric, measured
from longvideo.specs.speed import SpeedSpec
from longvideo.tasks.scores import Scores
from longvideo.tasks.speed.clock import Clock
from longvideo.tasks.speed.film import write_film
from longvideo.tasks.speed.networks import build_network, time_networks
from longvideo.tasks.speed.preprocess import time_compressed, time_flow
from longvideo.training.device import describe, prepare, processor


def evaluate(spec: SpeedSpec, seed: int, threads: int) -> Scores:
    """Measure a system on this machine; the seed draws the film and the weights.

    Raises:
        UserError: A network is not known, or a library that it needs is missing.
    """
    device = prepare(1)
    torch.manual_seed(seed)
    clock = Clock(spec.warmup, spec.repeats)
    film = spec.film
    values: dict[str, Metric] = {}
    with tempfile.TemporaryDirectory() as folder:
        frames = film.frames if spec.preprocess == "compressed" else spec.flow_pairs + 1
        path = write_film(Path(folder), (film.width, film.height), frames, film.fps, film.gop, seed)
        for name, count in (("preprocess_ms", 1), ("preprocess_threads_ms", threads)):
            if spec.preprocess == "flow":
                taken = time_flow(path, spec.flow_pairs, clock, count)
            else:
                taken = time_compressed(path, clock, count)
            values[name] = measured(taken, "ms")
        values |= input_sizes(spec, path.stat().st_size)
    sizes = (spec.batch, spec.crop, spec.classes, device)
    networks = [build_network(part.stream, part.architecture, part.frames, *sizes) for part in spec.networks]
    times = time_networks(networks, spec.per, clock, device)
    values["cnn_sequential_ms"] = measured(times.sequential, "ms")
    values["cnn_concurrent_ms"] = measured(times.concurrent, "ms")
    values |= {f"network.{stream}_ms": measured(taken, "ms") for stream, taken in times.each.items()}
    counts = {"frames": film.frames, "flow_pairs": spec.flow_pairs, "batch": spec.batch, "threads": threads}
    return Scores(values, counts | {"repeats": spec.repeats}, protocol(spec), where(device, threads))


def protocol(spec: SpeedSpec) -> str:
    """Say in words what is measured."""
    film = spec.film
    done = f"TV-L1 of {spec.flow_pairs} pairs of frames" if spec.preprocess == "flow" else f"{film.frames} frames"
    forwards = ", ".join(f"{part.architecture} {part.frames}" for part in spec.networks)
    return (
        f"ms per frame, median of {spec.repeats} after {spec.warmup}; "
        f"pre-processing: {done} of {film.width}x{film.height}; networks: {spec.batch} x ({forwards}) frames of "
        f"{spec.crop}x{spec.crop} per {spec.per}, on a CPU in a thread each"
    )


def input_sizes(spec: SpeedSpec, film_bytes: int) -> dict[str, Metric]:
    """Return what is read per frame, in bytes: of the compressed file, or of decoded pictures and of flow at 8 bits."""
    pixels = spec.film.width * spec.film.height
    if spec.preprocess == "compressed":
        return {"compressed_bytes": measured(film_bytes / spec.film.frames, "bytes")}
    return {"rgb_bytes": measured(3 * pixels, "bytes"), "flow_bytes": measured(2 * pixels, "bytes")}


def where(device: torch.device, threads: int) -> str:
    """Name the processor, and the GPU that the networks ran on if they did."""
    found = f"{processor()}, {threads} threads"
    return f"{describe(device)}; pre-processing: {found}" if device.type == "cuda" else found
