"""What is measured is what is said to be; how long it takes is no matter of a test."""

from collections import Counter

import pytest
import torch
from torch import nn

from longvideo.specs.speed import SpeedSpec
from longvideo.tasks.speed import networks, preprocess
from longvideo.tasks.speed.clock import Clock
from longvideo.tasks.speed.evaluate import evaluate
from longvideo.tasks.speed.film import write_film
from longvideo.tasks.speed.networks import Network, time_networks
from longvideo.tasks.speed.preprocess import time_compressed

CPU = torch.device("cpu")


class Ticks:
    """A clock whose work takes one ms per call of what it counts."""

    def __init__(self, calls):
        self.calls = calls

    def milliseconds(self, work, frames):
        before = self.calls.total()
        work()
        return (self.calls.total() - before) / frames


class Counted(nn.Module):
    def __init__(self, name, calls):
        super().__init__()
        self.name, self.calls = name, calls

    def frame_logits(self, frames):
        self.calls[self.name] += 1
        return frames


def test_the_clock_takes_the_median_after_the_warm_up(monkeypatch):
    times = iter([0.0, 1.0, 2.0, 12.0, 20.0, 22.0])
    monkeypatch.setattr("longvideo.tasks.speed.clock.time.perf_counter", lambda: next(times))
    done = []
    assert Clock(warmup=2, repeats=3).milliseconds(lambda: done.append(1), frames=4) == 500
    assert len(done) == 5


def test_a_round_of_coviar_is_the_formula_of_the_thesis():
    calls = Counter()
    rounds = {"iframe": 1, "motion": 11, "residual": 11}
    made = [Network(name, Counted(name, calls), torch.zeros(1, 1), count) for name, count in rounds.items()]
    found = time_networks(made, 12, Ticks(calls), CPU)
    assert found.each == {"iframe": 1, "motion": 1, "residual": 1}
    assert found.sequential == pytest.approx((1 + 11 * (1 + 1)) / 12)
    assert found.concurrent == pytest.approx((1 + 11 * (1 + 1)) / 12)
    assert calls == {"iframe": 2, "motion": 12, "residual": 12}


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("film"), (64, 48), 30, 12, 12, seed=0)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_frame_is_read_once_whatever_the_threads(film, monkeypatch, threads):
    seen = Counter()
    read = preprocess.CompressedVideo.read

    def counting(video, group, position):
        seen[group, position] += 1
        return read(video, group, position)

    monkeypatch.setattr(preprocess.CompressedVideo, "read", counting)
    time_compressed(film, Clock(warmup=0, repeats=1), threads)
    assert seen == Counter((frame // 12, frame % 12) for frame in range(30))


def test_the_seed_chooses_the_film(tmp_path, film):
    again, other = (write_film(tmp_path, (64, 48), 30, 12, 12, seed).read_bytes() for seed in (0, 1))
    assert again == film.read_bytes() != other


@pytest.mark.parametrize("system", ["compressed", "flow"])
def test_a_measurement_names_all_that_it_measured(system, monkeypatch):
    monkeypatch.setattr(networks, "build_stream", lambda *_: Counted("any", Counter()))
    spec = SpeedSpec.model_validate_json(
        '{"name": "speed", "variant": "a", "dataset": "ucf101", "task": "speed", "crop": 8, "classes": 3, "batch": 2,'
        ' "film": {"width": 64, "height": 48, "frames": 14, "fps": 12, "gop": 12}, "flow_pairs": 1, "per": 12,'
        ' "networks": [{"stream": "iframe", "architecture": "any", "frames": 1}], "warmup": 1, "repeats": 1,'
        f' "threads": 2, "preprocess": "{system}"}}'
    )
    scores = evaluate(spec, 0, 2)
    sizes = {"compressed": {"compressed_bytes"}, "flow": {"rgb_bytes", "flow_bytes"}}[system]
    times = {"preprocess_ms", "preprocess_threads_ms", "cnn_sequential_ms", "cnn_concurrent_ms", "network.iframe_ms"}
    assert scores.metrics.keys() == sizes | times
    assert all(metric.value > 0 for metric in scores.metrics.values())
    assert {scores.metrics[name].unit for name in times} == {"ms"}
    assert "2 threads" in scores.device
    assert "median of 1 after 1" in scores.protocol
