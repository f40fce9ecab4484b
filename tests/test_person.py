"""The person beyond the parsed crop: bodies, what segmenters doubt, and pictures in which there is nothing to cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facefx.face.face import Face
from facefx.face.person import person_mask
from facefx.face.scene import Scene
from facefx.labels import Label
from facefx.testing import example_scene
from facefx.testing.drawn import INDEX, PALETTE, Head, drawn_face, label_picture, painted

HEAD = Head((150, 90), 60)
SIZE = (420, 300)
UNUSUAL = ["larger than the picture", "tiny", "one pixel", "one line", "nothing of it", "all of it"]


def photo(coat: tuple[int, int, int] = PALETTE[Label.CLOTHING]) -> tuple[np.ndarray, np.ndarray]:
    """A head on a long body, with a gap between an arm and the waist, and where the person is, (H, W) bool."""
    labels = label_picture([HEAD], SIZE)
    body = np.zeros(SIZE, np.uint8)
    cv2.fillPoly(body, [np.array([[90, 170], [210, 170], [225, 419], [75, 419]])], 1)
    cv2.fillPoly(body, [np.array([[205, 240], [212, 240], [214, 300], [205, 300]])], 0)
    labels[(labels == 0) & (body == 1)] = INDEX[Label.CLOTHING]
    image = painted(labels).astype(np.float32) / 255
    image[(body == 1) & (labels == INDEX[Label.CLOTHING])] = np.array(coat) / 255
    return image, labels > 0


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    found = mask >= 0.5
    return float((found & truth).sum() / (found | truth).sum())


def parsed_alone(face: Face) -> np.ndarray:
    return np.asarray(face.mask("person"))


def test_the_body_below_the_crop_is_found() -> None:
    image, truth = photo()
    scene = Scene(image, (drawn_face(HEAD, image),))
    assert overlap(parsed_alone(scene.faces[0]), truth) < 0.4
    assert overlap(np.asarray(scene.mask("person")), truth) > 0.97
    assert np.asarray(scene.mask("background"))[270, 209] > 0.9  # between the arm and the waist


def test_shoulders_that_the_segmenter_takes_for_background_are_found() -> None:
    image, truth = photo()
    middle = Head((32, 32), 40)
    labels = label_picture([middle], (64, 64))
    labels[labels == INDEX[Label.CLOTHING]] = 0
    scene = Scene(image, (drawn_face(HEAD, image, labels),))
    assert overlap(np.asarray(scene.mask("person")), truth) > 0.97


def test_a_lying_person_is_found_along_the_head() -> None:
    upright, truth = photo()
    image, truth = np.ascontiguousarray(np.rot90(upright, 3)), np.rot90(truth, 3)  # clockwise
    head = Head((SIZE[0] - HEAD.center[1], HEAD.center[0]), HEAD.side, roll=90)
    scene = Scene(image, (drawn_face(head, image),))
    assert overlap(np.asarray(scene.mask("person")), truth) > 0.95


def test_it_is_the_same_every_time_and_leaves_the_random_numbers_alone() -> None:
    image, _ = photo()
    face = drawn_face(HEAD, image)
    cv2.setRNGSeed(3)
    expected = cv2.randu(np.zeros(5, np.float32), 0, 1)
    cv2.setRNGSeed(3)
    first = person_mask([face], image)
    assert np.array_equal(cv2.randu(np.zeros(5, np.float32), 0, 1), expected)
    assert np.array_equal(first, person_mask([drawn_face(HEAD, image)], image))


def test_it_is_found_once_a_scene_and_in_the_picture_that_was_parsed() -> None:
    image, _ = photo()
    scene = Scene(image, (drawn_face(HEAD, image),))
    assert scene.mask("person") is scene.mask("person")
    assert scene.of(scene.faces) is scene
    edited = Scene(np.zeros_like(image), scene.faces)
    assert np.array_equal(edited.mask("person"), scene.mask("person"))


def test_background_between_locks_shows_through_and_hair_inside_stays_whole() -> None:
    image, _ = photo()
    image[40:54, 146:154] = image[5, 5]
    face = drawn_face(HEAD, image, label_picture([Head((32, 32), 40)], (64, 64)))
    probabilities = face.parsing.probabilities
    hair, background = (INDEX[label] for label in (Label.HAIR, Label.BACKGROUND))
    probabilities[hair, :9, 20:44] -= 0.1 * probabilities[hair, :9, 20:44]
    probabilities[background, :9, 20:44] = 1 - probabilities[hair, :9, 20:44]  # seen, but not sharply
    mask = np.asarray(Scene(image, (face,)).mask("person"))
    assert mask[42:49, 148:152].mean() < 0.35
    assert mask[47:51, 136:142].min() > 0.8
    assert mask[56:58, 140:160].min() > 0.95


def test_hair_keeps_the_parsed_edge() -> None:
    image, _ = photo()
    face = drawn_face(HEAD, image)
    top = slice(0, 60)
    assert np.asarray(person_mask([face], image))[top] == pytest.approx(parsed_alone(face)[top], abs=0.2)


@pytest.mark.parametrize(
    "kind", ["larger than the picture", "tiny", "one pixel", "one line", "nothing of it", "all of it", "nobody"]
)
@pytest.mark.parametrize("content", ["drawn", "noise", "black"])
def test_pictures_with_nothing_to_cut(kind: str, content: str) -> None:
    scene = example_scene(kind, content, "person")
    mask = np.asarray(scene.mask("person"))
    assert mask.shape == scene.size
    assert np.isfinite(mask).all()
    assert mask.min() >= 0
    assert mask.max() <= 1
    if kind == "nobody":
        assert not mask.any()
    if kind == "larger than the picture" and content == "drawn":
        assert mask.mean() > 0.5
