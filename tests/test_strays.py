"""Features where no face has any: eyes in ears, lips on necks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx.face.values import FaceParsing
from facefx.labels import Region, scheme
from facefx.parsing.parser import Parser
from facefx.parsing.strays import without_strays

CELEBAMASK = scheme("celebamask")
#: Of a drawn face: label, and middle and half axes in its height, from the nose.
PARTS = (
    ("skin", 0.0, -0.05, 0.4, 0.5),
    ("right_eye", -0.17, -0.17, 0.08, 0.035),
    ("left_eye", 0.17, -0.17, 0.08, 0.035),
    ("right_eyebrow", -0.17, -0.28, 0.1, 0.025),
    ("left_eyebrow", 0.17, -0.28, 0.1, 0.025),
    ("nose", 0.0, 0.0, 0.07, 0.09),
    ("upper_lip", 0.0, 0.18, 0.11, 0.025),
    ("lower_lip", 0.0, 0.23, 0.11, 0.03),
)
FEATURES = [name for name, *_ in PARTS[1:]]
EAR = ("right_ear", -0.46, 0.0, 0.09, 0.16)


def drawn(*more: tuple[str, float, float, float, float], size: int = 200, turn: float = 0.0) -> FaceParsing:
    """A face with these parts besides, each over those before it, and a little of everything everywhere."""
    rows, columns = (np.indices((size, size)) + 0.5) / size - 0.5
    x, y = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
    labels = np.zeros((size, size), int)
    for name, a, b, wide, high in (PARTS[0], *more, *PARTS[1:]):
        labels[((1.4 * x - a) / wide) ** 2 + ((1.4 * y - b) / high) ** 2 <= 1] = CELEBAMASK.classes.index(name)
    seen = 0.95 * np.eye(len(CELEBAMASK), dtype=np.float32)[labels] + np.float32(0.05 / len(CELEBAMASK))
    return FaceParsing(np.ascontiguousarray(np.moveaxis(seen, -1, 0)), CELEBAMASK, np.eye(2, 3))


def inside(stray: tuple[str, float, float, float, float], size: int = 200, turn: float = 0.0) -> np.ndarray:
    """Where it is drawn."""
    return np.asarray(drawn(stray, size=size, turn=turn).probabilities)[CELEBAMASK.classes.index(stray[0])] > 0.5


@given(st.sampled_from([80, 200, 321, 500]), st.floats(-180, 180))
def test_a_face_as_faces_are_stays(size: int, degrees: float) -> None:
    parsing = drawn(EAR, size=size, turn=np.radians(degrees))
    assert without_strays(parsing) is parsing


@given(st.sampled_from(FEATURES), st.floats(0.47, 0.6), st.floats(0, 2 * np.pi), st.sampled_from([160, 200, 321, 500]))
def test_a_feature_far_from_the_nose_is_what_else_is_likeliest_there(name: str, far: float, where: float, size: int) -> None:
    stray = (name, far * float(np.cos(where)), far * float(np.sin(where)), 0.04, 0.04)
    parsing = drawn(stray, size=size)
    before = np.array(parsing.probabilities)
    after = np.asarray(without_strays(parsing).probabilities)
    assert np.array_equal(parsing.probabilities, before)  # what was given is left as it is
    assert after.sum(axis=0) == pytest.approx(1, abs=1e-5)
    features = [CELEBAMASK.classes.index(feature) for feature in FEATURES]
    ghost = (before[features].sum(axis=0) > 0.1) & (np.asarray(drawn(size=size).probabilities)[features].sum(axis=0) < 0.1)
    assert ghost.any()
    assert after[features][:, ghost].max() < 1e-6
    assert np.array_equal(after.argmax(axis=0)[~ghost], before.argmax(axis=0)[~ghost])


def test_an_eye_in_an_ear_is_the_ear() -> None:
    eye = ("left_eye", -0.46, -0.05, 0.04, 0.03)
    parsing = drawn(EAR, eye)
    seen = np.array(parsing.probabilities)
    left_eye, right_ear = (CELEBAMASK.classes.index(name) for name in ("left_eye", "right_ear"))
    there = seen[left_eye] > 0.5
    there &= np.indices(there.shape)[1] < 60
    seen[left_eye, there], seen[right_ear, there] = 0.6, 0.35
    found = Parser.of(_Fixed()).corrected(FaceParsing(seen, CELEBAMASK, np.eye(2, 3)), lambda: pytest.fail("lips are sure"))
    assert there.any()
    assert (np.asarray(found.probabilities).argmax(axis=0)[there] == right_ear).all()
    eyes = list(CELEBAMASK.indices_of(Region.EYES))
    assert np.asarray(found.probabilities)[eyes].max() > 0.9  # those that are none of it stay


def test_a_face_without_a_nose_or_a_mouth_stays() -> None:
    for hidden in (("nose",), ("upper_lip", "lower_lip")):
        parsing = drawn(("left_eye", 0.55, 0.0, 0.04, 0.04))
        seen = np.array(parsing.probabilities)
        seen[CELEBAMASK.classes.index("skin")] += seen[[CELEBAMASK.classes.index(name) for name in hidden]].sum(axis=0)
        seen[[CELEBAMASK.classes.index(name) for name in hidden]] = 0
        covered = FaceParsing(seen, CELEBAMASK, np.eye(2, 3))
        assert without_strays(covered) is covered


@pytest.mark.parametrize("name", ["hair", "face", "eyes_lips"])
def test_schemes_that_know_less_stay(name: str) -> None:
    known = scheme(name)
    parsing = FaceParsing(np.full((len(known), 16, 16), 1 / len(known), np.float32), known, np.eye(2, 3))
    assert without_strays(parsing) is parsing


class _Fixed:
    """A segmenter that is asked nothing."""

    name = "fixed"
    scheme = CELEBAMASK
    input_size = (200, 200)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        raise AssertionError("it was asked")
