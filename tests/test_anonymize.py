"""What is left of a hidden face: cell means, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facefx.chains.painting import apply_effect
from facefx.effects.scene.anonymize import anonymize
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.pixels import color
from facefx.testing.drawn import PORTRAIT, drawn_face, label_picture, painted


def hidden(scene: Scene, **params: Any) -> np.ndarray:
    return apply_effect(scene, anonymize, anonymize.resolve(params), np.random.SeedSequence(0)).image


@pytest.fixture
def scene() -> Scene:
    image = painted(label_picture()).astype(np.float32) / 255
    return Scene(image, (drawn_face(PORTRAIT, image),))


def with_picture(scene: Scene, image: np.ndarray) -> Scene:
    """The same masks, to the bit, on another picture."""
    (face,) = scene.faces
    return Scene(image, (Face(face.box, face.roll, face.score, face.parsing, scene.image),))


def head_and_cells(scene: Scene, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the head's mask is not zero, and the number of the cell of each of its pixels, found by hiding a known ramp."""
    place = np.ones((*scene.size, 3), np.float32)
    head = (hidden(with_picture(scene, place), method="block", color="#000000") == 0).all(axis=-1)
    rows, columns = np.indices(scene.size)
    place = np.stack([rows / 400, columns / 400, np.zeros(scene.size)], axis=-1).astype(np.float32)
    flat = hidden(with_picture(scene, place), cells=cells)[head]
    _, number = np.unique(flat.round(5), axis=0, return_inverse=True)
    return head, number.ravel()


@pytest.mark.parametrize("method", ["pixelate", "blur", "block"])
def test_two_faces_of_the_same_cell_means_become_the_same(scene: Scene, method: str) -> None:
    head, cell = head_and_cells(scene, 5)
    other = scene.image.copy()
    noise = np.random.default_rng(1).uniform(-0.2, 0.2, (head.sum(), 3))
    means = np.stack([np.bincount(cell, noise[:, c]) / np.bincount(cell) for c in range(3)], axis=-1)
    own = np.stack([np.bincount(cell, scene.image[head][:, c]) / np.bincount(cell) for c in range(3)], axis=-1)
    other[head] = own[cell] + noise - means[cell]  # quite another face
    assert np.abs(other - scene.image)[head].mean() > 0.1
    first, second = (hidden(s, method=method, cells=5) for s in (scene, with_picture(scene, other)))
    assert np.abs(first - second)[head].max() < 1e-3  # less than 8 bits can hold


@pytest.mark.parametrize("method", ["pixelate", "block"])
def test_nothing_of_the_old_pixels_is_left_at_soft_edges(scene: Scene, method: str) -> None:
    image = hidden(scene, method=method, cells=4)
    head, more = (np.asarray(scene.mask(region)) for region in ("head", "head+neck"))
    assert ((head > 0) & (head < 0.5)).sum() > 50
    left = np.unique(image[head > 0].round(3), axis=0)
    assert len(left) <= 4 * 4 * 6  # so few colours are left, soft edges included
    assert np.array_equal(image[more == 0], scene.image[more == 0])


def test_a_block_is_one_color(scene: Scene) -> None:
    image = hidden(scene, method="block", color="#336699")
    inside = np.asarray(scene.mask("head")) > 0
    expected = np.array(color.parse("#336699"), np.float32)
    assert np.abs(image[inside] - expected).max() < 1e-3


@pytest.mark.parametrize(
    ("part", "covered", "free"), [("eyes", ["eyes", "eyebrows"], ["mouth", "neck"]), ("mouth", ["mouth"], ["eyes"])]
)
def test_a_bar_covers_its_part_alone(scene: Scene, part: str, covered: list[str], free: list[str]) -> None:
    image = hidden(scene, method="block", part=part, color="#00ff00")
    green = (np.abs(image - [0, 1, 0]) < 1e-3).all(axis=-1)
    for region in covered:
        assert green[np.asarray(scene.mask(region)) > 0.05].all()
    for region in free:
        assert not green[np.asarray(scene.mask(region)) > 0].any()


def test_the_face_is_hidden_with_what_surrounds_it_and_the_hair_stays(scene: Scene) -> None:
    image = hidden(scene, method="block", part="face", color="#00ff00")
    green = (np.abs(image - [0, 1, 0]) < 1e-3).all(axis=-1)
    hideable = np.asarray(scene.mask("head+neck")) > 0
    for region in ("face", "ears"):
        assert green[(np.asarray(scene.mask(region)) > 0) & hideable].all()
        assert green[np.asarray(scene.mask(region)) > 0.05].all()
    assert not green[10:30].any()


def test_more_cells_show_more(scene: Scene) -> None:
    head = np.asarray(scene.mask("head")) > 0
    counts = [len(np.unique(hidden(scene, cells=cells)[head].round(3), axis=0)) for cells in (1, 3, 8, 16)]
    assert counts == sorted(counts)
    assert counts[0] <= 4
