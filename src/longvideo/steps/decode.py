"""Decode: re-encode the listed videos to one frame rate and size, and find their shots.

Reads a CSV file `id,path`; writes `videos/<id>.mp4` beside the manifest, and the manifest. A video that cannot be
decoded becomes a row with the reason, and the rest goes on. An interrupted run is taken up where it stopped.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import cv2
from pydantic import ValidationError
from tqdm import tqdm

from longvideo.data.encoded import encoded
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_json
from longvideo.files.manifest import Failure, Video, read_manifest, write_manifest
from longvideo.files.video_list import Listed, read_video_list
from longvideo.specs.decode import DECODE, AnyDecodeSpec, DecodeSpec, DecodeTarget
from longvideo.specs.problems import as_user_error


def decode_video(name: str, source: Path, folder: Path, spec: AnyDecodeSpec) -> Video | Failure:
    """Re-encode one video into `folder`, or take over what an interrupted run made of the same file."""
    target, notes = folder / f"{name}.mp4", folder / f"{name}.json"
    try:
        status = _status(source)
        made_from = [str(source), status.st_size, status.st_mtime_ns, spec.model_dump(mode="json"), av.__version__]
        kept = _kept(notes, target, made_from)
        if kept is not None:
            return Video(id=name, path=target, **kept)
        notes.unlink(missing_ok=True)
        trim = spec.trim if isinstance(spec, DecodeSpec) else None
        facts = asdict(encoded(source, target, spec))
        facts |= {"start_s": trim.start_s if trim else 0.0, "checksum": _checksum(target)}
        write_json(notes, {"made_from": made_from, "facts": facts})
    except UserError as error:
        for left in (target, notes):
            left.unlink(missing_ok=True)
        return Failure(name, source, str(error))
    return Video(id=name, path=target, **facts)


def decode_all(listed: Listed, folder: Path, spec: AnyDecodeSpec, threads: int) -> Iterator[Video | Failure]:
    """Decode videos in `threads` processes, yielding each when it is done."""
    work = [(name, source, folder, spec) for name, source in listed]
    lost: list[tuple[str, Path, Path, AnyDecodeSpec]] = []
    with _pool(min(threads, len(work))) as pool:
        futures: dict[Future[Video | Failure], tuple[str, Path, Path, AnyDecodeSpec]] = {}
        try:
            futures = {pool.submit(decode_video, *job): job for job in work}
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(futures[future])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    # A file that crashes the decoder takes the whole pool with it: the rest is done one by one, to find it.
    while lost:
        with _pool(1) as pool:
            while lost:
                job = lost.pop()
                try:
                    yield pool.submit(decode_video, *job).result()
                except BrokenProcessPool:
                    yield Failure(job[0], job[1], f"{job[1]}: expected a video, found a file that crashes the decoder")
                    break


def _pool(processes: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_start_worker, initargs=(os.getpid(),))


def _start_worker(parent: int) -> None:
    """Use one thread, and end when the parent does, however that ends."""
    cv2.setNumThreads(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _status(source: Path) -> os.stat_result:
    try:
        return source.stat()
    except OSError as error:
        raise UserError(f"{source}: expected a video, found {(error.strerror or 'nothing').lower()}") from None


def _kept(notes: Path, target: Path, made_from: list[Any]) -> dict[str, Any] | None:
    """Return the facts of a file that was made earlier from the same source in the same way, if it is whole."""
    try:
        noted = json.loads(notes.read_text(encoding="utf-8"))
        facts: dict[str, Any] = noted["facts"]
        if noted["made_from"] != made_from or facts["checksum"] != _checksum(target):
            return None
        return facts | {"shots": tuple(facts["shots"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _clear_up(folder: Path, listed: Listed) -> None:
    """Remove the notes of the run and what killed runs left half-written."""
    for name, _ in listed:
        (folder / f"{name}.json").unlink(missing_ok=True)
    for left in folder.glob(".*"):
        if re.match(r"\.[0-9a-f]{8}\.", left.name):
            left.unlink()


def main() -> None:
    """Decode the videos of one split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True, help="what to re-encode to, as JSON")
    parser.add_argument("--videos", type=Path, required=True, help="CSV file id,path, or a manifest")
    parser.add_argument("--out", type=Path, required=True, help="the manifest to write")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    try:
        spec = DECODE.validate_json(args.spec)
    except ValidationError as error:
        raise as_user_error("--spec", error, DecodeTarget) from error
    if args.threads < 1:
        raise UserError(f"--threads: expected at least 1, found {args.threads}")
    made_here = args.videos.suffix == ".parquet"
    manifest = read_manifest(args.videos) if made_here else []
    listed = [(video.id, video.path) for video in manifest] or read_video_list(args.videos)
    folder = args.out.parent / "videos"
    videos: list[Video] = []
    failures: list[Failure] = []
    shown = tqdm(total=len(listed), desc="decode", unit="video", disable=not sys.stderr.isatty())
    try:
        for done in decode_all(listed, folder, spec, args.threads):
            if isinstance(done, Failure):
                failures.append(done)
                tqdm.write(f"decode: {done.id}: {done.error}", file=sys.stderr)
            else:
                videos.append(done)
            shown.update()
    except OSError as error:  # reading errors are failures of their video: this is a full disk and the like
        raise UserError(f"{folder}: expected to write the decoded videos there, found: {error}") from None
    finally:
        shown.close()
    if not videos:
        raise UserError(
            f"{args.videos}: none of the {len(listed)} videos could be decoded; the first: {failures[0].error}"
        )
    write_manifest(args.out, args.out.parent.name, videos, failures)
    _clear_up(folder, listed)


if __name__ == "__main__":
    run_main(main)
