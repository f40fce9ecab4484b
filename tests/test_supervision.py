"""`Scene.to_supervision`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import facefx
from facefx.errors import MissingExtra, UnknownName
from synthetic import FakeDetector, FakeSegmenter, Head


class Detections(SimpleNamespace):
    """What is used of supervision's, where that is not installed: the same fields."""

    @classmethod
    def empty(cls) -> Detections:
        return cls(xyxy=np.zeros((0, 4), np.float32), mask=None, confidence=None, class_id=None, data={})


@pytest.fixture
def _with_supervision(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        import supervision  # noqa: F401
    except ImportError:
        monkeypatch.setitem(sys.modules, "supervision", SimpleNamespace(Detections=Detections))


def scene_of(make_portrait: Callable[..., np.ndarray], *heads: Head) -> facefx.Scene:
    return facefx.parse(make_portrait(*heads, size=(200, 400)), segmenter=FakeSegmenter(), detector=FakeDetector())


TWO = Head((100, 100), 80), Head((300, 100), 60)


@pytest.mark.usefixtures("_with_supervision")
def test_a_detection_a_face(make_portrait: Callable[..., np.ndarray]) -> None:
    scene = scene_of(make_portrait, *TWO)
    found: Any = scene.to_supervision()
    assert found.xyxy.shape == (2, 4)
    for face, box, mask in zip(scene.faces, found.xyxy, found.mask, strict=True):
        assert box.tolist() == pytest.approx(list(face.box.to_dict().values()), abs=1e-3)
        np.testing.assert_array_equal(mask, np.asarray(face.mask("head")) >= 0.5)
    assert found.data["class_name"].tolist() == ["face", "face"]
    assert found.data["face"].tolist() == [0, 1]
    assert found.class_id.tolist() == [0, 0]
    assert ((found.confidence > 0) & (found.confidence <= 1)).all()


@pytest.mark.usefixtures("_with_supervision")
def test_a_detection_for_each_region_that_is_seen(make_portrait: Callable[..., np.ndarray]) -> None:
    scene = scene_of(make_portrait, *TWO)
    found: Any = scene.to_supervision("lips", "hat", "hair")
    assert found.data["class_name"].tolist() == ["lips", "hair"] * 2  # nobody wears a hat
    assert found.class_id.tolist() == [0, 2, 0, 2]
    box = scene.faces[0].mask("lips").bbox
    assert box is not None
    assert found.xyxy[0].tolist() == [box.x0, box.y0, box.x1, box.y1]
    assert found.mask.dtype == bool
    with pytest.raises(UnknownName):
        scene.to_supervision("lip")


@pytest.mark.usefixtures("_with_supervision")
def test_none_where_there_is_no_face(make_portrait: Callable[..., np.ndarray]) -> None:
    scene = facefx.Scene(np.zeros((20, 20, 3), np.float32), ())
    assert len(scene.to_supervision().xyxy) == 0
    assert len(scene.to_supervision("lips").xyxy) == 0


def test_without_supervision_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(MissingExtra, match=r"pip install 'facefx\[supervision\]'"):
        facefx.Scene(np.zeros((20, 20, 3), np.float32), ()).to_supervision()
