"""What is left of a hidden face: cell means, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facefx
from facefx.chains.painting import apply_effect
from facefx.effects.scene.anonymize import anonymize
from facefx.errors import ParameterError
from facefx.face.face import Face, FaceView
from facefx.face.outline import Part
from facefx.face.scene import Scene
from facefx.face.values import Box, Detection
from facefx.labels import Label
from facefx.pixels import color
from facefx.pixels.masks import depth
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


def outlined(scene: Scene, part: Part = "head") -> np.ndarray:
    """Where the detector's outline of the one face is: (H, W) bool."""
    (face,) = scene.everyone
    return FaceView(face, (0, 0, scene.size[1], scene.size[0])).outline(part)


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
    head = np.asarray(scene.mask("head"))
    assert ((head > 0) & (head < 0.5)).sum() > 50
    left = np.unique(image[head > 0].round(3), axis=0)
    assert len(left) <= 4 * 4 * 6  # so few colours are left, soft edges included
    far = depth((head == 0) & ~outlined(scene)) > 0.07 * PORTRAIT.side
    assert far.sum() > 1000
    assert np.array_equal(image[far], scene.image[far])


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
    for region in ("face", "ears"):
        assert green[np.asarray(scene.mask(region)) > 0].all()
    assert not green[10:30].any()


def test_more_cells_show_more(scene: Scene) -> None:
    head = np.asarray(scene.mask("head")) > 0
    counts = [len(np.unique(hidden(scene, cells=cells)[head].round(3), axis=0)) for cells in (1, 3, 5, 8)]
    assert counts == sorted(counts)
    assert counts[0] <= 12  # cells of one face unit, over a head of two by three


def test_more_than_eight_cells_are_refused(scene: Scene) -> None:
    with pytest.raises(ParameterError, match="1 to 8"):
        hidden(scene, cells=16)


def only_seen(scene: Scene, **changes: Any) -> Scene:
    found = Detection(**{"box": PORTRAIT.detection.box, "roll": 0.0, "score": 0.4, **changes})
    return replace(scene, faces=(), seen=(Face.only_seen([found], scene.canvas),))


@pytest.mark.parametrize("part", ["head", "face", "eyes", "mouth"])
def test_a_face_that_was_only_seen_is_hidden_as_a_whole(scene: Scene, part: str) -> None:
    bare = only_seen(scene)
    image = hidden(bare, method="block", part=part, color="#00ff00")
    green = (np.abs(image - [0, 1, 0]) < 1e-3).all(axis=-1)
    assert green[outlined(bare)].all()
    assert green[np.asarray(scene.mask("face")) > 0.5].all()  # where it really is
    assert not green[:3].any()


def test_a_wrong_box_with_points_still_covers_the_points(scene: Scene) -> None:
    box = Box.square((PORTRAIT.center[0], PORTRAIT.center[1] - 20), 60)  # too small, too high
    x, y = PORTRAIT.center
    points = ((x + 18, y - 6), (x - 18, y - 6), (x, y + 15), (x + 18, y + 32), (x - 18, y + 32))
    image = hidden(only_seen(scene, box=box, points=points), method="block", color="#00ff00")
    for px, py in points:
        assert np.allclose(image[int(py), int(px)], [0, 1, 0], atol=1e-3)


def test_what_the_parser_takes_for_cloth_is_hidden_where_the_detector_sees_the_face(scene: Scene) -> None:
    labels = label_picture([replace(PORTRAIT, center=(32, 32), side=40.0)], (64, 64))
    labels[36:54, 20:44] = list(Label).index(Label.CLOTHING)  # a mask over nose and mouth
    masked = replace(scene, faces=(drawn_face(PORTRAIT, scene.image, labels),))
    green = (np.abs(hidden(masked, method="block", color="#00ff00") - [0, 1, 0]) < 1e-3).all(axis=-1)
    assert green[np.asarray(scene.mask("face")) > 0.05].all()


@pytest.mark.parametrize(
    ("part", "unseen"), [("eyes", ("left_eye", "right_eye")), ("mouth", ("upper_lip", "lower_lip", "inner_mouth"))]
)
def test_eyes_or_a_mouth_that_cannot_be_seen_hide_the_whole_face(scene: Scene, part: str, unseen: tuple[str, ...]) -> None:
    labels = label_picture([replace(PORTRAIT, center=(32, 32), side=40.0)], (64, 64))
    for name in unseen:
        labels[labels == list(Label).index(Label(name))] = list(Label).index(Label.SKIN)
    covered = replace(scene, faces=(drawn_face(PORTRAIT, scene.image, labels),))
    green = (np.abs(hidden(covered, method="block", part=part, color="#00ff00") - [0, 1, 0]) < 1e-3).all(axis=-1)
    assert green[np.asarray(scene.mask("face")) > 0.05].all()


def test_outlines_hold_all_of_the_head_and_are_what_they_say(scene: Scene) -> None:
    green = {
        shape: (np.abs(hidden(scene, method="block", outline=shape, color="#00ff00") - [0, 1, 0]) < 1e-3).all(axis=-1)
        for shape in ("head", "ellipse", "box")
    }
    assert (green["ellipse"] | ~green["head"]).all()
    assert (green["box"] | ~green["head"]).all()
    rows, columns = np.nonzero(green["box"])
    assert green["box"][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()


def test_a_margin_hides_more(scene: Scene) -> None:
    areas = [
        (hidden(scene, method="block", color="#00ff00", margin=margin) != scene.image).any(axis=-1).sum()
        for margin in (0, 0.1, 0.3)
    ]
    assert areas[0] < areas[1] < areas[2]


def test_a_sticker_is_turned_with_the_head_and_nothing_shows_through_it(tmp_path: Path) -> None:
    art = np.zeros((40, 40, 4), np.uint8)
    art[:20] = 255, 0, 0, 255  # its upper half red, its lower one transparent
    Image.fromarray(art).save(tmp_path / "art.png")
    for roll in (0.0, 90.0):
        head = replace(PORTRAIT, roll=roll)
        image = painted(label_picture([head])).astype(np.float32) / 255
        turned = Scene(image, (drawn_face(head, image),))
        result = hidden(turned, method="picture", picture=str(tmp_path / "art.png"))
        red = (np.abs(result - [1, 0, 0]) < 1e-3).all(axis=-1)
        rows, columns = np.nonzero(red)
        x, y = head.center
        assert (rows.mean() < y - 20) if roll == 0 else (columns.mean() > x + 20)  # turned clockwise, up is right
        inside = outlined(turned)
        assert (result[inside] != turned.image[inside]).any(axis=-1).mean() > 0.999


def test_confidence_does_not_leave_a_face_bare(scene: Scene) -> None:
    look = facefx.chain("anonymize")
    assert look.declined(scene, 1.0) == ()
    edited = look.edit(scene, min_confidence=1.0)
    assert (edited.image != scene.image).any()


def test_what_is_taken_for_hair_far_from_the_head_stays(scene: Scene) -> None:
    (face,) = scene.faces
    seen = np.array(face.parsing.probabilities)
    seen[:, 50:, :9] = 0  # in the crop's lower left corner, beside the neck
    seen[face.parsing.scheme.indices_of(Label.HAIR)[0], 50:, :9] = 1
    mistaken = Scene(scene.image, (replace(face, parsing=replace(face.parsing, probabilities=seen)),))
    far = (np.asarray(mistaken.mask("hair")) > 0.5) & (np.asarray(scene.mask("hair")) < 0.1)
    assert far.sum() > 50
    after = hidden(mistaken, method="block", color="#00ff00")
    assert np.array_equal(after[far], scene.image[far])
