"""Time and peak memory of `longvideo score ava` on a case of AVA's size: 64 videos, 897 frames each, 20 actions.

    python benchmarks/score_ava.py [--rows 2650000] [--keep DIR]

Prints one line per protocol: seconds of the whole command with its start-up on one core, peak memory, mAP.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

VIDEOS, FIRST_SECOND, LAST_SECOND, ACTIONS = 64, 902, 1798, 20
PROTOCOLS = ("2018", "2019", "2020", "lfb")
LIMIT_S, LIMIT_BYTES = 15.0, 1.5 * 2**30


def write_case(folder: Path, rows: int) -> None:
    """Write a ground truth of about two people per frame and detections near and far from them."""
    rng = np.random.default_rng(0)
    frames = VIDEOS * (LAST_SECOND - FIRST_SECOND + 1)
    people = rng.integers(1, 4, frames)
    person_frame = np.repeat(np.arange(frames), people)
    low = rng.uniform(0, 0.6, (len(person_frame), 2))
    person_box = np.concatenate([low, low + rng.uniform(0.15, 0.4, low.shape)], 1)
    label_person = np.repeat(np.arange(len(person_frame)), rng.integers(1, 4, len(person_frame)))
    labels = rng.integers(1, ACTIONS + 1, len(label_person))

    boxes_seen = rows // ACTIONS + 1
    seen = np.sort(rng.integers(0, len(person_frame), boxes_seen))
    box = np.repeat((person_box[seen] + rng.normal(0, 0.03, (boxes_seen, 4))).clip(0, 1), ACTIONS, 0)[:rows]
    action = np.tile(np.arange(1, ACTIONS + 1), boxes_seen)[:rows]
    write_rows(folder / "det.csv", np.repeat(person_frame[seen], ACTIONS)[:rows], box, action, rng.random(rows), "%.6f")
    write_rows(folder / "gt.csv", person_frame[label_person], person_box[label_person], labels, label_person, "%d")
    entries = [f'item {{\n  name: "action {number}"\n  id: {number}\n}}\n' for number in range(1, ACTIONS + 1)]
    (folder / "labels.pbtxt").write_text("".join(entries))
    (folder / "excluded.csv").write_text("".join(f"video_{number:02d},0950\n" for number in range(0, VIDEOS, 4)))


def write_rows(path: Path, frame: np.ndarray, box: np.ndarray, action: np.ndarray, last: np.ndarray, form: str) -> None:
    """Write one row per box and action."""
    video, second = np.divmod(frame, LAST_SECOND - FIRST_SECOND + 1)
    with path.open("w") as file:
        for start in range(0, len(frame), 100_000):
            part = slice(start, start + 100_000)
            times = [video[part], second[part] + FIRST_SECOND]
            columns = np.column_stack([*times, box[part], action[part], last[part]])
            np.savetxt(file, columns, "video_%02d,%04d,%.3f,%.3f,%.3f,%.3f,%d," + form)


def measure(folder: Path, protocol: str) -> tuple[float, int, float]:
    """Run the command on one core; return seconds, peak bytes and the mAP."""
    command = [
        *(Path(sys.executable).with_name("longvideo"), "score", "ava", "--json", "--protocol", protocol),
        *("--ground-truth", folder / "gt.csv", "--detections", folder / "det.csv"),
        *("--label-map", folder / "labels.pbtxt", "--excluded", folder / "excluded.csv"),
    ]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=one_core)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"score failed with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024, json.loads(output)["map"]


def one_core() -> None:
    """Keep the child to one core, whatever the libraries would like to use."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Make the case, run every protocol on it and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_650_000)
    parser.add_argument("--keep", type=Path, help="where to leave the files")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_case(folder, args.rows)
        for protocol in PROTOCOLS:
            seconds, peak, value = measure(folder, protocol)
            verdict = "within" if seconds <= LIMIT_S and peak <= LIMIT_BYTES else "OVER"
            print(
                f"{protocol:>5}: {seconds:5.2f} s, {peak / 2**20:5.0f} MiB, mAP {100 * value:.3f} % ({verdict} limits)"
            )


if __name__ == "__main__":
    main()
