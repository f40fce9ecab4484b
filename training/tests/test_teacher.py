"""Learning from a trained model's answers: soft labels, the distance to them, and a run with a teacher."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from test_training import small_config
from tiny_faces import CELEBAMASK, face, index
from torch.nn import functional as F

from facefx.errors import ParameterError
from facefx.labels import IGNORE
from facefx_training.data import Augment, Pictures
from facefx_training.data.augment import mirror_pair
from facefx_training.data.soft import UNKNOWN, mirror_soft, pack
from facefx_training.export.card import commands, draft_card
from facefx_training.export.model_folder import export_model
from facefx_training.networks import build
from facefx_training.run import teacher as teacher_module
from facefx_training.run.checkpoints import network_of
from facefx_training.run.config import Config
from facefx_training.run.teacher import Distillation, taught
from facefx_training.run.train import train


def hard(labels: np.ndarray) -> np.ndarray:
    """Soft labels of somebody who is sure."""
    return np.stack([labels, np.zeros_like(labels), np.full_like(labels, 255)], -1)


# ---- soft labels


def test_packed_are_the_two_likeliest_classes_and_their_proportion() -> None:
    probabilities = np.zeros((19, 1, 3), np.float32)
    probabilities[[4, 13], 0, 0] = 0.6, 0.2
    probabilities[7, 0, 1] = 1
    probabilities[[2, 1, 9], 0, 2] = 0.3, 0.3, 0.25
    kept = probabilities.copy()
    soft = pack(probabilities)
    assert soft.dtype == np.uint8
    assert soft[0, 0].tolist() == [4, 13, round(0.75 * 255)]
    assert soft[0, 1, [0, 2]].tolist() == [7, 255]
    assert soft[0, 1, 1] != 7
    assert sorted(soft[0, 2, :2]) == [1, 2]
    assert soft[0, 2, 2] in (127, 128)
    np.testing.assert_array_equal(probabilities, kept)


def test_a_flip_of_soft_labels_is_that_of_label_maps() -> None:
    image, labels = face(64)
    flipped = mirror_soft(hard(labels), CELEBAMASK)
    np.testing.assert_array_equal(flipped, hard(mirror_pair(image, labels, CELEBAMASK)[1]))
    nobody = np.full((2, 2, 3), UNKNOWN, np.uint8)
    np.testing.assert_array_equal(mirror_soft(nobody, CELEBAMASK), nobody)


@pytest.mark.parametrize("seed", range(12))
def test_soft_labels_are_cropped_turned_flipped_and_hidden_with_the_picture(seed: int) -> None:
    """Those at half the size lie where the labels do, but for a pixel at the edges; the picture comes out as without them."""
    image, labels = face(192, 3)
    small = cv2.resize(labels, (96, 96), interpolation=cv2.INTER_NEAREST_EXACT)
    augment = Augment(96, CELEBAMASK)
    varied, known, soft = augment.with_soft(image, labels, hard(small), np.random.default_rng(seed))
    plain = augment(image, labels, np.random.default_rng(seed))
    np.testing.assert_array_equal(varied, plain[0])
    np.testing.assert_array_equal(known, plain[1])
    assert soft is not None
    np.testing.assert_array_equal(soft[..., 2] == 255, True)  # sure, or unknown
    np.testing.assert_allclose((soft[..., 0] == IGNORE).mean(), (known == IGNORE).mean(), atol=0.03)
    assert (soft[..., 0] == known).mean() > 0.93
    for part in ("left_eyebrow", "right_eyebrow", "nose"):
        here, there = (np.argwhere(found == index(part)).mean(0) for found in (soft[..., 0], known))
        np.testing.assert_allclose(here, there, atol=1.5)


# ---- the distance


def test_the_distance_is_the_divergence_by_hand() -> None:
    logits = torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1, 1)
    soft = torch.tensor([[[[0, 2, 204]]]], dtype=torch.uint8)  # 0.8 to 0.2
    said = np.exp([1, 0, -1]) / np.exp([1, 0, -1]).sum()
    expected = 0.8 * math.log(0.8 / said[0]) + 0.2 * math.log(0.2 / said[2])
    assert Distillation()(logits, soft).item() == pytest.approx(expected, rel=1e-5)

    softer = np.exp([0.5, 0, -0.5]) / np.exp([0.5, 0, -0.5]).sum()
    first = math.sqrt(0.8) / (math.sqrt(0.8) + math.sqrt(0.2))
    by_two = 4 * (first * math.log(first / softer[0]) + (1 - first) * math.log((1 - first) / softer[2]))
    assert Distillation(2.0)(logits, soft).item() == pytest.approx(by_two, rel=1e-5)


def test_the_distance_is_zero_at_the_teacher_s_answer_and_learning_goes_there() -> None:
    soft = torch.tensor([[[[3, 5, 191], [1, 0, 255]]]], dtype=torch.uint8)
    share = 191 / 255
    logits = torch.full((1, 19, 1, 2), -60.0)
    logits[0, [3, 5], 0, 0] = torch.tensor([share, 1 - share]).log()
    logits[0, 1, 0, 1] = 0
    assert Distillation()(logits, soft).item() == pytest.approx(0, abs=1e-5)

    learning = torch.zeros(1, 19, 1, 2, requires_grad=True)
    Distillation()(learning, soft).backward()
    assert learning.grad is not None
    assert (-learning.grad)[0, :, 0, 0].topk(2).indices.tolist() == [3, 5]


def test_pixels_that_no_teacher_was_asked_about_say_nothing() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 19, 4, 4, requires_grad=True)
    soft = torch.from_numpy(np.broadcast_to(np.array([4, 5, 200], np.uint8), (2, 4, 4, 3)).copy())
    partly = soft.clone()
    partly[:, 2:] = IGNORE
    torch.testing.assert_close(Distillation()(logits, partly), Distillation()(logits[:, :, :2], soft[:, :2]))
    nothing = Distillation()(logits, torch.full_like(soft, IGNORE))
    nothing.backward()
    assert nothing.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


# ---- a teacher's answers


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model that answers at random, but firmly."""
    torch.manual_seed(2)
    network = build("unet2015", len(CELEBAMASK), width=4).eval()
    with torch.no_grad():
        network.head.classify.weight *= 20
    card = {
        "name": "wise", "version": "3", "family": "unet2015", "summary": "", "license": "CC0", "data_license": "none",
        "input": {"size": [64, 64]}, "training": {"data": {"lessons": {"license": "theirs", "pictures": 5}}},
    }  # fmt: skip
    export_model(network, tmp_path / "wise", card, CELEBAMASK, face(64)[0], sizes=(64,))
    return tmp_path / "wise"


def some_pictures(count: int = 3) -> Pictures:
    images, labels = zip(*(face(96, seed) for seed in range(count)), strict=True)
    return Pictures([str(i) for i in range(count)], np.stack(images), np.stack(labels))


def test_answers_are_the_teachers_at_half_the_size_and_asked_for_once(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facefx.inference.segmenter import OnnxSegmenter

    pictures = some_pictures()
    answered = taught(pictures, [model], CELEBAMASK, tmp_path / "answers")
    assert answered.soft is not None
    assert answered.soft.shape == (3, 48, 48, 3)
    seen = cv2.resize(pictures.images[1], (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    said = OnnxSegmenter.from_folder(model).probabilities(seen[None])[0]
    small = np.stack([cv2.resize(values, (48, 48), interpolation=cv2.INTER_AREA) for values in said])
    np.testing.assert_array_equal(answered.soft[1, ..., 0], small.argmax(0))

    complete = np.array(answered.soft)
    answered.soft[2] = 0  # as if interrupted before the last one
    del answered
    asked: list[int] = []
    answer = teacher_module._answer
    monkeypatch.setattr(teacher_module, "_answer", lambda *given: asked.append(1) or answer(*given))
    again = taught(pictures, [model], CELEBAMASK, tmp_path / "answers")
    np.testing.assert_array_equal(again.soft, complete)
    assert len(asked) == 1
    taught(some_pictures(2), [model], CELEBAMASK, tmp_path / "answers")  # other pictures have answers of their own
    assert len(asked) == 3


def test_several_teachers_are_asked_for_their_mean(model: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(model, twin)
    one = taught(some_pictures(), [model], CELEBAMASK, tmp_path / "answers").soft
    two = taught(some_pictures(), [model, twin], CELEBAMASK, tmp_path / "answers").soft
    assert one is not None
    assert two is not None
    assert len(list((tmp_path / "answers").iterdir())) == 2
    assert (one[..., 0] == two[..., 0]).mean() > 0.99
    np.testing.assert_allclose(one[..., 2].astype(float), two[..., 2], atol=1)


def test_a_teacher_of_other_parts_is_refused(model: Path, tmp_path: Path) -> None:
    from facefx.labels import scheme

    with pytest.raises(ParameterError, match="answers in the scheme celebamask, and the run learns eyes_lips"):
        taught(some_pictures(), [model], scheme("eyes_lips"), tmp_path / "answers")


@pytest.mark.parametrize("changes", [{"augment": "gpu"}, {"temperature": 0.0}, {"teacher_weight": -1.0}])
def test_settings_that_no_teacher_goes_with_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="teacher"):
        Config(data="D", steps=1, teacher=("T",), **changes)


# ---- a run


@pytest.fixture(autouse=True)
def _random_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefx_training.run.module.network_of", lambda config: network_of(config, pretrained=False))


@torch.no_grad()
def _distance_to(model: Path, network: torch.nn.Module, pictures: Pictures, folder: Path) -> float:
    soft = taught(pictures, [model], CELEBAMASK, folder).soft
    images = torch.from_numpy(pictures.images).permute(0, 3, 1, 2).float() / 255
    logits = F.avg_pool2d(network.eval()(images), 2)
    return Distillation()(logits, torch.from_numpy(np.array(soft))).item()


def test_a_run_learns_a_teachers_answers_from_pictures_without_a_label(pairs: Path, tmp_path: Path, model: Path) -> None:
    from facefx_training.run.checkpoints import load_averaged

    for label in (pairs / "labels").iterdir():
        cv2.imwrite(str(label), np.full((96, 96), IGNORE, np.uint8))
    config = small_config(
        pairs, teacher=(str(model),), family="unet2015", options={"width": 4}, steps=60, batch=4, ema=0.9, decoder_rate=0.01
    )
    train(replace(config, steps=1, validate_every=1000), tmp_path / "young")
    train(replace(config, validate_every=1000), tmp_path / "run")
    assert len(list((tmp_path / "run" / "teacher").iterdir())) == 1
    young, learnt = (
        _distance_to(model, load_averaged(tmp_path / run)[1], some_pictures(), tmp_path / "judge") for run in ("young", "run")
    )
    assert learnt < 0.8 * young


def test_a_card_names_the_teachers_and_what_they_learnt_from(pairs: Path, model: Path) -> None:
    config = Config(data=str(pairs), steps=7, teacher=(str(model),), temperature=2.0)
    reached = {"epochs": 1, "steps": 7, "minutes": 1.0, "hardware": "CPU"}
    card = draft_card(config, reached, name="student", version="1", size=64, pictures=8)
    (named,) = card["training"]["teachers"]
    assert (named["name"], named["version"]) == ("wise", "3")
    assert list(card["training"]["data"]) == ["lessons", "celebamask"]
    assert "theirs" in card["data_license"]
    assert commands(config)[-1].endswith("--steps 7 --temperature 2 --teacher models/wise")
    alone = draft_card(replace(config, teacher=()), reached, name="alone", version="1", size=64, pictures=8)
    assert "teachers" not in alone["training"]
