"""Damaged files: an error or a result, never a crash, a hang, or a frame that FFmpeg made up."""

import re
import subprocess
import sys
from pathlib import Path

COUNT = 150


def test_damaged_videos_are_read_or_refused() -> None:
    folder = Path(__file__).parent
    paths = [str(folder), str(folder.parent)]
    code = f"import sys; sys.path[:0] = {paths}; import damaged_streams; damaged_streams.main(0, {COUNT})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, errors="replace")
    assert result.returncode == 0, f"{result.stdout[-200:]}\n{result.stderr[-2000:]}"
    outcomes = re.findall(r"^\d+ (error|read)", result.stdout, flags=re.M)
    assert "WRONG" not in result.stdout and len(outcomes) == COUNT
    assert outcomes.count("read") > 5
