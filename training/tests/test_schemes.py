"""Training on one label scheme with labels from another, and pix2pix, from start to model folder and scores."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_faces import CELEBAMASK, face
from typer.testing import CliRunner

from facefx.errors import ImageError, ModelError
from facefx.inference.cards import ModelCard
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import IGNORE, scheme
from facefx_training.cli import app
from facefx_training.data import Pictures, read_pictures, split_names
from facefx_training.data.ab import mask_colours, read_ab, write_ab
from facefx_training.data.soft import pack
from facefx_training.export.phones import write_for_phones
from facefx_training.run.adversarial import AdversarialParser
from facefx_training.run.checkpoints import network_of
from facefx_training.run.config import Config

EYES_LIPS = scheme("eyes_lips")
TINY = ["--size", "0=64", "--threads", "1", "--workers", "0", "--batch", "2"]


def call(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(autouse=True)
def _random_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefx_training.run.module.network_of", lambda config: network_of(config, pretrained=False))


@pytest.fixture
def ab(pairs: Path, tmp_path: Path) -> Path:
    write_ab(pairs, tmp_path / "ab", EYES_LIPS, size=96)
    return tmp_path / "ab"


def test_a_run_on_another_scheme_ends_as_a_model_of_that_scheme_and_is_scored_by_it(pairs: Path, tmp_path: Path) -> None:
    run, model, scores = tmp_path / "run", tmp_path / "eyes", tmp_path / "scores.json"
    call("train", "--into", run, "--data", pairs, "--steps", 2, "--scheme", "eyes_lips", "--option", "stem=0", *TINY)
    call("export", run, model, "--size", 64)
    card = ModelCard.read(model)
    assert card.scheme == EYES_LIPS
    assert "5 labels" in card.summary
    call("evaluate", model, "--data", pairs, "--size", 64, "--end-to-end", "--by-condition", "--json", scores)
    found = json.loads(scores.read_text())
    assert set(found["whole_frame_64"]["f1"]) == set(EYES_LIPS.classes[1:])
    assert found["whole_frame_64"]["by_condition"]["none of these"]["pictures"] <= 2
    assert set(found["end_to_end"]["iou"]) == set(EYES_LIPS.classes)


def test_a_grey_mask_of_the_face_is_trained_exported_and_judged_with_sides(pairs: Path, tmp_path: Path) -> None:
    data, run, model, scores = tmp_path / "data", tmp_path / "run", tmp_path / "grey", tmp_path / "scores.json"
    call("prepare", pairs, "--into", data, "--scheme", "face_sides", "--size", 96)
    call("train", "--into", run, "--data", data, "--steps", 2, "--scheme", "face", "--family", "grey-unet", *TINY)
    call("export", run, model, "--size", 64)
    card = ModelCard.read(model)
    assert (card.values, card.channels) == ("grey", 1)
    assert card.scheme == scheme("face_sides")
    assert (model / "model.onnx").stat().st_size <= 3e6
    assert OnnxSegmenter(card).probabilities(np.zeros((1, 64, 64, 3), np.float32)).shape == (1, 6, 64, 64)
    call("evaluate", model, "--data", data, "--size", 64, "--end-to-end", "--json", scores)
    found = json.loads(scores.read_text())
    for way in ("whole_frame_64", "end_to_end"):
        assert set(found[way]["iou_of_regions"]) == {"face", "eyes", "irises"}
    call("average", f"{model}=1", tmp_path / "mean")
    assert ModelCard.read(tmp_path / "mean").values == "grey"
    with pytest.raises(ModelError, match="one grey picture"):
        write_for_phones(card, tmp_path / "phone", to="tflite", precision="float16", size=64, photos=tmp_path)


def test_pix2pix_learns_from_ab_pictures_and_ends_as_a_model_folder(pairs: Path, tmp_path: Path) -> None:
    ab, run, model = tmp_path / "ab", tmp_path / "run", tmp_path / "painter"
    call("pairs", pairs, "--into", ab, "--scheme", "eyes_lips", "--size", 96)
    call("train", "--into", run, "--data", ab, "--steps", 3, "--family", "pix2pix", "--scheme", "eyes_lips", *TINY)
    checkpoint = torch.load(next(run.glob("epoch*.ckpt")), weights_only=True)
    assert any(name.startswith("critic.") for name in checkpoint["state_dict"])
    call("export", run, model, "--size", 64)
    card = ModelCard.read(model)
    assert (card.family, card.scheme) == ("pix2pix", EYES_LIPS)
    assert card.training["steps"] == 3
    assert card.training["pictures_seen"] == 6


def painter(**changes: object) -> tuple[AdversarialParser, dict[str, torch.Tensor]]:
    """A pix2pix in training, without a trainer, and what it logs."""
    torch.manual_seed(0)
    config = Config(data="", steps=1, family="pix2pix", scheme="eyes_lips", decoder_rate=1e-2, **changes)
    pictures = Pictures([], np.zeros((0, 8, 8, 3), np.uint8), np.zeros((0, 8, 8), np.uint8))
    parser = AdversarialParser(config, pictures, np.ones(0), pictures, Path())
    logged: dict[str, torch.Tensor] = {}
    optimizers = parser.configure_optimizers()
    parser.optimizers = lambda: optimizers  # type: ignore[method-assign]
    parser.toggle_optimizer = parser.untoggle_optimizer = lambda optimizer: None  # type: ignore[method-assign]
    parser.manual_backward = lambda loss: loss.backward()  # type: ignore[method-assign]
    parser.log_step = lambda images, **values: logged.update(values)  # type: ignore[method-assign]
    return parser, logged


def _faces() -> tuple[torch.Tensor, torch.Tensor]:
    """Two photos, (2, 3, 64, 64), and their labels, (2, 64, 64)."""
    images, labels = zip(*(face(64, seed) for seed in range(2)), strict=True)
    targets = EYES_LIPS.lookup_from(CELEBAMASK)[np.stack(labels)]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), torch.from_numpy(targets)


@pytest.mark.parametrize("changes", [{}, {"supervision": 0.0}, {"critic": "bce"}])
def test_the_painter_comes_nearer_to_the_mask_picture_and_unknown_pixels_teach_it_nothing(changes: dict[str, object]) -> None:
    parser, logged = painter(**changes)
    photos, targets = _faces()
    parser.training_step((photos, targets), 0)
    first = float(logged["l1"].detach())
    for _ in range(8):
        parser.training_step((photos, targets), 0)
    assert float(logged["l1"].detach()) < 0.8 * first
    assert all(value.isfinite() for value in logged.values())

    parser.training_step((photos, torch.full_like(targets, IGNORE)), 0)
    assert logged["l1"] == 0


def test_the_painter_learns_from_a_teacher_where_no_label_is_known() -> None:
    parser, logged = painter(teacher=("T",))
    photos, targets = _faces()
    answered = F.one_hot(targets.long(), len(EYES_LIPS)).permute(0, 3, 1, 2).float()
    soft = torch.from_numpy(np.stack([pack(shares.numpy()) for shares in answered]))
    unknown = torch.full_like(targets, IGNORE)
    parser.training_step((photos, unknown, soft), 0)
    first = float(logged["distance"].detach())
    for _ in range(8):
        parser.training_step((photos, unknown, soft), 0)
    assert float(logged["distance"].detach()) < 0.8 * first


def test_ab_pictures_hold_the_photo_and_give_the_labels_back(pairs: Path, ab: Path) -> None:
    assert split_names(ab, "train") == [f"face{i}" for i in range(8)]
    assert split_names(ab, "val") == ["face8", "face9"]
    image, labels = face(96, 9)
    whole = cv2.imread(str(ab / "val" / "face9.png"), cv2.IMREAD_COLOR_RGB)
    assert whole.shape == (96, 192, 3)
    read = read_pictures(ab, "val", EYES_LIPS)
    np.testing.assert_array_equal(read.images[1], whole[:, :96])
    np.testing.assert_array_equal(read.labels[1], EYES_LIPS.lookup_from(CELEBAMASK)[labels])
    assert np.abs(read.images[1].astype(int) - image).mean() < 12  # the source was a JPEG


@pytest.mark.parametrize("name", ["celebamask", "lapa", "eyes_lips", "hair"])
def test_mask_colours_survive_jpeg_like_noise(name: str, tmp_path: Path) -> None:
    labels = scheme(name)
    wanted = np.array([[*range(len(labels)), IGNORE]], np.uint8).repeat(4, 0)
    mask = np.clip(
        mask_colours(labels)[wanted].astype(int) + np.random.default_rng(0).integers(-20, 21, (*wanted.shape, 3)), 0, 255
    )
    cv2.imwrite(str(tmp_path / "a.png"), np.hstack([np.zeros_like(mask), mask]).astype(np.uint8)[..., ::-1])
    np.testing.assert_array_equal(read_ab([tmp_path / "a.png"], labels, scheme=labels).labels[0], wanted)


def test_a_picture_with_no_two_halves_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "odd.png"), np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(ImageError, match=r"odd\.png"):
        read_ab([tmp_path / "odd.png"], EYES_LIPS, scheme=EYES_LIPS)


def test_a_folder_without_pictures_says_what_to_do(pairs: Path) -> None:
    (pairs / "val.txt").write_text("")
    with pytest.raises(ImageError, match="facefx-train prepare"):
        read_pictures(pairs, "val", EYES_LIPS)
