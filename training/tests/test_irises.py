"""Irises drawn into labelled eyes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from facefx.labels import IGNORE, scheme
from facefx_training.data.irises import can_draw_irises, with_irises
from facefx_training.data.prepare import prepare
from facefx_training.data.readers.base import Entry
from facefx_training.data.readers.pairs import Pairs

CELEBAMASK, SIDES, FACE = scheme("celebamask"), scheme("face_sides"), scheme("face")
RIGHT, LEFT = (85.5, 110.5), (170.5, 110.5)  # the subject's


def portrait(*, iris: bool = True, height: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """(256, 256, 3) uint8 and CelebAMask-HQ's labels of it: an oval face whose eyes are 60 wide, with irises of radius 15."""
    image, labels = np.full((256, 256, 3), (205, 160, 135), np.uint8), np.zeros((256, 256), np.uint8)
    cv2.ellipse(labels, (128, 128), (100, 120), 0, 0, 360, 1, -1)
    for (x, y), name in ((RIGHT, "right_eye"), (LEFT, "left_eye")):
        eye = np.zeros(labels.shape, np.uint8)
        cv2.ellipse(eye, (round(x - 0.5), round(y - 0.5)), (30, height), 0, 0, 360, 1, -1)
        labels[eye > 0] = CELEBAMASK.indices_of(name)[0]
        image[eye > 0] = 225 if iris else (205, 160, 135)
        rows, columns = np.indices(labels.shape) + 0.5
        if iris:
            image[(np.hypot(columns - x, rows - y) <= 15) & (eye > 0)] = (70, 50, 35)
    return cv2.GaussianBlur(image, (0, 0), 0.8), labels


def test_an_iris_is_where_its_circle_lies_in_its_eye() -> None:
    image, labels = portrait()
    before = labels.copy()
    found = with_irises(image, labels, CELEBAMASK, SIDES)
    np.testing.assert_array_equal(labels, before)
    rows, columns = np.indices(labels.shape) + 0.5
    for side, (x, y) in (("right", RIGHT), ("left", LEFT)):
        eye = labels == CELEBAMASK.indices_of(f"{side}_eye")[0]
        true = eye & (np.hypot(columns - x, rows - y) <= 15)
        drawn = found == SIDES.classes.index(f"{side}_iris")
        assert (true & drawn).sum() / (true | drawn).sum() > 0.85
        assert not drawn[~eye].any()
        assert (found[eye & ~drawn] == SIDES.classes.index(f"{side}_eye")).all()
    assert (found[labels == 1] == 1).all()
    assert (found[labels == 0] == 0).all()


def test_the_mask_without_sides_is_the_same_one() -> None:
    image, labels = portrait()
    sided = with_irises(image, labels, CELEBAMASK, SIDES)
    np.testing.assert_array_equal(with_irises(image, labels, CELEBAMASK, FACE), FACE.lookup_from(SIDES)[sided])


def test_an_open_eye_without_an_iris_is_unknown_and_a_shut_one_is_an_eye() -> None:
    image, labels = portrait(iris=False)
    eyes = np.isin(labels, CELEBAMASK.indices_of("eyes"))
    assert (with_irises(image, labels, CELEBAMASK, SIDES)[eyes] == IGNORE).all()
    image, labels = portrait(height=2)
    eyes = np.isin(labels, CELEBAMASK.indices_of("eyes"))
    found = with_irises(image, labels, CELEBAMASK, SIDES)
    assert set(np.unique(found[eyes])) == {SIDES.classes.index("left_eye"), SIDES.classes.index("right_eye")}


def test_a_face_without_eyes_is_a_face() -> None:
    labels = np.ones((64, 64), np.uint8)
    assert (with_irises(np.zeros((64, 64, 3), np.uint8), labels, CELEBAMASK, SIDES) == 1).all()


@pytest.mark.parametrize(
    ("source", "target", "can"),
    [
        ("celebamask", "face", True),
        ("lapa", "face_sides", True),
        ("face_sides", "face", False),  # they are drawn already
        ("fasseg", "face", False),  # its eyes have no sides
        ("celebamask", "lapa", False),
    ],
)
def test_irises_are_drawn_where_they_are_wanted_and_eyes_are_told_apart(source: str, target: str, can: bool) -> None:
    assert can_draw_irises(scheme(source), scheme(target)) is can


def test_they_are_drawn_once_when_a_folder_is_prepared_and_kept_when_it_is_prepared_again(tmp_path: Path) -> None:
    source, once, again = tmp_path / "source", tmp_path / "once", tmp_path / "again"
    image, labels = portrait()
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
    cv2.imwrite(str(source / "images" / "one.png"), image[..., ::-1])
    cv2.imwrite(str(source / "labels" / "one.png"), labels)
    (source / "train.txt").write_text("one\n")
    prepare(source, once, scheme="face_sides", size=256, ratio=(1, 0, 0))
    prepare(once, again, scheme="face", size=256, ratio=(1, 0, 0))
    first = Pairs(once).labels(Entry("one", None, (once / "labels" / "one.png",)), (256, 256))
    second = cv2.imread(str(again / "labels" / "one.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(FACE.lookup_from(SIDES)[first], second)
    assert set(np.unique(second)) == {0, 1, 2, 3}
