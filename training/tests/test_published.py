"""Training that goes on from a model folder."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tomli_w
import torch
from tiny_faces import CELEBAMASK, face
from tiny_onnx import write_model
from torch import Tensor, nn
from typer.testing import CliRunner

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.data import Pictures
from facefx_training.export import model_folder, to_onnx
from facefx_training.export.card import commands, draft_card
from facefx_training.export.model_folder import export_model, rewrite_model
from facefx_training.export.to_onnx import rewritten
from facefx_training.networks import Segmenter, build, segmenter
from facefx_training.networks.pix2pix import Pix2Pix
from facefx_training.run.adversarial import AdversarialParser
from facefx_training.run.config import Config
from facefx_training.run.module import Parser
from facefx_training.run.palette import arranged_palette
from facefx_training.run.published import take_over_encoder, take_over_model

FAMILIES = {
    "unet": {"encoder": "efficientnet-lite0", "stem": 8},
    "pspnet": {"encoder": "resnet18"},
    "segnet": {"encoder": "efficientnet-lite0"},
    "unet2015": {"width": 4},
    "pix2pix": {"encoder": "efficientnet-lite0", "stem": 8},
}
every_family = pytest.mark.parametrize("family", FAMILIES)


def small(family: str, seed: int) -> Segmenter:
    torch.manual_seed(seed)
    return build(family, len(CELEBAMASK), pretrained=False, **FAMILIES[family])


def pictures() -> Tensor:
    """(8, 3, 64, 64), as many as the statistics are measured on at once."""
    return torch.from_numpy(np.stack([face(64, seed)[0] for seed in range(8)])).permute(0, 3, 1, 2).float() / 255


def exported(family: str, folder: Path, seed: int = 0) -> Path:
    """A model whose norms have seen pictures and whose scales and shifts are no longer those of the start."""
    network = small(family, seed).train()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.2, 0.2)
        for _ in range(5):
            network(pictures())
    card = {"name": folder.name, "family": family, "version": "1", "summary": "", "license": "", "data_license": ""}
    export_model(network.eval(), folder, {**card, "input": {"size": [64, 64]}}, CELEBAMASK, face(64)[0], sizes=(64,))
    return folder


def of_the_model(folder: Path, images: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"image": images.numpy()})[0])


@torch.no_grad()
def of_the_network(network: nn.Module, images: Tensor) -> Tensor:
    return network(images).softmax(1)


@every_family
def test_the_network_answers_as_the_model_does_also_with_norms_that_normalise(family: str, tmp_path: Path) -> None:
    model, network = exported(family, tmp_path / "model"), small(family, 1).eval()
    other = torch.rand(2, 3, 96, 64)
    take_over_model(network, model, pictures())
    assert not network.training
    for images in (pictures(), other):  # those measured, and any
        # the colours that pix2pix is read by come from weights of 16 bits
        tolerance = 2e-3 if family == "pix2pix" else 1e-4
        torch.testing.assert_close(of_the_network(network, images), of_the_model(model, images), atol=tolerance, rtol=0)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all((norm.running_var != 1 - norm.eps).any() for norm in norms)  # measured, not passed through


@every_family
def test_in_training_it_answers_nearly_the_same_on_the_pictures_measured(family: str, tmp_path: Path) -> None:
    model, network = exported(family, tmp_path / "model"), small(family, 1).train()
    take_over_model(network, model, pictures())
    assert network.training
    for module in network.modules():
        if isinstance(module, nn.Dropout | nn.Dropout2d):
            module.eval()
    said = of_the_network(network, pictures())
    torch.testing.assert_close(said, of_the_model(model, pictures()), atol=5e-3, rtol=0)


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    model = exported("unet2015", tmp_path / "model")
    with pytest.raises(ModelError, match="same family, encoder and options"):
        take_over_model(small("pspnet", 1), model, pictures())


def test_layers_that_the_graph_does_not_give_back_are_not_left_at_random(tmp_path: Path) -> None:
    model = exported("unet", tmp_path / "model")
    attentive = build("transunet", len(CELEBAMASK), pretrained=False, **FAMILIES["unet"])
    with pytest.raises(ModelError, match="other layers"):
        take_over_model(attentive, model, pictures())


def test_a_run_starts_as_the_model_folder_that_it_is_given(tmp_path: Path) -> None:
    model = exported("unet2015", tmp_path / "model")
    images, labels = zip(*(face(64, seed) for seed in range(4)), strict=True)
    shown = Pictures(list("abcd"), np.stack(images), np.stack(labels))
    config = Config(data="", steps=1, family="unet2015", options=FAMILIES["unet2015"], sizes=((0.0, 64),), start=str(model))
    parser = Parser(config, shown, np.ones(4), shown, tmp_path)
    for network in (parser.network, parser.averaged.module):
        answer = of_the_network(network.eval(), pictures())
        torch.testing.assert_close(answer, of_the_model(model, pictures()), atol=1e-4, rtol=0)


def test_pix2pix_starts_as_a_u_net_paints_and_keeps_its_own_palette(tmp_path: Path) -> None:
    model = exported("unet", tmp_path / "model")
    images, labels = zip(*(face(64, seed) for seed in range(4)), strict=True)
    shown = Pictures(list("abcd"), np.stack(images), np.stack(labels))
    config = Config(data="", steps=1, family="pix2pix", options=FAMILIES["pix2pix"], sizes=((0.0, 64),), start=str(model))
    network = AdversarialParser(config, shown, np.ones(4), shown, tmp_path).network.eval()
    assert isinstance(network, Pix2Pix)
    torch.testing.assert_close(network.palette, arranged_palette(shown.labels, len(CELEBAMASK)))
    with torch.no_grad():
        painted = network.paint(pictures())
    mixed = torch.einsum("nkhw,kc->nchw", of_the_model(model, pictures()), network.palette)
    torch.testing.assert_close(painted, mixed, atol=1e-4, rtol=0)


def test_pix2pix_takes_the_palette_of_the_one_that_it_goes_on_from(tmp_path: Path) -> None:
    model, network = exported("pix2pix", tmp_path / "model"), small("pix2pix", 1).eval()
    assert isinstance(network, Pix2Pix)
    palette = network.palette.clone()
    network.palette.copy_(palette.flip(0))
    take_over_model(network, model, pictures())
    torch.testing.assert_close(network.palette, palette, atol=1e-3, rtol=0)  # from weights of 16 bits


def features(network: Segmenter, images: Tensor) -> list[Tensor]:
    with torch.no_grad():
        return network.encoder(images)


def test_a_run_may_go_on_with_one_models_decoder_and_anothers_encoder(tmp_path: Path) -> None:
    model, better = exported("unet", tmp_path / "model", seed=1), exported("unet", tmp_path / "better", seed=2)
    first, second = small("unet", 3).eval(), small("unet", 4).eval()
    take_over_model(first, model, pictures())
    take_over_model(second, better, pictures())
    images, labels = zip(*(face(64, seed) for seed in range(4)), strict=True)
    shown = Pictures(list("abcd"), np.stack(images), np.stack(labels))
    config = Config(
        data="", steps=1, family="unet", options=FAMILIES["unet"], sizes=((0.0, 64),), start=str(model), encoder_from=str(better)
    )
    both = Parser(config, shown, np.ones(4), shown, tmp_path).network.eval()
    for own, given, other in list(zip(*(features(one, pictures()) for one in (both, second, first)), strict=True))[
        1:
    ]:  # 0: pictures
        torch.testing.assert_close(own, given, atol=1e-3, rtol=1e-3)
        assert (own - other).abs().max() > 0.01
    with torch.no_grad():
        decoded = [one.decoder(features(second, pictures())) for one in (both, first)]
    torch.testing.assert_close(decoded[0], decoded[1], atol=1e-3, rtol=1e-3)


def test_a_run_of_another_family_starts_with_the_encoder_which_may_end_sooner(tmp_path: Path) -> None:
    model = exported("unet", tmp_path / "model")
    whole = small("unet", 1).eval()
    take_over_model(whole, model, pictures())
    images, labels = zip(*(face(64, seed) for seed in range(4)), strict=True)
    shown = Pictures(list("abcd"), np.stack(images), np.stack(labels))
    config = Config(data="", steps=1, family="light-unet", sizes=((0.0, 64),), start=str(model))
    torch.manual_seed(5)
    light = Parser(config, shown, np.ones(4), shown, tmp_path).network.eval()
    torch.manual_seed(5)
    untouched = build("light-unet", len(CELEBAMASK), pretrained=False)
    for own, deeper in zip(features(light, pictures())[:-1], features(whole, pictures()), strict=False):
        torch.testing.assert_close(own, deeper, atol=1e-3, rtol=1e-3)
    assert len(features(light, pictures())) == 6
    for (name, value), fresh in zip(light.decoder.state_dict().items(), untouched.decoder.state_dict().values(), strict=True):
        assert value.shape == fresh.shape, name
        if "running" not in name and "tracked" not in name:
            torch.testing.assert_close(value, fresh)


def test_an_encoder_that_the_model_does_not_begin_with_is_refused(tmp_path: Path) -> None:
    model = exported("pspnet", tmp_path / "model")
    for network in (build("light-unet", len(CELEBAMASK), pretrained=False), small("unet2015", 1)):
        with pytest.raises(ModelError, match="encoder are not the first ones"):
            take_over_encoder(network, model, pictures())


# ---- models that were exported by an older version


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model as it was exported when Softmax was one node and pixels were padded before convolutions."""
    monkeypatch.setattr(to_onnx, "_padded_by_convolutions", lambda content: content)
    monkeypatch.setattr(segmenter, "softmax_of_classes", lambda logits: logits.softmax(1))
    folder = exported("unet", tmp_path / "older")
    monkeypatch.undo()
    card = tomllib.loads((folder / "card.toml").read_text())
    card |= {"scores": {"f1": 9.5}}
    (folder / "card.toml").write_text(tomli_w.dumps(card))
    return folder


def operators(folder: Path) -> list[str]:
    return [node.op_type for node in onnx.load(folder / "model.onnx").graph.node if node.op_type != "Constant"]


def test_written_anew_it_has_the_same_weights_and_scores_in_the_graph_of_today(older: Path, tmp_path: Path) -> None:
    into = tmp_path / "newer"
    done = CliRunner().invoke(app, ["export", str(older), str(into)], catch_exceptions=False)
    assert "written anew; no probability differs by more than" in done.output
    before, after = operators(older), operators(into)
    assert "Softmax" in before
    assert "Softmax" not in after
    assert before.count("Pad") > after.count("Pad") == 1  # the picture itself, up to a multiple of 32
    assert after == operators(exported("unet", tmp_path / "today"))
    torch.testing.assert_close(of_the_model(into, pictures()), of_the_model(older, pictures()), atol=1e-5, rtol=0)
    old, new = ModelCard.read(older), ModelCard.read(into)
    assert (new.name, new.scores, new.parameters) == ("newer", old.scores, old.parameters)
    assert new.model_bytes() == rewritten(new.model_bytes())  # which also reads the sha256
    network = small("unet", 1).eval()
    take_over_model(network, into, pictures())
    torch.testing.assert_close(of_the_network(network, pictures()), of_the_model(older, pictures()), atol=1e-4, rtol=0)


def test_a_model_that_answers_otherwise_when_written_anew_is_not_written(
    older: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = exported("unet2015", tmp_path / "other")
    monkeypatch.setattr(model_folder, "rewritten", lambda _: (other / "model.onnx").read_bytes())
    with pytest.raises(ModelError, match="Nothing was written"):
        rewrite_model(older, tmp_path / "newer")
    assert not (tmp_path / "newer").exists()


# ---- cards


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A model folder whose card tells of a run that started from another one."""
    model = write_model(tmp_path / "old")
    card = {**tomllib.loads((model / "card.toml").read_text()), "version": "1.4"}
    card["training"]["commands"] = [
        "facefx-train train --into EARLIER_RUN --data CELEBAMASK --steps 5",
        "facefx-train train --into RUN --data CELEBAMASK --steps 6 --start EARLIER_RUN",
        "facefx-train export RUN models/old",
    ]
    (model / "card.toml").write_text(tomli_w.dumps(card))
    return model


def _draft(config: Config) -> dict[str, Any]:
    reached = {"epochs": 1, "steps": 7, "minutes": 1.0, "hardware": "CPU"}
    return draft_card(config, reached, name="new", version="2", size=64, pictures=8)


def test_a_card_names_the_model_it_started_from_and_carries_on_what_that_learnt(pairs: Path, tmp_path: Path, start: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "about.json").write_text(json.dumps({"license": "CC0", "pictures": 3}))
    card = _draft(Config(data=str(pairs), steps=7, start=str(start), extra=((str(more), 0.25),)))
    old = ModelCard.read(start)
    assert card["training"]["started_from"] == {"name": "old", "version": "1.4", "sha256": old.sha256}
    assert card["training"]["commands"] == [
        "facefx-train train --into EARLIER_EARLIER_RUN --data CELEBAMASK --steps 5",
        "facefx-train train --into EARLIER_RUN --data CELEBAMASK --steps 6 --start EARLIER_EARLIER_RUN",
        "facefx-train export EARLIER_RUN models/old",
        "facefx-train train --into RUN --data CELEBAMASK --steps 7 --extra MORE=0.25 --start models/old",
        "facefx-train export RUN models/new",
    ]
    assert list(card["training"]["data"]) == ["tiny", "celebamask", "more"]
    assert card["training"]["data"]["tiny"] == old.training["data"]["tiny"]
    assert card["data_license"] == "none; non-commercial research and education only; CC0"


def test_a_card_names_the_model_whose_encoder_a_run_went_on_with(pairs: Path, tmp_path: Path, start: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    Config(data=str(pairs), steps=7, encoder_from=str(start)).save(first / "config.json")
    config = Config(data=str(pairs), steps=8, start=str(first))
    card, old = _draft(config), ModelCard.read(start)
    assert card["training"]["encoders_from"] == [{"name": "old", "version": "1.4", "sha256": old.sha256}]
    assert card["training"]["commands"][:2] == [
        "facefx-train train --into EARLIER_RUN --data CELEBAMASK --steps 7 --encoder-from models/old",
        "facefx-train train --into RUN --data CELEBAMASK --steps 8 --start EARLIER_RUN",
    ]
    assert list(card["training"]["data"]) == ["tiny", "celebamask"]


def test_a_run_that_started_from_such_a_run_tells_of_the_model_too(pairs: Path, tmp_path: Path, start: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    Config(data=str(pairs), steps=7, start=str(start)).save(first / "config.json")
    config = Config(data=str(pairs), steps=8, start=str(first))
    card = _draft(config)
    assert card["training"]["started_from"]["name"] == "old"
    assert "tiny" in card["training"]["data"]
    *_, of_the_model, earlier, own = commands(config)
    assert of_the_model == "facefx-train export EARLIER_EARLIER_RUN models/old"
    assert earlier == "facefx-train train --into EARLIER_RUN --data CELEBAMASK --steps 7 --start models/old"
    assert own == "facefx-train train --into RUN --data CELEBAMASK --steps 8 --start EARLIER_RUN"


def test_a_run_that_started_from_no_model_names_none(pairs: Path) -> None:
    assert "started_from" not in _draft(Config(data=str(pairs), steps=7))["training"]
