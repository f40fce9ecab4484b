"""A run from start to model folder, interrupted on its way, on faces that fit into a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tiny_faces import CELEBAMASK, face

from facefx.errors import ModelError, ParameterError
from facefx.inference.cards import ModelCard
from facefx_training.data import Pictures
from facefx_training.export.card import commands, draft_card
from facefx_training.export.model_folder import Probabilities, changed_labels, disagreement, export_model, set_scores
from facefx_training.export.to_onnx import halved, write_onnx
from facefx_training.judge.evaluate import evaluate
from facefx_training.judge.predictors import whole_frame
from facefx_training.networks import build
from facefx_training.run.checkpoints import latest_checkpoint, load_averaged, network_of
from facefx_training.run.config import Config
from facefx_training.run.module import Parser
from facefx_training.run.train import train

SMALL = {"encoder": "efficientnet-lite0", "stem": 0}


def small_config(pairs: Path, **changes: object) -> Config:
    return replace(
        Config(
            data=str(pairs), options=SMALL, steps=4, sizes=((0.0, 64),), batch=2, stored=96, workers=0, threads=1, validate_every=1
        ),
        **changes,
    )


@pytest.fixture(autouse=True)
def _random_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests need no ImageNet weights."""
    monkeypatch.setattr("facefx_training.run.module.network_of", lambda config: network_of(config, pretrained=False))


def test_a_run_goes_on_after_ctrl_c_and_ends_as_a_model_folder(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, model = tmp_path / "run", tmp_path / "tiny"
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Parser, "training_step", _interrupt_after(2))
        with pytest.raises(SystemExit):
            train(small_config(pairs), run)
    first = latest_checkpoint(run)
    assert first is not None
    before = torch.load(first, weights_only=True)
    assert before["global_step"] == 2

    train(small_config(pairs), run)
    config, network, reached = load_averaged(run)
    assert config.steps == 4
    assert reached["steps"] == 4
    assert reached["minutes"] > before["seconds"] / 60

    card = draft_card(config, reached, name="tiny", version="1", size=64, pictures=8, license="MIT")
    assert card["license"] == "MIT"
    assert card["data_license"] == "non-commercial research and education only"
    picture, labels = face(64)
    export_model(network, model, card, config.labels, picture, sizes=(64, 96))
    session = onnxruntime.InferenceSession(model / "model.onnx")
    for height, width in ((64, 64), (96, 160)):
        (answer,) = session.run(None, {"image": np.random.default_rng(0).random((2, 3, height, width), np.float32)})
        assert answer.shape == (2, 19, height, width)
        np.testing.assert_allclose(answer.sum(1), 1, atol=1e-4)

    set_scores(model, {"end_to_end": {"mean_f1": 50.0}}, size=96)
    read = ModelCard.read(model)
    assert read.model_bytes()
    assert read.input_size == (96, 96)
    assert read.scores["end_to_end"] == {"mean_f1": 50.0}
    assert read.training["steps"] == 4

    later = draft_card(config, reached, name="tiny", version="2", size=64, pictures=8, outlook="2 more F1")
    export_model(network, model, later, config.labels, picture, sizes=(64,))
    again = ModelCard.read(model)
    assert (again.version, again.training["outlook"]) == ("2", "2 more F1")
    assert again.scores == read.scores  # they are the same weights'
    next(network.parameters()).data += 0.1
    export_model(network, model, later, config.labels, picture, sizes=(64,))
    assert not ModelCard.read(model).scores

    network = load_averaged(run)[1]
    export_model(network, model, card, config.labels, picture, sizes=(64,))
    matrix, predictions = evaluate(whole_frame(model, 64), _pictures(picture, labels))
    assert matrix.sum() == labels.size
    assert predictions[0].shape == labels.shape


def _interrupt_after(steps: int) -> Callable[..., torch.Tensor]:
    """A training step that is cut off like by Ctrl-C when so many are done."""
    step = Parser.training_step

    def interrupted(self: Parser, *args: object) -> torch.Tensor:
        if self.global_step == steps:
            raise KeyboardInterrupt
        return step(self, *args)

    return interrupted


def _pictures(image: np.ndarray, labels: np.ndarray) -> Pictures:
    return Pictures(["one"], image[None], labels[None])


def test_training_learns(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    step = Parser.training_step

    def spy(self: object, *args: object) -> torch.Tensor:
        losses.append(float((loss := step(self, *args)).detach()))
        return loss

    monkeypatch.setattr(Parser, "training_step", spy)
    train(small_config(pairs, steps=40, batch=4, validate_every=1000), tmp_path / "run")
    assert np.mean(losses[-8:]) < 0.75 * np.mean(losses[:4])


@pytest.mark.parametrize(
    ("check", "words"), [("disagreement", r"differ by up to 0\.2"), ("changed_labels", r"20\.00% of the pixels get another label")]
)
def test_an_export_that_does_not_agree_is_refused(check: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("unet", 19, pretrained=False, **SMALL)
    monkeypatch.setattr(f"facefx_training.export.model_folder.{check}", lambda *_: 0.2)
    with pytest.raises(ModelError, match=words):
        export_model(network, tmp_path / "bad", {"name": "bad"}, CELEBAMASK, face(64)[0], sizes=(64,))
    assert not (tmp_path / "bad").exists()


def test_disagreement_sees_other_weights() -> None:
    one, two = (Probabilities(build("unet", 19, pretrained=False, **SMALL)).eval() for _ in range(2))
    exact, picture = write_onnx(one), face(64)[0]
    assert disagreement(one, exact, picture, (64,)) < 1e-4
    assert disagreement(two, exact, picture, (64,)) > 0.01
    assert changed_labels(one, exact, picture, (64,)) == 0
    two.forward = lambda image: (-one.network(image)).softmax(1)  # type: ignore[method-assign]
    assert changed_labels(two, exact, picture, (64,)) > 0.99
    half = halved(exact)
    assert len(half) < 0.6 * len(exact)
    assert 0 < disagreement(one, half, picture, (64,)) < 0.01
    assert disagreement(one, exact, picture, (64,)) < 1e-4


def test_disagreement_forgives_a_tie_in_some_pictures_and_not_in_all() -> None:
    """SegNet's unpooling puts a value elsewhere where rounding decides which of two pixels is the larger."""
    model = Probabilities(build("unet", 19, pretrained=False, **SMALL)).eval()
    exact, picture = write_onnx(model), face(64)[0]
    forward = model.forward
    model.forward = lambda image: forward(image) + 0.1 * (torch.arange(len(image)) > 0).view(-1, 1, 1, 1)  # type: ignore[method-assign]
    assert disagreement(model, exact, picture, (64,)) < 1e-4
    model.forward = lambda image: forward(image) + 0.1  # type: ignore[method-assign]
    assert disagreement(model, exact, picture, (64,)) > 0.09


def test_a_folder_without_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="facefx-train train --into"):
        load_averaged(tmp_path)


def test_length_is_given_once(pairs: Path) -> None:
    with pytest.raises(ParameterError, match="minutes or steps"):
        Config(data=str(pairs))
    with pytest.raises(ParameterError, match="minutes or steps"):
        Config(data=str(pairs), minutes=1, steps=1)


def test_a_config_survives_its_file(pairs: Path, tmp_path: Path) -> None:
    config = small_config(pairs, extra=(("/somewhere", 0.2),))
    config.save(tmp_path / "config.json")
    assert Config.load(tmp_path / "config.json") == config


def test_pictures_of_nobody_knows_whom_are_refused_before_they_are_learnt_from(pairs: Path, tmp_path: Path) -> None:
    assert not (pairs / "about.json").exists()
    with pytest.raises(ParameterError, match=r"has no about\.json.*facefx-train prepare"):
        train(small_config(pairs, extra=((str(pairs), 0.2),)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sizes_follow_the_progress(pairs: Path) -> None:
    config = small_config(pairs, sizes=((0.0, 64), (0.5, 96)))
    assert [config.size_at(p) for p in (0.0, 0.49, 0.5, 1.0)] == [64, 64, 96, 96]


def test_a_run_may_start_from_another_ones_weights_and_its_card_says_so(pairs: Path, tmp_path: Path) -> None:
    train(small_config(pairs), tmp_path / "first")
    config = small_config(pairs, steps=1, start=str(tmp_path / "first"), encoder_rate=0.0, decoder_rate=0.0)
    train(config, tmp_path / "second")
    first, second = (load_averaged(tmp_path / name)[1].state_dict() for name in ("first", "second"))
    learnt = [name for name, value in first.items() if name.endswith("weight") and value.is_floating_point()]
    assert learnt
    for name in learnt:
        torch.testing.assert_close(first[name], second[name])
    earlier, own = commands(config)
    assert "--steps 4" in earlier
    assert "--into EARLIER_RUN" in earlier
    assert own.endswith("--start EARLIER_RUN")


def test_a_run_of_another_kind_has_nothing_to_start_from(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(small_config(pairs), tmp_path / "first")
    monkeypatch.setattr("facefx_training.run.checkpoints.load_averaged", lambda folder: (None, torch.nn.Conv2d(1, 1, 1), {}))
    with pytest.raises(ModelError, match="shares no weight"):
        train(small_config(pairs, start=str(tmp_path / "first")), tmp_path / "second")


def test_the_best_weights_are_kept_beside_the_last(pairs: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(small_config(pairs), run)
    best, last = (torch.load(path, weights_only=True) for path in (run / "best.ckpt", latest_checkpoint(run)))
    assert last["judged"]["best"] == best["judged"]["best"] >= 0
    assert load_averaged(run, best=True)[2]["steps"] == best["steps"] <= 4


def parser(config: Config, folder: Path) -> Parser:
    picture, labels = face(64)
    return Parser(config, _pictures(picture, labels), np.ones(1), _pictures(picture, labels), folder)


class _Trainer:
    """Counts the checkpoints that are asked for."""

    should_stop = False
    saved = 0

    def save_checkpoint(self, path: Path, weights_only: bool) -> None:
        self.saved += 1


def test_patience_ends_a_run_that_no_longer_improves_and_the_plateau_halves_its_rate(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = _Trainer()
    monkeypatch.setattr(Parser, "trainer", trainer)
    module = parser(small_config(pairs, schedule="plateau", plateau=2, patience=3, warmup=0.0), tmp_path)
    seen = []
    for f1 in (0.5, 0.6, 0.55, 0.6, 0.58):
        assert not trainer.should_stop
        module.remember(f1)
        seen.append(module.rate_share())
    assert seen == [1, 1, 1, 0.5, 0.5]
    assert trainer.saved == 2
    assert trainer.should_stop


def test_cosine_rises_and_falls(pairs: Path, tmp_path: Path) -> None:
    module = parser(small_config(pairs, warmup=0.1), tmp_path)
    shares = []
    for module.progress in (0.0, 0.05, 0.1, 0.5, 1.0):
        shares.append(module.rate_share())
    assert shares[0] < shares[1] < shares[2] > shares[3] == pytest.approx(0.5)
    assert shares[4] == 0


def test_a_choice_that_there_is_not_is_refused(pairs: Path) -> None:
    with pytest.raises(ParameterError, match="plateau"):
        Config(data=str(pairs), steps=1, schedule="step")


def test_a_config_from_before_there_were_schemes_still_loads(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"data": "faces", "steps": 5, "sizes": [[0.0, 64]], "threads": 2}')
    config = Config.load(tmp_path / "config.json")
    assert (config.scheme, config.loss, config.precision) == ("celebamask", "ce+dice", "32")


def test_commands_name_what_differs_from_the_defaults() -> None:
    config = Config(data="d", minutes=3, scheme="eyes_lips", family="pix2pix", critic="bce", l1=50.0, devices=2)
    (command,) = commands(config)
    for words in ("--scheme eyes_lips", "--family pix2pix", "--critic bce", "--l1 50 ", "--devices 2", "--minutes 3"):
        assert words in command
    assert "--loss" not in command


def test_a_run_that_varies_whole_batches_goes_on_too(pairs: Path, tmp_path: Path) -> None:
    pytest.importorskip("kornia")
    for steps in (2, 4):
        train(small_config(pairs, augment="gpu", steps=steps), tmp_path / "run")
    assert load_averaged(tmp_path / "run")[2]["steps"] == 4
