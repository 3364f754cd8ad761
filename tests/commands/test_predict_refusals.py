"""`predict` on wrong calls, on what is no video, and interrupted: one line, and nothing is left behind."""

from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
from own_models import CLIPS, DATA, REPOSITORY, call, enter, files_below, make_video, save_models

from longvideo.errors import UserError


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    return enter(tmp_path, monkeypatch)


def sound_alone(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        frame.rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


BAD = {
    "missing.mp4": lambda path: None,
    "folder.mp4": lambda path: path.mkdir(),
    "empty.mp4": lambda path: path.write_bytes(b""),
    "text.mp4": lambda path: path.write_text("no video\n" * 100),
    "sound.mp4": sound_alone,
    "cut.mp4": lambda path: path.write_bytes(make_video(path).read_bytes()[:-3000]),
    "hole.mp4": lambda path: path.write_bytes(make_video(path).read_bytes()[:9000] + bytes(9000)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_video_leaves_nothing(workspace, tmp_path, name):
    save_models(workspace)
    BAD[name](tmp_path / name)
    before = files_below(tmp_path)
    with pytest.raises(UserError) as error:
        call("ava_cnn", tmp_path / name, "--out", "new/folder")
    assert str(tmp_path / name) in str(error.value) and len(str(error.value).splitlines()) == 1
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ava_cnm", "own.mp4", "--out", "o"], "did you mean 'ava_cnn'"),
        (["ava_lfb/nn", "own.mp4", "--out", "o"], "unknown variant 'nn'"),
        (["ava_cnn", "own.mp4", "--out", "o", "--seed", "7"], "--seed: expected one of 0, found 7"),
        (["ava_cnn", "own.mp4", "--out", "o", "--dataset", "nope"], "unknown dataset 'nope'"),
        (["ava_cnn", "own.mp4", "--out", "o", "--min-score", "nan"], "--min-score from 0 to 1"),
        (["ava_cnn", "own.mp4", "--out", "own.mp4"], "expected another file than VIDEO itself"),
        (["ava_cnn", "own.mp4", "--out", "."], "expected another file than VIDEO itself"),
        (["ava_cnn", "own.mp4", "--out", "labels.txt"], "found the file labels.txt"),
        (
            ["ava_lfb", "own.mp4", "--out", "o"],
            "`snakemake -c2 results/smoke/checkpoints/ava_lfb/nl/s0/model.safetensors --config scale=smoke`",
        ),
        (["ava_lfb", "own.mp4", "--out", "o", "--dataset", "miniworld_ava_dev"],
         "results/smoke-miniworld_ava_dev/detections/miniworld_ava_dev-s0/detector.safetensors"
         " --config scale=smoke dataset=miniworld_ava_dev`"),
    ],
)  # fmt: skip
def test_wrong_calls(workspace, tmp_path, words, message):
    save_models(workspace)
    make_video(Path("own.mp4"))
    Path("labels.txt").write_text("mine")
    before, content = files_below(tmp_path), Path("own.mp4").read_bytes()
    with pytest.raises(UserError) as error:
        call(*words)
    assert message in str(error.value) and files_below(tmp_path) == before
    assert Path("own.mp4").read_bytes() == content


def test_a_checkpoint_of_another_kind_is_refused(workspace):
    save_models(workspace)
    make_video(Path("own.mp4"))
    path = Path(workspace.files.checkpoint("ava_cnn/support_2", 0))
    path.write_bytes(Path(workspace.files.detector(DATA)).read_bytes())
    with pytest.raises(UserError, match="expected a checkpoint of kind 'action_model', found kind 'person detector'"):
        call("ava_cnn", "own.mp4", "--out", "o")


def test_an_interruption_leaves_nothing(workspace, tmp_path, monkeypatch, capsys):
    save_models(workspace)
    make_video(Path("own.mp4"))
    before = files_below(tmp_path)
    annotate = import_module("longvideo.video.annotate")
    drawn = []

    def interrupted(*arguments):
        drawn.append(files_below(Path("new")))
        if len(drawn) == 10:
            raise KeyboardInterrupt
        return draw(*arguments)

    draw = annotate.draw_boxes
    monkeypatch.setattr(annotate, "draw_boxes", interrupted)
    assert call("ava_cnn", "own.mp4", "--out", "new/folder") == 130
    assert len(drawn[-1]) == 3 and capsys.readouterr().err == "longvideo: interrupted\n"  # both files were under way
    assert files_below(tmp_path) == before


@pytest.mark.skipif(not CLIPS, reason="LONGVIDEO_CLIPS names no folder of real clips")
def test_a_really_damaged_clip(workspace, tmp_path):
    save_models(workspace)
    with pytest.raises(UserError, match=r"corrupted\.mp4: damaged at packet 30"):
        call("ava_cnn", REPOSITORY / str(CLIPS) / "corrupted.mp4", "--out", "new")
    assert not Path("new").exists() and not list((tmp_path / "temporary").iterdir())
