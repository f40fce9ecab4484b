"""The conversion is tested with a pretended MediaPipe; the real one is tested where it is installed."""

from __future__ import annotations

import socket
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from facefx_mediapipe import (
    FAR,
    NEAR,
    MediaPipeDetector,
    MediaPipePeople,
    Model,
    _pieces,
    facefx_detectors,
    facefx_person_segmenters,
)

from facefx import ModelError, open_image

SAMPLES = Path(__file__).parents[3] / "samples"


def a_face(middle: tuple[float, float], side: float, roll: float, score: float) -> SimpleNamespace:
    """What MediaPipe says of a face in a picture of 200 × 100 pixels: its box, and its eyes a third of it apart."""
    (x, y), turn = middle, np.deg2rad(roll)
    dx, dy = side / 6 * np.cos(turn), side / 6 * np.sin(turn)
    box = SimpleNamespace(xmin=(x - side / 2) / 200, ymin=(y - side / 2) / 100, width=side / 200, height=side / 100)
    points = [SimpleNamespace(x=(x + sign * dx) / 200, y=(y + sign * dy) / 100) for sign in (-1, 1)]
    return SimpleNamespace(score=[score], location_data=SimpleNamespace(relative_bounding_box=box, relative_keypoints=points))


class PretendedGraph:
    def __init__(self, found: list[SimpleNamespace] | None) -> None:
        self.found, self.made, self.seen = found, [], []  # type: ignore[var-annotated]

    def __call__(self, **options: Any) -> PretendedGraph:
        self.made.append(options)
        return self

    def process(self, pixels: np.ndarray) -> SimpleNamespace:
        self.seen.append(pixels)
        return SimpleNamespace(detections=self.found)


def pretend(monkeypatch: pytest.MonkeyPatch, *found: SimpleNamespace) -> PretendedGraph:
    graph = PretendedGraph(list(found) or None)
    solutions = SimpleNamespace(face_detection=SimpleNamespace(FaceDetection=graph))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    return graph


PICTURE = np.zeros((100, 200, 3), np.float32)  # too small for more than one look


@pytest.mark.parametrize("model", [NEAR, FAR])
def test_the_box_is_moved_up_and_scaled(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, a_face((120, 60), 40, 0, 0.9))
    (found,) = MediaPipeDetector(model).detect(PICTURE)
    assert found.box.center == pytest.approx((120, 60 - model.up * 40))
    assert (found.box.width, found.box.height) == pytest.approx((model.side * 40, model.side * 40))
    assert (found.roll, found.score) == pytest.approx((0, 0.9))


@pytest.mark.parametrize("roll", [-170, -90, -20, 20, 90, 170])
def test_roll_is_clockwise_and_the_box_goes_up_along_the_face(roll: float, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, a_face((100, 50), 40, roll, 0.7))
    (found,) = MediaPipeDetector(FAR).detect(PICTURE)
    assert found.roll == pytest.approx(roll)
    x, y = found.box.center
    up = np.deg2rad(roll)  # the crown of a head turned clockwise by 90 degrees points to the right
    assert (x - 100, y - 50) == pytest.approx((FAR.up * 40 * np.sin(up), -FAR.up * 40 * np.cos(up)))


def test_the_surest_face_comes_first_and_none_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, a_face((50, 50), 20, 0, 0.6), a_face((150, 50), 20, 0, 0.8))
    assert [round(found.score, 1) for found in MediaPipeDetector().detect(PICTURE)] == [0.8, 0.6]
    pretend(monkeypatch)
    assert MediaPipeDetector().detect(PICTURE) == []


def test_mediapipe_gets_whole_bytes_and_the_picture_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = pretend(monkeypatch)
    picture = np.linspace(0, 1, 60, dtype=np.float32).reshape(4, 5, 3)
    picture.flags.writeable = False
    MediaPipeDetector(NEAR, min_score=0.3).detect(picture)
    assert graph.made == [{"model_selection": 0, "min_detection_confidence": 0.3}]
    assert graph.seen[0].dtype == np.uint8
    assert np.array_equal(graph.seen[0], np.rint(picture * 255))


def test_no_mediapipe_is_told_when_the_detector_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ModelError, match=r"pip install mediapipe==0\.10\.21"):
        MediaPipeDetector()


def test_a_mediapipe_without_models_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(__version__="0.10.30"))
    with pytest.raises(ModelError, match=r"0\.10\.30 has no models inside"):
        MediaPipeDetector()


def test_both_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    made = {name: make() for name, make in facefx_detectors().items()}
    assert {name: detector.model for name, detector in made.items()} == {"mediapipe": FAR, "mediapipe-near": NEAR}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("height", "width"), [(400, 600), (1001, 777), (4000, 6000)])
def test_pieces_lie_inside_and_show_every_small_face_whole(height: int, width: int) -> None:
    pieces = list(_pieces(height, width, 3))
    assert pieces[0] == (0, 0, width, height)
    assert len(pieces) == 1 + 9 + (49 if max(height, width) >= 768 else 0)
    for x0, y0, x1, y1 in pieces:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    finest = [piece for piece in pieces if piece[2] - piece[0] == pieces[-1][2] - pieces[-1][0]]
    reach_x, reach_y = (finest[0][2] - finest[0][0]) // 2 - 1, (finest[0][3] - finest[0][1]) // 2 - 1
    for x in range(0, width - reach_x, 37):
        for y in range(0, height - reach_y, 41):
            assert any(p[0] <= x and p[1] <= y and p[2] >= x + reach_x and p[3] >= y + reach_y for p in finest)


class PieceByPiece(PretendedGraph):
    """Finds the white square of a black picture, wherever a piece shows some of it."""

    def process(self, pixels: np.ndarray) -> SimpleNamespace:
        rows, columns = np.nonzero(pixels[..., 0] > 127)
        if not len(rows):
            return SimpleNamespace(detections=None)
        height, width = pixels.shape[:2]
        shown = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
        whole = len(rows) == 40 * 40
        edge = 0 if whole else 0.05  # a cut face's box goes on past the piece
        box = SimpleNamespace(xmin=shown[0] - edge, ymin=shown[1] - edge, width=shown[2] - shown[0] + 2 * edge,
                              height=shown[3] - shown[1] + 2 * edge)  # fmt: skip
        points = [SimpleNamespace(x=0.3, y=0.5), SimpleNamespace(x=0.7, y=0.5)]
        data = SimpleNamespace(relative_bounding_box=box, relative_keypoints=points)
        return SimpleNamespace(detections=[SimpleNamespace(score=[40 / width], location_data=data)])


@pytest.mark.parametrize(("x", "y"), [(0, 0), (380, 280), (180, 130), (290, 211), (560, 360)])
def test_a_face_in_several_pieces_is_one_face_at_its_place(x: int, y: int, monkeypatch: pytest.MonkeyPatch) -> None:
    solutions = SimpleNamespace(face_detection=SimpleNamespace(FaceDetection=PieceByPiece(None)))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    picture = np.zeros((400, 600, 3), np.float32)
    picture[y : y + 40, x : x + 40] = 1
    (found,) = MediaPipeDetector(FAR).detect(picture)
    assert found.box.center == pytest.approx((x + 20, y + 20 - FAR.up * 40), abs=0.5)
    assert found.box.side == pytest.approx(40, abs=0.5)
    assert found.score == pytest.approx(40 / 300)  # the piece that shows it largest


class PretendedSelfie:
    """Says that what is bright is a person, as surely as it is bright."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def __call__(self, **options: Any) -> PretendedSelfie:
        self.made.append(options)
        return self

    def process(self, pixels: np.ndarray) -> SimpleNamespace:
        assert pixels.dtype == np.uint8
        return SimpleNamespace(segmentation_mask=pixels[..., 0] / 255 * 1.1 - 0.05)


def test_people_are_what_the_selfie_segmenter_says_in_order_and_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    selfie = PretendedSelfie()
    solutions = SimpleNamespace(selfie_segmentation=SimpleNamespace(SelfieSegmentation=selfie))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    people = facefx_person_segmenters()["mediapipe-selfie"]()
    crops = np.zeros((2, 256, 256, 3), np.float32)
    crops[1, :, 128:] = 1
    answer = people.probabilities(crops)
    assert (answer.shape, answer.dtype, selfie.made) == ((2, 2, 256, 256), np.float32, [{"model_selection": 0}])
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)
    assert answer.min() >= 0
    assert (answer[0, 1] == 0).all()
    np.testing.assert_array_equal(answer[1, 1], crops[1, ..., 0])


def test_no_mediapipe_is_told_when_people_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ModelError, match=r"pip install mediapipe==0\.10\.21"):
        MediaPipePeople()


# --- the real one


@pytest.mark.parametrize("name", ["mediapipe", "mediapipe-near"])
def test_the_real_one_finds_faces_without_the_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe", reason="MediaPipe is not installed")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    detector = facefx_detectors()[name]()
    for sample, middle, side, roll in (
        ("straight", (393, 344), 367, -5.1),
        ("long_dark", (348, 315), 230, -19.1),
        ("full_length", (376, 135), 119, -8.5),
    ):
        best = detector.detect(open_image(SAMPLES / f"{sample}.jpg").rgb)[0]
        assert np.hypot(*np.subtract(best.box.center, middle)) < 0.2 * side
        assert best.box.side == pytest.approx(side, rel=0.3)
        assert best.roll == pytest.approx(roll, abs=8)
        assert 0.5 <= best.score <= 1


def test_the_real_one_finds_the_people_of_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe", reason="MediaPipe is not installed")
    people = MediaPipePeople()
    picture = open_image(SAMPLES / "full_length.jpg")
    (answer,) = people.probabilities(picture.canvas.reduced((0, 0, *picture.size[::-1]), (256, 256))[None])
    assert answer[1, 128, 128] > 0.9
    assert answer[1, 5, 5] < 0.1
    assert 0.1 < (answer[1] > 0.5).mean() < 0.9


def test_facefx_finds_it() -> None:
    try:
        distribution("facefx-mediapipe")
    except PackageNotFoundError:
        pytest.skip("facefx-mediapipe is not installed, only its source is here")
    from facefx.plugins.installed import registry

    assert {"facefx-mediapipe:mediapipe", "facefx-mediapipe:mediapipe-near"} <= set(registry().detectors.items)
    assert "facefx-mediapipe:mediapipe-selfie" in registry().person_segmenters.items
