"""Where things were some frames ago, on faces that were followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx.face.values import Box
from facefx.pixels import geometry
from facefx.video.mask_smoothing import recut
from facefx.video.moves import Journey, Move, Moves

SIZE, BOX = 128, Box(60, 60, 200, 200)
#: Places of a frame, of 20 cells of 4 pixels by 15, and as they are.
WINDOW, CELL, AS_THEY_ARE = (90, 100, 170, 160), 4, np.eye(2, 3)


def leg(affine: np.ndarray, motion: np.ndarray, own: tuple[float, float], box: Box = BOX) -> Move:
    """A head that a similarity of the frame moved while all on the crop, cut by `affine`, moved by as much in itself."""
    moved = np.broadcast_to(np.array(own, np.float32), (SIZE // 2, SIZE // 2, 2)).copy()
    now = geometry.chained(geometry.invert(motion), affine)
    return Move(box, affine, now, replace(recut(affine, now, SIZE), moved=moved))


def similarity(scale: float, turn: float, x: float, y: float) -> np.ndarray:
    """About the middle of the window."""
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    linear, middle = np.array([[cosine, -sine], [sine, cosine]]), np.array([130, 130.0])
    return np.column_stack([linear, middle - linear @ middle + (x, y)])


def middles() -> np.ndarray:
    x0, y0, x1, y1 = WINDOW
    return np.stack(np.meshgrid(np.arange(x0 + 2, x1, 4.0), np.arange(y0 + 2, y1, 4.0)), -1)


def stepwise(moves: list[Move], places: np.ndarray) -> np.ndarray:
    """The same, leg by leg; inside of the crop, where what moves in itself is not faded."""
    for move in reversed(moves):
        assert move.change.moved is not None
        places = geometry.apply(geometry.invert(move.before), geometry.apply(move.now, places) + move.change.moved[0, 0])
    return places


motions = st.builds(similarity, st.floats(0.95, 1.05), st.floats(-0.05, 0.05), st.floats(-4, 4), st.floats(-4, 4))
crops = st.builds(
    lambda scale, turn, x, y: geometry.chained(similarity(scale, turn, x, y), np.array([[0.6, 0, -14], [0, 0.6, -14]])),
    *(st.floats(0.97, 1.03), st.floats(-0.05, 0.05), st.floats(-3, 3), st.floats(-3, 3)),
)
owns = st.tuples(st.floats(-2, 2), st.floats(-2, 2))


@given(st.lists(st.tuples(motions, owns, st.none() | crops), min_size=1, max_size=5))
def test_ways_put_together_lead_where_single_ones_do(
    parts: list[tuple[np.ndarray, tuple[float, float], np.ndarray | None]],
) -> None:
    """Also where a crop was cut anew in between."""
    moves, journey, affine = list[Move](), Journey(), np.array([[0.6, 0, -14], [0, 0.6, -14]])
    for motion, own, cut_anew in parts:
        moves.append(leg(affine if cut_anew is None else cut_anew, motion, own))
        affine = moves[-1].now
        journey = journey.further(Moves([moves[-1]]))
    expected = stepwise(moves, middles())
    np.testing.assert_allclose(journey.back(WINDOW, CELL, AS_THEY_ARE), expected, atol=0.02)
    x0, y0, x1, y1 = WINDOW
    there = journey.forth((*np.floor(expected.min((0, 1))).astype(int), *np.ceil(expected.max((0, 1))).astype(int)), (400, 400))
    assert (np.array(there) * (-1, -1, 1, 1) >= np.array([x0 + 2, y0 + 2, x1 - 2, y1 - 2]) * (-1, -1, 1, 1)).all()


def test_each_place_goes_with_the_face_that_is_nearest_to_it() -> None:
    journey, crops = Journey(), [np.array([[0.6, 0, x], [0, 0.6, -14]]) for x in (10, -40)]
    for _ in range(2):
        faces = [
            leg(crop, similarity(1, 0, 0, down), (0, 0), Box(x, 60, x + 80, 200))
            for crop, x, down in zip(crops, (50, 130), (3.0, -3.0), strict=True)
        ]
        journey, crops = journey.further(Moves(faces)), [face.now for face in faces]
    back = journey.back(WINDOW, CELL, AS_THEY_ARE) - middles()
    assert back[:, :9, 1] == pytest.approx(-3 - 3, abs=0.01)
    assert back[:, 11:, 1] == pytest.approx(3 + 3, abs=0.01)


def test_what_moves_in_itself_fades_at_the_border_of_the_crop() -> None:
    """Beyond, only the head's own motion goes on."""
    affine = np.array([[0.6, 0, -14], [0, 0.6, -14]])
    journey = Journey().further(Moves([leg(affine, similarity(1, 0, 0, 0), (6, 0))]))
    there = journey.back((0, 100, 300, 140), 4, AS_THEY_ARE)
    x = there[5, :, 0] - np.arange(2, 300, 4)
    assert x[30:35] == pytest.approx(10, abs=0.05)
    assert x[[0, 1, -1, -2]] == pytest.approx(0, abs=1e-4)
    assert (np.diff(x[:30]) > -1e-3).all()
