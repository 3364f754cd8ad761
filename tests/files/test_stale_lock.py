"""A lock that a killed Snakemake left is removed, a living one's is not."""

import os
import subprocess
import sys
from pathlib import Path

from longvideo.files.stale_lock import release_stale_lock

HOLD = """
import sys, time
from pathlib import Path
from longvideo.files.stale_lock import release_stale_lock
held = release_stale_lock(Path(sys.argv[1]))
(Path(sys.argv[1]) / "locks").mkdir(exist_ok=True)
(Path(sys.argv[1]) / "locks" / "0.input.lock").write_text("a")
print("ready", flush=True)
time.sleep(60)
"""


def test_only_a_dead_owners_lock_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "0.input.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        release_stale_lock(tmp_path).close()
        assert lock.exists()
        owner.kill()
    release_stale_lock(tmp_path).close()
    assert not lock.exists()
