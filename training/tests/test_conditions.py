"""Each condition on a face that is made to meet it, and on one that does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tiny_faces import CELEBAMASK, face, index

from facefx.labels import scheme
from facefx_training.judge.conditions import CONDITIONS, conditions


def plain() -> tuple[np.ndarray, np.ndarray]:
    """A grey face that meets no condition."""
    _, labels = face(96)
    return np.full((96, 96, 3), 128, np.uint8), labels


def test_a_plain_face_meets_none() -> None:
    assert conditions(*plain(), CELEBAMASK) == frozenset()


@pytest.mark.parametrize(
    ("name", "part"), [("glasses", "eyeglasses"), ("hat", "hat"), ("earring", "earring"), ("necklace", "necklace")]
)
def test_a_labelled_thing_is_met_unless_it_is_a_speck(name: str, part: str) -> None:
    image, labels = plain()
    labels[2, 2] = index(part)
    assert not CONDITIONS[name](image, labels, CELEBAMASK)
    labels[2:5, 2:5] = index(part)
    assert conditions(image, labels, CELEBAMASK) == {name}


def test_a_fringe_over_the_eyes_is_hair_over_the_face() -> None:
    image, labels = plain()
    labels[36:48, 40:52] = index("hair")
    assert conditions(image, labels, CELEBAMASK) == {"hair_over_face"}


@pytest.mark.parametrize(("name", "value"), [("dark", 60), ("bright", 220)])
def test_light_is_judged_on_the_face_not_on_what_is_around_it(name: str, value: int) -> None:
    image, labels = plain()
    around = image.copy()
    around[labels == 0] = value
    assert conditions(around, labels, CELEBAMASK) == frozenset()
    image[labels != 0] = value
    assert conditions(image, labels, CELEBAMASK) == {name}


def test_a_head_is_turned_when_the_nose_is_off_the_middle() -> None:
    image, labels = plain()
    labels[labels == index("nose")] = index("skin")
    cv2.circle(labels, (62, 52), 4, index("nose"), -1)
    assert conditions(image, labels, CELEBAMASK) == {"turned"}


def test_a_scheme_that_cannot_tell_meets_none() -> None:
    image, labels = plain()
    coarse = scheme("hair").lookup_from(CELEBAMASK)[labels]
    assert conditions(image // 4, coarse, scheme("hair")) == frozenset()
