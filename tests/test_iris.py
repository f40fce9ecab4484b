"""The iris finder, on eyes that are drawn where the test says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eye_pictures import BROWN, RADIUS, head_with_irises, iris_at
from facefx.face.iris import Iris, find_irises
from facefx.face.scene import Scene
from facefx.plugins import builtin
from facefx.testing.drawn import Head

HEAD, SIZE = Head((110.0, 115.0), 130.0), (230, 220)
BLUE = (0.45, 0.58, 0.70)


def irises_of(scene: Scene) -> tuple[Iris | None, Iris | None]:
    return find_irises(scene.image, scene.faces[0].landmarks)


def assert_found(scene: Scene, head: Head, gaze: tuple[float, float] = (0.0, 0.0), within: float = 0.12) -> None:
    for iris, side in zip(irises_of(scene), (1, -1), strict=True):
        assert iris is not None
        radius = RADIUS * head.side
        assert np.hypot(*(iris.center - iris_at(head, side, gaze))) < within * radius
        assert iris.radius == pytest.approx(radius, rel=within)


@pytest.mark.slow
@settings(max_examples=12)
@given(x=st.floats(-0.03, 0.03), y=st.floats(-0.01, 0.012), color=st.sampled_from([BROWN, BLUE]))
def test_an_iris_is_found_where_it_was_drawn(x: float, y: float, color: tuple[float, float, float]) -> None:
    assert_found(head_with_irises(HEAD, SIZE, gaze=(x, y), iris=color), HEAD, (x, y))


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_at_every_size(scale: float) -> None:
    head = Head((HEAD.center[0] * scale, HEAD.center[1] * scale), HEAD.side * scale)
    assert_found(head_with_irises(head, (round(SIZE[0] * scale), round(SIZE[1] * scale))), head, within=0.2 if scale < 1 else 0.12)


@pytest.mark.parametrize("roll", [-40, 25, 180])
def test_in_a_tilted_head(roll: float) -> None:
    head = Head(HEAD.center, HEAD.side, roll)
    assert_found(head_with_irises(head, (230, 220)), head)


@pytest.mark.parametrize("highlight", [0.0, 0.02])
def test_a_highlight_does_not_move_it(highlight: float) -> None:
    assert_found(head_with_irises(HEAD, SIZE, highlight=highlight), HEAD)


@pytest.mark.parametrize("lids", [0.25, 0.45])
def test_lids_may_hide_a_part(lids: float) -> None:
    assert_found(head_with_irises(HEAD, SIZE, lids=lids), HEAD, within=0.25)


def test_there_is_none_in_an_eye_without_one() -> None:
    assert irises_of(head_with_irises(HEAD, SIZE, iris=None, highlight=0)) == (None, None)


def test_there_is_none_in_a_shut_eye() -> None:
    assert irises_of(head_with_irises(HEAD, SIZE, lids=0.95)) == (None, None)


def test_a_mirrored_picture_has_mirrored_irises() -> None:
    gaze = (0.02, 0.0)
    plain = builtin.irises.function(head_with_irises(HEAD, SIZE, gaze=gaze).faces[0])
    mirror = builtin.irises.function(head_with_irises(HEAD, SIZE, gaze=(-0.02, 0.0)).faces[0])
    for side, other in (("left_eye", "right_eye"), ("right_eye", "left_eye")):
        x, y = plain[side]["center"]
        assert mirror[other]["center"] == pytest.approx([220 - x, y], abs=0.35)
        assert mirror[other]["radius"] == pytest.approx(plain[side]["radius"], abs=0.35)


def test_a_scaled_picture_has_scaled_irises() -> None:
    large = Head((220.0, 230.0), 260.0)
    first = builtin.irises.function(head_with_irises(HEAD, SIZE).faces[0])
    second = builtin.irises.function(head_with_irises(large, (460, 440)).faces[0])
    for side in ("left_eye", "right_eye"):
        assert np.array(second[side]["center"]) / 2 == pytest.approx(first[side]["center"], abs=0.5)
        assert second[side]["radius"] / 2 == pytest.approx(first[side]["radius"], abs=0.4)
