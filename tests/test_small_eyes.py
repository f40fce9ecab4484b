"""Eyes on crops that had to be enlarged."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facefx
from facefx.errors import ModelError
from facefx.face.values import FaceParsing
from facefx.inference.cards import ModelCard, find_card
from facefx.inference.ensemble import Ensemble
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import Region, scheme
from facefx.parsing.parser import Parser
from facefx.parsing.small_eyes import with_small_eyes
from facefx.video import Tracker
from tiny_models import write_model

CELEBAMASK = scheme("celebamask")
EYES = list(CELEBAMASK.indices_of(Region.EYES))
OTHERS = [index for index in range(len(CELEBAMASK)) if index not in EYES]
PHOTO = Path(__file__).parents[1] / "samples" / "straight.jpg"


def crop_of(scale: float, turn: float = 0.0, seed: int = 0) -> FaceParsing:
    """Any probabilities, on a crop that many times as large as what it shows."""
    probabilities = np.random.default_rng(seed).dirichlet(np.full(len(CELEBAMASK), 0.3), (12, 12)).astype(np.float32)
    affine = np.hstack([cv2.getRotationMatrix2D((0, 0), turn, scale)[:, :2], [[3], [4]]])
    return FaceParsing(np.ascontiguousarray(np.moveaxis(probabilities, -1, 0)), CELEBAMASK, affine)


def logits_of_eyes(probabilities: np.ndarray) -> np.ndarray:
    return np.log(probabilities[EYES].sum(axis=0) / probabilities[OTHERS].sum(axis=0))


@given(st.floats(1.01, 20), st.floats(-180, 180), st.floats(0.1, 3), st.integers(0, 9))
def test_their_logits_grow_with_each_doubling_and_all_else_keeps_its_ratios(
    scale: float, turn: float, added: float, seed: int
) -> None:
    parsing = crop_of(scale, turn, seed)
    before = np.array(parsing.probabilities)
    after = np.asarray(with_small_eyes(parsing, added).probabilities)
    assert np.array_equal(parsing.probabilities, before)  # what was given is left as it is
    assert after.sum(axis=0) == pytest.approx(1, abs=1e-5)
    likely = (before[EYES].sum(axis=0) > 2e-3) & (before[OTHERS].sum(axis=0) > 1e-2)
    grown = (logits_of_eyes(after) - logits_of_eyes(before))[likely]
    assert grown == pytest.approx(added * min(np.log2(scale), 3), abs=2e-2)
    for group in (EYES, OTHERS):
        share = [values[group] / np.maximum(values[group].sum(axis=0), 1e-9) for values in (before, after)]
        assert share[1][:, likely] == pytest.approx(share[0][:, likely], abs=1e-4)


@pytest.mark.parametrize(("scale", "added"), [(1.0, 1.4), (0.3, 1.4), (4.0, 0.0)])
def test_what_was_not_enlarged_or_says_nothing_of_it_stays(scale: float, added: float) -> None:
    parsing = crop_of(scale)
    assert with_small_eyes(parsing, added) is parsing


def test_a_scheme_without_eyes_stays() -> None:
    parsing = FaceParsing(np.full((2, 8, 8), 0.5, np.float32), scheme("hair"), np.array([[3.0, 0, 0], [0, 3, 0]]))
    assert with_small_eyes(parsing, 1.4) is parsing


def small_photo(face: int) -> np.ndarray:
    """The sample with a face of about so many pixels."""
    picture = facefx.open_image(PHOTO)
    times = face / facefx.parse(picture).faces[0].box.height
    return cv2.resize(np.asarray(picture.native), None, fx=times, fy=times, interpolation=cv2.INTER_AREA)


def without(card: ModelCard) -> OnnxSegmenter:
    return OnnxSegmenter(replace(card, small_eyes=0.0))


def test_the_default_model_finds_more_of_the_eyes_of_a_small_face_and_the_same_of_a_large_one() -> None:
    card = find_card("unet-lite0")
    assert card.small_eyes > 0
    for face, grows in ((40, True), (300, False)):
        photo = small_photo(face)
        plain, found = (facefx.parse(photo, segmenter=each).mask("eyes").sum() for each in (without(card), OnnxSegmenter(card)))
        assert (found > 1.02 * plain) if grows else (found == plain), face


def test_a_film_finds_them_as_a_photo_does() -> None:
    card, frame = find_card("unet-lite0"), small_photo(40)
    for parse_again in range(3):
        sums = []
        for segmenter in (without(card), OnnxSegmenter(card)):
            tracker = Tracker(segmenter=segmenter)
            for _ in range(parse_again + 1):
                scene = tracker.next(frame.astype(np.float32) / 255)
            sums.append(scene.mask("eyes").sum())
        assert sums[1] > 1.02 * sums[0]


def test_of_several_models_it_is_the_mean(tmp_path: Path) -> None:
    cards = [replace(ModelCard.read(write_model(tmp_path / str(added))), small_eyes=added) for added in (1.0, 2.0)]
    both = Ensemble([OnnxSegmenter(card) for card in cards], [3, 1])
    assert Parser.of(both).small_eyes == pytest.approx(1.25)


def test_it_is_part_of_what_tells_a_model_from_others() -> None:
    card = find_card("unet-lite0")
    assert replace(card, small_eyes=0.5).identity != card.identity


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("eyes = -1", r"\[small\] eyes is -1; allowed: a number, 0 to 3"),
        ("eyes = true", "eyes is True"),
        ("lips = 1", r"has 'lips'"),
    ],
)
def test_a_card_that_says_nothing_sensible_of_it(tmp_path: Path, said: str, message: str) -> None:
    folder = write_model(tmp_path / "tiny")
    with (folder / "card.toml").open("a", encoding="utf-8") as card:
        card.write(f"[small]\n{said}\n")
    assert tomllib.loads((folder / "card.toml").read_text("utf-8"))["small"]
    with pytest.raises(ModelError, match=message):
        ModelCard.read(folder)
