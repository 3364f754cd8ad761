"""Where computations run, and what makes them repeatable."""

import contextlib
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch


def prepare(threads: int) -> torch.device:
    """Choose the device, bound the threads and ask for deterministic algorithms; call it first in a step."""
    torch.set_num_threads(threads)
    # As torch.use_deterministic_algorithms does it, which also imports torch's compiler, for two seconds.
    torch.set_deterministic_debug_mode("warn" if torch.cuda.is_available() else "error")
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def describe(device: torch.device) -> str:
    """Name the device as results quote it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"


def processor() -> str:
    """Return the name of the processor, "unknown processor" where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(filter(None, named), "unknown processor")


def precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context of a forward pass: bfloat16 where it is safe on a GPU, float32 on a CPU."""
    if device.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext()


def seed_draws(seed: int, device: torch.device) -> None:
    """Seed what is drawn on a device; without a GPU, torch.manual_seed keeps a stack trace of each call."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def derived_seed(*parts: int) -> int:
    """Mix numbers such as seed and step into one seed."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
