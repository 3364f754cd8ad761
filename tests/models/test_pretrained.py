from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import resnet50

from longvideo.errors import UserError
from longvideo.models.i3d import ARCHITECTURES, I3D
from longvideo.models.pretrained import inflate, load_backbone, read_weights

SMOKE = ARCHITECTURES["i3d_nl_smoke"]


def test_an_inflated_resnet_answers_on_a_still_clip_as_the_resnet_on_the_image(tmp_path: Path) -> None:
    torch.manual_seed(0)
    image_model = resnet50().eval()
    for module in image_model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.bias, -0.1, 0.1)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    save_file(image_model.state_dict(), tmp_path / "resnet50.safetensors")
    # The image network has no dilation and a stride in its last stage; new non-local blocks are identities.
    backbone = I3D(replace(ARCHITECTURES["r50_i3d_nl"], strides=(1, 2, 2, 2), res5_dilation=1))
    load_backbone(backbone, tmp_path / "resnet50.safetensors", from_images=True)
    image = torch.rand(1, 3, 32, 32)
    trunk = nn.Sequential(*list(image_model.children())[:-2])
    with torch.inference_mode():
        # 40 frames: the middle one is out of reach of the zero padding at both ends.
        features = backbone(image[:, :, None].expand(-1, -1, 40, -1, -1))[:, :, 10]
        torch.testing.assert_close(features, trunk(image), rtol=1e-3, atol=1e-4)


def test_inflation_divides_by_the_frames() -> None:
    weight = torch.rand(2, 3, 5, 5)
    assert inflate(weight, 4).shape == (2, 3, 4, 5, 5)
    torch.testing.assert_close(inflate(weight, 4).sum(dim=2), weight)


@pytest.mark.parametrize("prefix", ["", "backbone."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_weights_come_back_from_either_kind_of_file(tmp_path: Path, suffix: str, prefix: str) -> None:
    torch.manual_seed(0)
    state = {prefix + name: value for name, value in I3D(SMOKE).state_dict().items()}
    if prefix:
        state["classifier.weight"] = torch.zeros(1)
    path = tmp_path / f"weights{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(state, path)
    backbone = I3D(SMOKE)
    load_backbone(backbone, path)
    assert all(torch.equal(value, state[prefix + name]) for name, value in backbone.state_dict().items())


def test_batch_norms_fold_into_frozen_maps(tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained, clip = I3D(SMOKE), torch.rand(4, 3, 2, 32, 32)
    trained(clip)  # moves the running statistics
    save_file(trained.state_dict(), tmp_path / "trained.safetensors")
    frozen = I3D(replace(SMOKE, norm="frozen"))
    load_backbone(frozen, tmp_path / "trained.safetensors")
    torch.testing.assert_close(frozen(clip), trained.eval()(clip), rtol=1e-4, atol=1e-5)


def test_weights_that_do_not_fit_are_named_and_not_loaded(tmp_path: Path) -> None:
    backbone = I3D(SMOKE)
    before = nn.utils.parameters_to_vector(backbone.parameters())
    state = {name: value + 1 for name, value in backbone.state_dict().items()}
    del state["res2.blocks.0.conv1.weight"]
    state |= {"head.weight": torch.zeros(1), "conv1.weight": torch.zeros(4, 3, 5, 7, 7)}
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(UserError) as error:
        load_backbone(backbone, tmp_path / "other.safetensors")
    assert "1 missing, first 'res2.blocks.0.conv1.weight'; 1 unexpected, first 'head.weight'" in str(error.value)
    assert "'conv1.weight': expected (4, 3, 3, 3, 3), found (4, 3, 5, 7, 7)" in str(error.value)
    assert torch.equal(nn.utils.parameters_to_vector(backbone.parameters()), before)


class Intruder:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("intruded"),)


def test_a_file_with_code_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"conv1.weight": Intruder()}, "weights.pt")
    with pytest.raises(UserError, match=r"cannot read the weights in weights\.pt"):
        read_weights(Path("weights.pt"))
    assert not Path("intruded").exists()


@pytest.mark.parametrize("name", ["absent.pt", "weights.pkl", "broken.safetensors", "broken.pt", "list.pt"])
def test_what_is_not_a_file_of_weights_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "list.pt":
        torch.save([1, 2], path)
    elif name != "absent.pt":
        path.write_bytes(b"not weights")
    with pytest.raises(UserError, match=name):
        read_weights(path)
