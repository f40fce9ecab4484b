"""The effects that move parts of a face: what moves, which way, and what stays. The contract tests that nothing folds."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facefx.chains.painting import apply_effect
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.plugins.builtin import facefx_effects
from facefx.testing.drawn import Head, drawn_face, label_picture

EFFECTS = {spec.name: spec for spec in facefx_effects() if spec.kind == "warp"}
SIZE = (240, 240)
HEAD = Head((120.0, 120.0), 100.0)


def lines(step: int = 8) -> np.ndarray:
    """Straight lines down the picture, (H, W, 3): brightness is a wave over x, so that a shift can be read off anywhere."""
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * (np.arange(SIZE[1]) + 0.5) / step)
    return np.repeat(np.tile(wave.astype(np.float32), (SIZE[0], 1))[..., None], 3, axis=-1)


def places() -> np.ndarray:
    """A picture whose colour says where a pixel came from: red across, green down, each in shares of the size; (H, W, 3)."""
    rows, columns = np.indices(SIZE, dtype=np.float32)
    return np.stack([(columns + 0.5) / SIZE[1], (rows + 0.5) / SIZE[0], np.zeros(SIZE, np.float32)], axis=-1)


def run(name: str, scene: Scene, **params: Any) -> Scene:
    spec = EFFECTS[name]
    return apply_effect(scene, spec, spec.resolve(params), np.random.SeedSequence(0))


def moved(name: str, head: Head = HEAD, labels: np.ndarray | None = None, **params: Any) -> np.ndarray:
    """How far away each pixel's colour came from, (H, W, 2) in pixels (x, y), for a head in `places`."""
    picture = places()
    after = run(name, Scene(picture, (drawn_face(head, picture, labels),)), **{"strength": 1.0, **params}).image
    return (after - picture)[..., :2] * (SIZE[1], SIZE[0])


def face_of(head: Head = HEAD) -> tuple[Scene, Face]:
    scene = Scene(places(), (drawn_face(head, places()),))
    return scene, scene.faces[0]


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_more_strength_moves_more(name: str) -> None:
    largest = [np.abs(moved(name, strength=s)).max() for s in (0.25, 0.5, 1.0)]
    assert largest[0] > 0.1
    assert largest[1] > 1.5 * largest[0]
    assert largest[2] > 1.5 * largest[1]
    assert largest[2] < 0.07 * HEAD.side


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_lines_behind_the_head_stay_straight(name: str) -> None:
    picture = lines()
    labels = label_picture([Head((32.0, 32.0), 40.0)], (64, 64))
    labels[np.isin(labels, [8, 9, 15])] = 13  # ears and earrings would move with the face
    scene = Scene(picture, (drawn_face(HEAD, picture, labels),))
    after = run(name, scene, strength=1.0).image
    radius = np.hypot((np.arange(SIZE[1]) + 0.5 - 120) / 41, ((np.arange(SIZE[0]) + 0.5 - 120) / 53)[:, None])
    far, near = radius > 1 + 0.16 / 0.41, radius > 1 + 0.06 / 0.41  # a sixth of the face away, and a sixteenth
    assert np.abs(after - picture)[far].max() < 1e-3
    shift = np.abs(moved(name, labels=labels))
    assert shift[near].max() < 0.03 * HEAD.side


@pytest.mark.parametrize("roll", [-30.0, 40.0])
@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_it_follows_the_tilt_of_the_head(name: str, roll: float) -> None:
    """What happens to a tilted head is what happens to an upright one, turned."""
    upright, tilted = moved(name), moved(name, Head(HEAD.center, HEAD.side, roll))
    turn = cv2.getRotationMatrix2D((119.5, 119.5), -roll, 1.0)  # OpenCV turns against the clock
    linear = turn[:, :2].astype(np.float32)
    expected = cv2.warpAffine(upright, turn, SIZE[::-1], flags=cv2.INTER_LINEAR) @ linear.T
    assert np.abs(tilted - expected).max() < 0.25 * np.abs(upright).max()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_both_sides_move_alike(name: str) -> None:
    shift = moved(name)
    assert shift[:, ::-1] * (-1, 1) == pytest.approx(shift, abs=0.35)


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_what_cannot_be_seen_is_left_alone(name: str) -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[20:50, 20:44] = 1  # skin and nothing else
    assert not moved(name, labels=labels).any()


def test_a_slim_face_is_narrower_and_its_features_stay() -> None:
    scene, face = face_of()
    mouth = 154  # its height: there the face reaches from 88.5 to 151.5
    narrow, wide = (float((s.mask("face")[mouth] >= 0.5).sum()) for s in (run("slim_face", scene, strength=1.0), scene))
    assert 6 < wide - narrow < 13  # a twentieth of the face, 100, on either side
    inside = np.asarray(face.mask("eyes") + face.mask("nose") + face.mask("eyebrows")) > 0.5
    shift = np.abs(moved("slim_face"))
    assert shift[inside].max() < 1.5
    assert shift[:60].max() < 0.2  # the forehead


def test_ears_keep_their_shape() -> None:
    """A cheek that moves in takes the ears along, neither squeezed nor stretched."""
    _, face = face_of()
    shift = moved("slim_face")[..., 0]
    inside = np.asarray(face.mask("ears")) > 0.5
    assert np.abs(shift[inside]).max() > 1.0
    assert np.abs(np.gradient(shift, axis=1))[inside].max() < 0.05


def test_the_hidden_side_of_a_turned_head_moves_less() -> None:
    plain = label_picture([Head((32.0, 32.0), 40.0)], (64, 64))
    nose = plain == 2
    plain[nose] = 1
    rows, columns = np.nonzero(nose)
    plain[rows, columns + 8] = 2  # towards the subject's left
    shift = np.abs(moved("slim_face", labels=plain)[..., 0])
    assert shift[:, 120:].max() < 0.75 * shift[:, :120].max()


def test_larger_eyes_look_nearer_their_own_centres() -> None:
    scene, face = face_of()
    after = run("enlarge_eyes", scene, strength=1.0).faces[0].landmarks
    for name in ("left_eye", "right_eye"):
        before, now = getattr(face.landmarks, name), getattr(after, name)
        assert 1.12 < now.width / before.width < 1.35
        assert now.center == pytest.approx(before.center, abs=1.0)


@pytest.mark.parametrize(("to", "low", "high"), [("narrower", 0.7, 0.92), ("wider", 1.08, 1.4)])
def test_the_nose_gets_narrower_or_wider(to: str, low: float, high: float) -> None:
    scene, face = face_of()
    row = 133  # where the drawn nose is nearly at its widest and the effect at its fullest
    before, after = (float(s.mask("nose")[row].sum()) for s in (scene, run("reshape_nose", scene, to=to, strength=1.0)))
    assert low < after / before < high
    lips = np.asarray(face.mask("lips")) > 0.5
    assert np.abs(moved("reshape_nose", to=to))[lips].max() < 1.0


def test_lifted_brows_rise_and_the_eyes_stay() -> None:
    scene, face = face_of()
    after = run("lift_brows", scene, strength=1.0).faces[0].landmarks
    for name in ("left_eyebrow", "right_eyebrow"):
        before, now = getattr(face.landmarks, name), getattr(after, name)
        assert 0.8 < before.center[1] - now.center[1] < 5
    assert np.abs(moved("lift_brows"))[np.asarray(face.mask("eyes")) > 0.5].max() < 0.6
