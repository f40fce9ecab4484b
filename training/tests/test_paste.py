"""Rare parts of some faces on others."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_faces import CELEBAMASK, index
from wearing import SIZE, pictures, wearing

from facefx.errors import ParameterError
from facefx.labels import scheme
from facefx_training.data import Augment, FaceDataset, Paste, Pictures
from facefx_training.data.hair import NOT_HAIR
from facefx_training.data.soft import UNKNOWN
from facefx_training.run.config import Config

PARTS = ("necklace", "earring", "eyeglasses", "hat")
BARE = 0


def pasted(shown: Pictures, seed: int, share: float = 1.0, *, onto: int = BARE) -> tuple[np.ndarray, np.ndarray]:
    image, labels, _ = Paste(shown, CELEBAMASK, share)(onto, None, np.random.default_rng(seed))
    return image, labels


def some(part: str) -> Pictures:
    """A face that wears nothing, and two that wear a part."""
    return pictures(wearing(None), wearing(part, 1), wearing(part, 2))


def first_worn(shown: Pictures, part: str) -> tuple[np.ndarray, np.ndarray]:
    worn = (pasted(shown, seed) for seed in range(40))
    return next(pair for pair in worn if (pair[1] == index(part)).any())


@pytest.mark.parametrize("part", PARTS)
def test_what_one_wears_another_tries_on(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefx_training.data.paste.draw_necklace", lambda *_: None)
    shown = some(part)
    image, labels = first_worn(shown, part)
    before, as_it_was = (np.argwhere(labels_ == index(part)) for labels_ in (labels, shown.labels[1]))
    np.testing.assert_allclose(before.mean(0), as_it_was.mean(0), atol=8)  # both faces are alike
    assert 0.5 < len(before) / len(as_it_was) < 1.5
    colour = image[labels == index(part)].mean(0)
    np.testing.assert_allclose(colour, shown.images[1][shown.labels[1] == index(part)].mean(0), atol=25)


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_beside_what_is_pasted_nothing_changes_and_labels_stay_in_the_scheme(part: str, seed: int) -> None:
    shown = some(part)
    kept = shown.images.copy(), shown.labels.copy()
    image, labels = pasted(shown, seed)
    np.testing.assert_array_equal(shown.images, kept[0])
    np.testing.assert_array_equal(shown.labels, kept[1])
    new = labels != kept[1][BARE]
    assert labels.dtype == np.uint8
    assert labels.max() < len(CELEBAMASK)
    assert set(np.unique(labels[new])) <= {index(part), index("left_eye"), index("right_eye")}
    # as wide as the eyes that glasses bring along, where eyes were, so that no label tells
    near = cv2.dilate(new.astype(np.uint8), np.ones((17, 17))) > 0
    np.testing.assert_array_equal(image[~near], shown.images[BARE][~near])


@pytest.mark.parametrize("part", PARTS)
def test_pasting_hangs_on_its_seed_alone(part: str) -> None:
    shown = some(part)
    for one, two in zip(pasted(shown, 3), pasted(shown, 3), strict=True):
        np.testing.assert_array_equal(one, two)
    assert len({pasted(shown, seed)[0].tobytes() for seed in range(12)}) > 3


def test_where_nobody_wears_anything_or_the_share_is_none_a_picture_stays_itself() -> None:
    bare, worn = pictures(wearing(None), wearing(None, 1)), some("hat")
    for shown, share in ((bare, 1.0), (worn, 0.0)):
        for seed in range(8):
            image, labels = pasted(shown, seed, share)
            np.testing.assert_array_equal(image, shown.images[BARE])
            np.testing.assert_array_equal(labels, shown.labels[BARE])


def test_who_wears_a_part_takes_no_second_one() -> None:
    shown = some("eyeglasses")
    for seed in range(8):
        np.testing.assert_array_equal(pasted(shown, seed, onto=1)[1], shown.labels[1])


def test_a_share_of_the_pictures_is_changed() -> None:
    paste = Paste(some("hat"), CELEBAMASK, 0.3)
    hats = [(paste(BARE, None, np.random.default_rng(seed))[1] == index("hat")).any() for seed in range(300)]
    assert 0.2 < np.mean(hats) < 0.4


def test_who_is_turned_the_other_way_lends_in_the_mirror_and_sides_are_swapped() -> None:
    lent = wearing("eyeglasses", 0, turned=0.5)
    right = index("right_eye")
    lent[0][lent[1] == right] = (255, 0, 0)
    shown = pictures(wearing(None, turned=-0.5), lent)
    image, labels = first_worn(shown, "eyeglasses")
    middles = {eye: np.argwhere(labels == index(eye)).mean(0)[1] for eye in ("left_eye", "right_eye")}
    assert middles["left_eye"] > middles["right_eye"] + SIZE / 8
    redness = {eye: (image[labels == index(eye)] @ [1.0, -0.5, -0.5]).mean() for eye in middles}
    assert redness["left_eye"] > redness["right_eye"] + 50  # what was called right


def test_who_is_turned_much_further_lends_nothing() -> None:
    shown = pictures(wearing(None), wearing("eyeglasses", turned=0.9))
    assert all((pasted(shown, seed)[1] == shown.labels[BARE]).all() for seed in range(8))


def test_what_is_lent_is_lit_like_who_takes_it() -> None:
    image, labels = wearing("eyeglasses", 1)
    dark = pictures(wearing(None), ((image * 0.7).astype(np.uint8), labels))
    worn, found = first_worn(dark, "eyeglasses")
    there = found == index("eyeglasses")
    np.testing.assert_allclose(worn[there].mean(0), image[labels == index("eyeglasses")].mean(0), atol=20)


def test_pictures_of_hair_alone_neither_lend_nor_take() -> None:
    labels = np.full((SIZE, SIZE), NOT_HAIR, np.uint8)
    labels[:40] = index("hair")
    hair = np.zeros((SIZE, SIZE, 3), np.uint8), labels
    shown = pictures(hair, wearing("hat"), wearing("necklace", 1))
    assert all((pasted(shown, seed)[1] == labels).all() for seed in range(8))
    assert all((pasted(pictures(wearing(None), hair), seed)[1] != index("hat")).all() for seed in range(8))


def test_a_scheme_without_these_parts_is_left_alone() -> None:
    shown = some("hat")
    coarse = replace(shown, labels=scheme("lapa").lookup_from(CELEBAMASK)[shown.labels])
    image, labels, _ = Paste(coarse, scheme("lapa"), 1.0)(BARE, None, np.random.default_rng(0))
    np.testing.assert_array_equal(image, shown.images[BARE])
    np.testing.assert_array_equal(labels, coarse.labels[BARE])


@pytest.mark.parametrize("side", [32, 100, SIZE])
def test_what_a_teacher_said_is_unknown_where_something_is_pasted(side: int) -> None:
    shown = some("hat")
    paste = Paste(shown, CELEBAMASK, 1.0)
    said = np.full((side, side, 3), 7, np.uint8)
    for seed in range(12):
        _, labels, soft = paste(BARE, said, np.random.default_rng(seed))
        assert soft is not None
        assert (said == 7).all()
        hat = cv2.resize((labels == index("hat")).astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
        assert (soft[hat] == UNKNOWN).all()
        assert (soft[side * 3 // 4 :] == 7).all()


def test_a_run_without_pasting_shows_what_it_showed_and_one_with_it_the_same_crops() -> None:
    shown = some("eyeglasses")
    weights = np.array([1.0, 0, 0])
    plain, worn = (
        FaceDataset(shown, weights, Augment(64, CELEBAMASK), seed=1, epoch=0, paste=paste)
        for paste in (None, Paste(shown, CELEBAMASK, 1.0))
    )
    pairs = [(plain[k][1].numpy(), worn[k][1].numpy()) for k in range(3)]
    assert any((after == index("eyeglasses")).any() for _, after in pairs)
    for before, after in pairs:
        differs = before != after
        assert np.isin(after[differs], [index(part) for part in ("eyeglasses", "left_eye", "right_eye")]).all()


def test_a_share_beyond_all_pictures_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"paste=1\.5"):
        Config(data="D", steps=1, paste=1.5)
