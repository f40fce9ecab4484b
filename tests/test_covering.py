"""Masks and veils, drawn over the samples: cloth is not painted, has no lips, and is hidden with the head."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import facefx
from facefx import chain
from facefx.labels import Label, scheme
from facefx.parsing.covering import uncovered

SAMPLES = Path(__file__).parents[1] / "samples"
COLORS = {"blue": (140, 185, 220), "white": (236, 236, 234), "black": (26, 26, 30), "red": (150, 30, 40), "green": (110, 160, 140)}


def photo(name: str = "straight") -> np.ndarray:
    image = np.asarray(facefx.open_image(SAMPLES / f"{name}.jpg").native)
    return cv2.resize(image, (448, 448 * image.shape[0] // image.shape[1]), interpolation=cv2.INTER_AREA)


def covered(image: np.ndarray, color: tuple[int, int, int], veil: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A mask, or a veil that leaves the eyes, over the largest face; and where it is."""
    face = facefx.parse(image).faces[0]
    points = face.landmarks
    assert points.nose is not None
    assert points.mouth is not None
    assert points.left_eye is not None
    assert points.right_eye is not None
    eyes = (points.left_eye.center + points.right_eye.center) / 2
    across = points.left_eye.center - points.right_eye.center
    down = points.mouth.center - eyes
    place = np.zeros(image.shape[:2], np.uint8)
    if veil:
        middle, angle = eyes + 0.1 * down, float(np.degrees(np.arctan2(across[1], across[0])))
        wide, high = float(np.hypot(*across)), float(np.hypot(*down))
        cv2.ellipse(place, (tuple(middle), (3.2 * wide, 4.6 * high), angle), 1, -1)
        robe = [eyes + down * 1.2 + across * s for s in (-1.4, 1.4)] + [eyes + 5 * down + across * s for s in (3.5, -3.5)]
        cv2.fillConvexPoly(place, np.round(robe).astype(np.int32), 1)
        cv2.ellipse(place, (tuple(eyes - 0.05 * down), (2.3 * wide, 0.75 * high), angle), 0, -1)
    else:
        corners = [(-1.0, 0.45), (0.0, 0.35), (1.0, 0.45), (0.95, 1.1), (0.35, 1.75), (-0.35, 1.75), (-0.95, 1.1)]
        cv2.fillPoly(place, [np.round([eyes + a * across + d * down for a, d in corners]).astype(np.int32)], 1)
    light = cv2.GaussianBlur(image.astype(np.float32).mean(axis=2), (0, 0), 12)
    cloth = np.array(color) * np.clip(light / 130, 0.6, 1.1)[..., None] + np.random.default_rng(0).normal(0, 2, image.shape)
    return np.where(place[..., None] > 0, np.clip(cloth, 0, 255), image).astype(np.uint8), place > 0


@pytest.mark.parametrize("color", COLORS)
def test_a_mask_is_neither_skin_nor_mouth(color: str) -> None:
    image, mask = covered(photo(), COLORS[color])
    face = facefx.parse(image).faces[0]
    inner = cv2.erode(mask.astype(np.uint8), np.ones((9, 9))) > 0
    assert np.asarray(face.mask("face"))[inner].mean() < 0.06
    measured = facefx.analyze(image)[0]
    assert measured["eye_boxes"]["mouth"] is None
    for name in ("mouth_width", "lip_height", "lower_third", "width_to_height"):
        assert measured["proportions"][name] is None
    assert measured["face_shape"]["label"] is None
    assert measured["eye_boxes"]["left_eye"] is not None
    painted = chain("apply_foundation", color="#603820", strength=1.0)(image)
    change = np.abs(painted.astype(int) - image).max(axis=2)
    assert change[inner].mean() < 3  # its edge is soft
    assert change.max() > 10  # the forehead is painted
    hidden = chain("anonymize", method="block", color="#00ff00")(image)
    assert (hidden[mask] == (0, 255, 0)).all()


@pytest.mark.parametrize("name", ["straight", "bun"])
def test_a_veil_is_no_hair(name: str) -> None:
    image, veil = covered(photo(name), (24, 23, 27), veil=True)
    result = chain("recolor_hair", color="#a01010", strength=1.0).run(image, require_face=False)
    change = np.abs(result.image.astype(int) - image).max(axis=2)
    assert change[veil].mean() < 2


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_bare_faces_are_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx.parsing import parser

    def checked(*given: object) -> np.ndarray:
        found = uncovered(*given)  # type: ignore[arg-type]
        assert found is given[0]
        return found

    monkeypatch.setattr(parser, "uncovered", checked)
    assert facefx.parse(path).faces


def test_a_film_does_not_paint_the_mask_either() -> None:
    image, mask = covered(photo(), COLORS["blue"])
    from facefx.video import process

    inner = cv2.erode(mask.astype(np.uint8), np.ones((9, 9))) > 0
    look = chain("apply_foundation", color="#603820", strength=1.0)
    for frame in process([image] * 3, look):
        assert np.abs(np.asarray(frame).astype(int) - image)[inner].mean() < 4  # unmasked it is 20 and more


def test_what_knows_no_clothing_is_left_alone() -> None:
    known = scheme("face")
    probabilities = np.full((len(known), 8, 8), 1 / len(known), np.float32)
    assert not known.indices_of(Label.CLOTHING)
    assert uncovered(probabilities, known, lambda: pytest.fail("it looked")) is probabilities
