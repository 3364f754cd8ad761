"""A remote on S3: a real server on this machine takes what is pushed, and gives it to a fresh clone."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

boto3 = pytest.importorskip("boto3", reason="needs the packages of the group dev: pip install --group dev")
for package in ("dvc_s3", "moto", "flask", "flask_cors"):
    pytest.importorskip(package, reason=f"needs {package}, of the group dev: pip install --group dev")

BUCKET = "bucket"
LOCAL = ".dvc/config.local"
CONTENT = b"weights " * 1000
STAGE = "stages: {train: {cmd: make, outs: [model.bin: {persist: true}]}}\n"
ENVIRONMENT = {
    **os.environ, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1", "GIT_CONFIG_GLOBAL": os.devnull, "DVC_NO_ANALYTICS": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that speaks S3, with one bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the server did not start"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def client(server: str):
    words = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server, **words)


def call(folder: Path, *words: str, status: int = 0) -> str:
    """Run a command with a home of its own, so that no settings of whoever runs the tests count."""
    command = [sys.executable, "-m", *words] if words[0] == "dvc" else list(words)
    environment = {**ENVIRONMENT, "HOME": str(folder.parent)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def use(folder: Path, server: str) -> None:
    """The three lines that a user types."""
    call(folder, "dvc", "remote", "add", "--local", "--default", "mine", f"s3://{BUCKET}/longvideo")
    call(folder, "dvc", "remote", "modify", "--local", "mine", "endpointurl", server)
    call(folder, "dvc", "remote", "modify", "--local", "mine", "verify", "true")


def test_a_fresh_clone_gets_what_was_pushed_to_s3_and_no_damaged_object(server, tmp_path):
    client(server).create_bucket(Bucket=BUCKET)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    call(ours, "git", "init", "--quiet")
    call(ours, "dvc", "init", "--quiet")
    (ours / "dvc.yaml").write_text(STAGE)
    (ours / "model.bin").write_bytes(CONTENT)
    use(ours, server)
    call(ours, "dvc", "commit", "--force")
    assert "1 file pushed" in call(ours, "dvc", "push")
    call(ours, "git", "add", "--all")
    call(ours, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "release")

    call(tmp_path, "git", "clone", "--quiet", str(ours), str(theirs))
    shutil.copy(ours / LOCAL, theirs / LOCAL)
    call(theirs, "dvc", "pull")
    assert (theirs / "model.bin").read_bytes() == CONTENT

    (stored,) = client(server).list_objects_v2(Bucket=BUCKET)["Contents"]
    client(server).put_object(Bucket=BUCKET, Key=stored["Key"], Body=CONTENT[:-1] + b"!")
    other = tmp_path / "other"
    call(tmp_path, "git", "clone", "--quiet", str(ours), str(other))
    shutil.copy(ours / LOCAL, other / LOCAL)
    assert "model.bin" in call(other, "dvc", "pull", status=1)
    assert not (other / "model.bin").exists()
