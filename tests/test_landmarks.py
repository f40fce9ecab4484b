"""Points of the face, where they were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from facefx.face.landmarks import landmarks_of
from facefx.testing.drawn import PORTRAIT, Head, drawn_face, label_picture

PICTURE = np.zeros((189, 187, 3), np.float32)
X, Y = PORTRAIT.center
SIDE = PORTRAIT.side


def at(u: float, v: float) -> np.ndarray:
    return np.array([X + u * SIDE, Y + v * SIDE])


def test_the_points_are_where_they_were_drawn() -> None:
    points = drawn_face(PORTRAIT, PICTURE).landmarks
    assert points.left_eye is not None
    assert points.right_eye is not None
    assert points.nose is not None
    assert points.mouth is not None
    assert points.left_eyebrow is not None
    for found, expected in [
        (points.left_eye.start, at(0.09, -0.06)),
        (points.left_eye.end, at(0.29, -0.06)),
        (points.right_eye.start, at(-0.09, -0.06)),
        (points.right_eye.end, at(-0.29, -0.06)),
        (points.left_eye.center, at(0.19, -0.06)),
        (points.left_eyebrow.end, at(0.32, -0.21)),
        (points.mouth.start, at(-0.2, 0.34)),
        (points.mouth.end, at(0.2, 0.34)),
        (points.nose.tip, at(0, 0.24)),
        (points.nose.left_wing, at(0.08, 0.09)),
        (points.chin, at(0, 0.53)),
        (points.forehead, at(0, -0.53)),
    ]:
        assert found == pytest.approx(expected, abs=0.035 * SIDE)
    assert points.left_eye.upper[:, 1].min() == pytest.approx(at(0, -0.12)[1], abs=2.5)
    assert points.left_eye.lower[:, 1].max() == pytest.approx(at(0, 0.0)[1], abs=2.5)
    assert points.left_eye.width == pytest.approx(0.2 * SIDE, abs=3)


@pytest.mark.parametrize("roll", [-120, -30, 45, 180])
def test_a_turned_head_has_turned_points(roll: float) -> None:
    upright, turned = (drawn_face(Head((X, Y), SIDE, roll=r), PICTURE).landmarks for r in (0.0, roll))
    assert upright.mouth is not None
    assert turned.mouth is not None
    angle = np.deg2rad(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = (upright.mouth.upper - (X, Y)) @ turn.T + (X, Y)
    assert turned.mouth.upper == pytest.approx(expected, abs=1e-6)


def test_what_is_not_there_has_no_points() -> None:
    points = drawn_face(PORTRAIT, PICTURE, np.zeros((64, 64), np.uint8)).landmarks
    assert points.left_eye is points.mouth is points.nose is points.chin is None
    assert points.contour.shape == (0, 2)


def test_points_cannot_be_moved_by_mistake() -> None:
    points = landmarks_of(drawn_face(PORTRAIT, PICTURE).parsing)
    with pytest.raises(ValueError, match="read-only"):
        points.contour[0] = 0


def test_a_mouth_seen_far_from_the_face_is_not_its_mouth() -> None:
    labels = label_picture([Head((32.0, 32.0), 40.0)], (64, 64))
    labels[0:5, 4:60] = 10  # larger than the mouth, such as parsers see in what pads a picture
    found = drawn_face(PORTRAIT, PICTURE, labels).landmarks.mouth
    assert found is not None
    assert found.center == pytest.approx(at(0, 0.34), abs=0.035 * SIDE)
