"""Specks that nothing connects to a head are none of its parts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx import Label
from facefx.face.face import Face
from facefx.face.postprocessing import emptied, without_islands, without_others
from facefx.face.values import Box, FaceParsing
from facefx.labels import scheme
from facefx.pixels import geometry
from synthetic import CELEBAMASK, INDEX, PORTRAIT, label_picture

SIZE = (200, 200)
HEAD = label_picture([PORTRAIT], SIZE)


def face_of(labels: np.ndarray, name: str = "celebamask", blur: float = 0.0) -> Face:
    """A face whose crop is the picture itself, its probabilities soft at the parts' edges."""
    target = scheme(name)
    known = target.lookup_from(CELEBAMASK)[labels]
    probabilities = np.stack([(known == index).astype(np.float32) for index in range(len(target))])
    if blur:
        probabilities = np.stack([cv2.GaussianBlur(p, (0, 0), blur) for p in probabilities])
    parsing = FaceParsing(probabilities, target, np.eye(2, 3))
    return Face(Box(0, 0, 10, 10), 0.0, 1.0, parsing, np.zeros((*labels.shape, 3), np.float32))


def with_square(label: Label, side: int, corner: tuple[int, int] = (2, 2)) -> np.ndarray:
    labels = HEAD.copy()
    labels[corner[0] : corner[0] + side, corner[1] : corner[1] + side] = INDEX[label]
    return labels


@pytest.mark.parametrize("label", [Label.HAT, Label.SKIN, Label.CLOTHING, Label.HAIR])
def test_a_speck_goes_with_its_soft_edge_and_the_head_stays(label: Label) -> None:
    before, alone = face_of(with_square(label, 12), blur=1.5), face_of(HEAD, blur=1.5)
    after = without_islands(before).parsing.probabilities
    assert before.parsing.probabilities[0, :18, :18].min() < 0.1
    np.testing.assert_array_equal(after[0, :18, :18], 1)
    np.testing.assert_allclose(after, alone.parsing.probabilities, atol=0.02)
    np.testing.assert_allclose(after.sum(axis=0), 1, atol=1e-5)


def test_a_large_lock_stays_and_a_large_hat_on_the_wall_goes() -> None:
    side = int(np.sqrt(0.08 * (HEAD > 0).sum()))
    lock, hat = face_of(with_square(Label.HAIR, side)), face_of(with_square(Label.HAT, side))
    assert without_islands(lock) is lock
    assert without_islands(hat).parsing.region(Label.HAT).max() == 0


def test_what_touches_the_head_stays() -> None:
    hair = np.argwhere(np.equal(HEAD, INDEX[Label.HAIR]))
    top = hair[hair[:, 0].argmin()]
    face = face_of(with_square(Label.HAT, 8, (top[0] - 8, top[1])))
    assert without_islands(face) is face


def test_parts_of_a_scheme_without_skin_all_stay() -> None:
    face = face_of(HEAD, "eyes_lips")
    assert without_islands(face) is face


def test_a_face_without_a_face_is_left_alone() -> None:
    nothing = face_of(np.zeros_like(HEAD))
    assert without_islands(nothing) is nothing


@given(st.integers(0, 180), st.integers(0, 180), st.integers(1, 20), st.sampled_from(list(Label)[1:]))
def test_nothing_is_added_and_nothing_of_the_head_lost(y: int, x: int, side: int, label: Label) -> None:
    before = face_of(with_square(label, side, (y, x)))
    after = without_islands(before).parsing.probabilities
    assert ((after[1:] == 0) | (after[1:] == before.parsing.probabilities[1:])).all()
    covered = np.zeros(SIZE, bool)
    covered[y : y + side, x : x + side] = True
    assert (after[0][(HEAD > 0) & ~covered] == 0).all()


def test_of_a_crowd_only_those_count_who_are_near() -> None:
    """The same as if each of them was asked about every pixel."""
    values = np.random.default_rng(0).dirichlet(np.ones(19), (48, 48)).astype(np.float32).transpose(2, 0, 1)
    parsing = FaceParsing(values, scheme("celebamask"), np.array([[0.6, 0.2, -20], [-0.2, 0.6, 10.0]]))
    face = Face(Box(60, 40, 110, 100), 0.0, 1.0, parsing, np.zeros((160, 200, 3), np.float32))
    rows, columns = np.indices((48, 48))
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)

    def distance(box: Box) -> np.ndarray:
        return np.asarray(np.hypot(*(points - box.center).T) / box.side).reshape(48, 48)

    random, changes = np.random.default_rng(1), 0
    for _ in range(60):
        middles = np.array(face.box.center) + random.normal(0, 1, (3, 2)) * face.box.side * random.choice([0.5, 2, 4, 20])
        halves = face.box.side * random.choice([0.1, 0.5, 1.0], 3)
        others = [Box(x - half, y - half, x + half, y + half) for (x, y), half in zip(middles, halves, strict=True)]
        wanted = emptied(values, np.any([distance(box) < distance(face.box) for box in others], axis=0))
        np.testing.assert_array_equal(without_others(face, others).parsing.probabilities, wanted)
        changes += wanted is not values
    assert 10 < changes < 55
