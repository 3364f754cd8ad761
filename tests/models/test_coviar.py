import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from longvideo.errors import UserError
from longvideo.models.build import FRAME_BACKBONES, build_stream
from longvideo.models.coviar import RELEASED_WEIGHTS, STREAM_CHANNELS, CoViAR, Stream, fuse


def smoke(stream: str, data_bn: bool = False) -> Stream:
    torch.manual_seed(0)
    return build_stream("resnet_smoke", STREAM_CHANNELS[stream], 5, data_bn).eval()


@pytest.mark.parametrize("architecture", FRAME_BACKBONES)
def test_every_backbone_scores_frames_and_videos(architecture: str) -> None:
    channels = 2
    with torch.device("meta"):
        model = build_stream(architecture, channels, 7, data_bn=True, classifier_dropout=0.5)
        frames = torch.empty(2, 3, channels, 64, 96)
        assert model(frames).shape == (2, 7)
        assert model.frame_logits(frames).shape == (2, 3, 7)


@pytest.mark.parametrize("architecture", FRAME_BACKBONES)
def test_every_backbone_can_be_trained(architecture: str) -> None:
    model = build_stream(architecture, 2, 3, data_bn=True, classifier_dropout=0.5)
    model(torch.rand(2, 1, 2, 32, 32)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("stream", ["motion", "residual"])
def test_a_video_scores_the_mean_of_its_frames_scored_alone(stream: str) -> None:
    model, frames = smoke(stream, data_bn=True), torch.rand(2, 3, STREAM_CHANNELS[stream], 32, 32)
    with torch.inference_mode():
        alone = torch.stack([model.frame_logits(frames[:, [i]])[:, 0] for i in range(3)], 1)
        torch.testing.assert_close(model.frame_logits(frames), alone)
        torch.testing.assert_close(model(frames), alone.mean(1))


def test_batch_norm_on_the_input_makes_its_scale_and_offset_idle() -> None:
    model, frames = smoke("motion", data_bn=True).train(), torch.rand(4, 3, 2, 32, 32)
    torch.testing.assert_close(model(5 * frames + 1), model(frames), rtol=1e-2, atol=1e-4)
    assert not any(name.startswith("data_bn") for name in smoke("motion").state_dict())


def test_a_group_of_pictures_scores_what_its_streams_sum_to() -> None:
    streams = {stream: smoke(stream) for stream in ("iframe", "motion", "residual")}
    inputs = {stream: torch.rand(2, 1 if stream == "iframe" else 4, STREAM_CHANNELS[stream], 32, 32)
              for stream in streams}  # fmt: skip
    with torch.inference_mode():
        parts = {stream: model.frame_logits(inputs[stream]) for stream, model in streams.items()}
        scores = CoViAR(**streams)(**inputs)
    assert scores.shape == (2, 4, 5)
    torch.testing.assert_close(scores, parts["iframe"] + parts["motion"] + parts["residual"])


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=4), st.integers(0, 2**31))
@settings(max_examples=30)
def test_fusion_is_the_weighted_sum(weights: list[float], seed: int) -> None:
    scores = torch.randn(len(weights), 3, 6, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(fuse(list(scores), weights), torch.einsum("s,svc->vc", torch.tensor(weights), scores))
    torch.testing.assert_close(fuse(list(scores)), scores.sum(0))


def test_the_releases_weights_can_change_the_winner() -> None:
    scores = [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.8]), torch.tensor([0.0, 0.8])]
    assert fuse(scores).argmax() == 1
    assert fuse(scores, list(RELEASED_WEIGHTS.values())).argmax() == 0


@pytest.mark.parametrize(("scores", "weights"), [([], None), ([torch.zeros(2)], [1, 2]),
                                                 ([torch.zeros(2), torch.zeros(3)], None)])  # fmt: skip
def test_scores_that_do_not_fit_are_refused(scores: list[torch.Tensor], weights: list[float] | None) -> None:
    with pytest.raises(ValueError, match="expected one weight for each score"):
        fuse(scores, weights)


def test_an_unknown_architecture_is_one_line() -> None:
    with pytest.raises(UserError, match="expected an architecture of frames among resnet18"):
        build_stream("vgg", 3, 5)


def test_a_stream_learns() -> None:
    model = smoke("motion").train()
    frames, labels = torch.randn(4, 2, 2, 32, 32), torch.tensor([0, 1, 2, 3])
    frames[:, :, 0] += labels.view(-1, 1, 1, 1).float()
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(frames), labels)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3
