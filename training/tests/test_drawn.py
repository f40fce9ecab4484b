"""Necklaces drawn around a neck."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_faces import CELEBAMASK, index
from wearing import pictures, wearing

from facefx_training.data import Paste
from facefx_training.data import drawn as drawing
from facefx_training.data.drawn import draw_necklace
from facefx_training.data.places import Face
from facefx_training.data.soft import UNKNOWN

NECKLACE = index("necklace")
KINDS = range(len(drawing._KINDS))


def a_face(part: str | None = None, side: int = 256) -> Face:
    """A tiny face of `wearing`, enlarged."""
    image, labels = wearing(part)
    eyes = [complex(*(np.argwhere(labels == index(eye)).mean(0)[::-1] * side / len(labels))) for eye in ("right_eye", "left_eye")]
    image = cv2.resize(image, (side, side))
    labels = cv2.resize(labels, (side, side), interpolation=cv2.INTER_NEAREST)
    return Face(image, labels, CELEBAMASK, *eyes, image[labels == index("skin")].mean(0))


def worn_by(face: Face) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    worn = (draw_necklace(face, np.random.default_rng(seed)) for seed in range(40))
    return [one for one in worn if one is not None]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), side=st.sampled_from([128, 256, 384]))
def test_a_necklace_hides_only_neck_and_clothing(seed: int, side: int) -> None:
    face = a_face(side=side)
    before = face.image.copy(), face.labels.copy()
    worn = draw_necklace(face, np.random.default_rng(seed))
    np.testing.assert_array_equal(face.image, before[0])
    np.testing.assert_array_equal(face.labels, before[1])
    if worn is None:
        return
    image, labels, changed = worn
    new = labels != face.labels
    assert image.dtype == labels.dtype == np.uint8
    assert new.any()
    assert set(np.unique(labels[new])) == {NECKLACE}
    assert set(np.unique(face.labels[changed])) <= {index("neck"), index("clothing")}
    assert changed[new].all()
    np.testing.assert_array_equal(image[~changed], face.image[~changed])
    near = cv2.dilate(new.astype(np.uint8), np.ones((9, 9))) > 0
    assert not (changed & ~near).any()


def test_most_bare_necks_take_one() -> None:
    assert len(worn_by(a_face())) >= 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_necklace_is_seen_where_its_label_is(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_CHANCES", tuple(float(k == kind) for k in KINDS))
    face = a_face(side=384)
    for image, labels, _ in worn_by(face)[:8]:
        differs = np.abs(image.astype(int) - face.image).max(2)
        assert differs[labels == NECKLACE].mean() > 12
        thick = cv2.distanceTransform((labels == NECKLACE).astype(np.uint8), cv2.DIST_L2, 3).max()
        assert 1 < thick < 16


def test_a_necklace_hangs_on_its_seed_alone() -> None:
    face = a_face()
    for seed in range(4):
        one, two = (draw_necklace(face, np.random.default_rng(seed)) for _ in range(2))
        assert (one is None) == (two is None)
        for a, b in zip(one or (), two or (), strict=True):
            np.testing.assert_array_equal(a, b)
    assert len({image.tobytes() for image, _, _ in worn_by(face)}) > 20


def test_on_a_dark_neck_it_is_dark() -> None:
    face = a_face()
    dark = replace(face, image=face.image // 3)
    bright, dim = (np.mean([image[labels == NECKLACE].mean() for image, labels, _ in worn_by(f)]) for f in (face, dark))
    assert dim < 0.6 * bright


@pytest.mark.parametrize("hidden_by", ["hair", "clothing", "background"])
def test_where_no_neck_is_seen_there_is_none(hidden_by: str) -> None:
    face = a_face()
    face.labels[face.labels == index("neck")] = index(hidden_by)
    assert not worn_by(face)


def test_without_a_chin_there_is_none() -> None:
    face = a_face()
    face.labels[:] = index("neck")
    assert not worn_by(face)


def test_it_is_drawn_where_what_others_wear_does_not_fit_and_a_teacher_is_not_asked_there() -> None:
    turned_away = wearing("necklace", 1, turned=0.9)
    shown = pictures(wearing(None), turned_away)
    paste, said = Paste(shown, CELEBAMASK, 1.0), np.full((128, 128, 3), 7, np.uint8)
    found = 0
    for seed in range(30):
        _, labels, soft = paste(0, said, np.random.default_rng(seed))
        new = labels == NECKLACE
        found += new.any()
        assert soft is not None
        assert (soft[new] == UNKNOWN).all()
    assert found >= 15


def test_who_wears_a_necklace_gets_no_second_one() -> None:
    shown = pictures(wearing(None), wearing("necklace", 1))
    for seed in range(8):
        _, labels, _ = Paste(shown, CELEBAMASK, 1.0)(1, None, np.random.default_rng(seed))
        np.testing.assert_array_equal(labels, shown.labels[1])
