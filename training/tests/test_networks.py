"""The contract of every family, from the registry: a new one is tested here without a line of its own."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from facefx.errors import ParameterError, UnknownName
from facefx.inference.grey import decoded
from facefx_training.export.model_folder import Probabilities
from facefx_training.export.to_onnx import write_onnx
from facefx_training.networks import Segmenter, build, encoders, families
from facefx_training.networks.grey_unet import nested_logits
from facefx_training.networks.onnx_graph import multiply_adds

CLASSES = 5


@pytest.fixture(scope="module", params=families())
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def network(family: str) -> Segmenter:
    """A network of each family, random weights, with batch norms that have seen something."""
    torch.manual_seed(0)
    network = build(family, CLASSES, pretrained=False)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, 3, 64, 96))
    return network.eval()


@pytest.mark.parametrize("size", [(64, 64), (97, 131)])
def test_one_picture_of_any_size_gives_logits_of_its_size_and_the_same_ones_again(
    network: Segmenter, size: tuple[int, int]
) -> None:
    image = torch.rand(1, 3, *size)
    before = image.clone()
    with torch.no_grad():
        first, second = network.eval()(image), network(image)
    assert first.shape == (1, CLASSES, *size)
    assert first.isfinite().all()
    assert torch.equal(first, second)
    assert torch.equal(image, before)


def test_pictures_of_a_batch_do_not_touch_each_other(network: Segmenter) -> None:
    images = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        together = network.eval()(images)
        alone = network(images[1:])
    torch.testing.assert_close(together[1:], alone, rtol=1e-3, atol=1e-4)


def test_every_parameter_learns(network: Segmenter) -> None:
    network.train()
    network.zero_grad()
    labels = torch.randint(CLASSES, (2, 97, 131))
    nn.functional.cross_entropy(network(torch.rand(2, 3, 97, 131)), labels).backward()
    unlearned = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not unlearned
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
    network.eval().zero_grad()


def test_bfloat16_autocast_trains(network: Segmenter) -> None:
    network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(torch.rand(2, 3, 64, 64).contiguous(memory_format=torch.channels_last))
    logits.float().square().mean().backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in network.parameters())
    network.eval().zero_grad()


def test_encoder_and_decoder_share_the_parameters_out(network: Segmenter) -> None:
    groups = [{id(parameter) for parameter in group} for group in (network.encoder_parameters(), network.decoder_parameters())]
    assert not groups[0] & groups[1]
    assert groups[0] | groups[1] == {id(parameter) for parameter in network.parameters()}
    assert groups[1]


def test_weights_survive_a_safe_file(family: str, network: Segmenter, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    other = build(family, CLASSES, pretrained=False)
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(other.eval()(image), network.eval()(image))


def test_the_export_is_the_network_without_what_is_slow(network: Segmenter) -> None:
    model = Probabilities(network).eval()
    content = write_onnx(model)
    graph = onnx.load_from_string(content).graph
    slow = [
        node for node in graph.node if node.op_type == "Softmax" and not any(a.name == "axis" and a.i == -1 for a in node.attribute)
    ]
    assert not slow  # attention's own, over the last axis, is quick
    outputs = {name for node in graph.node if node.op_type == "Pad" for name in node.output}
    assert len(outputs) <= 1  # the picture's own, to a multiple of 32
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for shape in [(1, 3, 97, 131), (2, 3, 160, 64)]:
        image = torch.rand(shape)
        with torch.no_grad():
            expected = model(image).numpy()
        (given,) = session.run(None, {"image": image.numpy()})
        assert np.abs(given - expected).max() < 0.02
        assert np.median(np.abs(given - expected)) < 1e-5
        if network.draws:
            assert given.shape == (len(image), 1, *image.shape[2:])
            assert ((given >= 0) & (given <= 1)).all()
        else:
            assert given.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_onnxruntime_agrees_at_sizes_that_the_export_did_not_see(network: Segmenter, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        # torch's newer exporter gives the same answers and takes 20 s a network instead of half a second.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.rand(2, 3, 64, 96),),
            path,
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "n", 2: "h", 3: "w"}, "logits": {0: "n", 2: "h", 3: "w"}},
        )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for shape in [(1, 3, 97, 131), (3, 3, 160, 64)]:
        image = torch.rand(shape)
        with torch.no_grad():
            expected = network(image).numpy()
        (given,) = session.run(None, {"image": image.numpy()})
        np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-4 * np.ptp(expected))


def test_stays_within_eight_million_parameters(family: str) -> None:
    assert _parameters(build(family, 19, pretrained=False)) <= 8e6


def test_the_default_unet_stays_within_five_million_parameters() -> None:
    assert _parameters(build("unet", 19, pretrained=False)) <= 5e6


def test_the_light_unet_is_for_browsers() -> None:
    network = build("light-unet", 19, pretrained=False)
    assert _parameters(network) <= 1.5e6
    assert multiply_adds(write_onnx(Probabilities(network).eval()), (256, 256)) <= 0.5e9


def test_the_light_unets_answer_is_that_of_its_logits_enlarged_later() -> None:
    torch.manual_seed(1)
    network = build("light-unet", CLASSES, pretrained=False).train()
    image = torch.rand(1, 3, 97, 131)
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, 3, 64, 96))
        network.eval().decoder[1].classify.weight *= 100  # or all classes are as likely as another
        logits, given = network(image), network.probabilities(image)
    assert given.shape == logits.shape
    torch.testing.assert_close(given.sum(1), torch.ones_like(given[:, 0]))
    assert logits.softmax(1).amax(1).mean() > 0.5
    assert (given.argmax(1) == logits.argmax(1)).float().mean() > 0.9


def test_the_grey_unet_learns_what_facefx_reads_from_its_picture() -> None:
    torch.manual_seed(1)
    network = build("grey-unet", 4, pretrained=False).train()
    image = torch.rand(2, 3, 97, 131)
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, 3, 64, 96))
        drawn = torch.logit(network.eval().answer(image))
        last = network.decoder[1].classify  # such that it draws all greys
        last.bias -= drawn.mean()
        for values in last.parameters():
            values *= 2 / drawn.std()
        picture, expected = network.answer(image), network.probabilities(image)
    assert picture.shape == (2, 1, 97, 131)
    assert np.ptp(picture.numpy()) > 0.8
    np.testing.assert_allclose(decoded(picture[:, 0].numpy(), 4), expected.numpy(), atol=1e-3)


@pytest.mark.parametrize("classes", [2, 3, 4, 7])
def test_the_logarithms_of_nested_classes_are_those_of_their_probabilities_however_unlikely(classes: int) -> None:
    grey = torch.linspace(-40, 40, 81).view(1, 1, 1, -1)
    found = nested_logits(grey, classes)
    assert found.isfinite().all()
    torch.testing.assert_close(found.exp().sum(1), torch.ones(1, 1, 81))
    np.testing.assert_allclose(found.exp().numpy(), decoded(torch.sigmoid(grey)[:, 0].numpy(), classes), atol=1e-4)


def test_the_grey_unet_stays_within_three_megabytes() -> None:
    assert _parameters(build("grey-unet", 4, pretrained=False)) <= 1.3e6


@pytest.mark.parametrize("encoder", encoders())
@pytest.mark.parametrize("name", ["unet", "pspnet", "transunet", "light-unet", "grey-unet"])
def test_families_run_on_every_encoder(name: str, encoder: str) -> None:
    network = build(name, 2, encoder=encoder, pretrained=False).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 3, 64, 65)).shape == (1, 2, 64, 65)


def test_a_transunet_starts_as_the_unet_whose_weights_it_is_given() -> None:
    unet, transunet = (build(name, 5, pretrained=False).eval() for name in ("unet", "transunet"))
    missing = transunet.load_state_dict(unet.state_dict(), strict=False)
    assert not missing.unexpected_keys
    assert all(".bridge." in key for key in missing.missing_keys)
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(transunet(image), unet(image))


def test_a_grey_unet_sees_no_colour() -> None:
    network = build("unet2015", 2, width=4, grey=1).eval()
    image = torch.rand(1, 3, 64, 64)
    grey = (image * torch.tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)).sum(1, keepdim=True).expand_as(image)
    with torch.no_grad():
        torch.testing.assert_close(network(image), network(grey))
        assert not torch.allclose(network(image), network(image.flip(1)))  # red and blue do not weigh the same


def test_unknown_names_and_misplaced_encoders_are_refused() -> None:
    with pytest.raises(UnknownName, match="unet"):
        build("unett", 19)
    with pytest.raises(UnknownName, match="resnet18"):
        build("unet", 19, encoder="resnet19")
    with pytest.raises(ParameterError, match="takes no encoder"):
        build("unet2015", 19, encoder="resnet18")
    with pytest.raises(ParameterError, match="classes=0"):
        build("unet", 0)


def _parameters(network: Segmenter) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
