"""The conversion and the lock on downloads are tested with a pretended deepface; the real one is tested where it is installed."""

from __future__ import annotations

import socket
import sys
import warnings
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from facefx_deepface import SIDES, DeepFaceDetector, facefx_detectors

from facefx import ModelError, open_image

SAMPLES = Path(__file__).parents[3] / "samples"
PICTURE = np.zeros((100, 200, 3), np.float32)


def an_area(x: int, y: int, w: int, h: int, confidence: float | None = 0.9, eyes: Any = (None, None)) -> SimpleNamespace:
    return SimpleNamespace(x=x, y=y, w=w, h=h, confidence=confidence, right_eye=eyes[0], left_eye=eyes[1])


class Pretended:
    """A deepface whose detectors find what they are told to, and want a weight file or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found: list[SimpleNamespace] = []
        self.wants: dict[str, Any] | None = None
        self.fails: Exception | None = None
        self.seen: list[np.ndarray] = []
        self.downloads: list[str] = []
        for package in ("deepface", "retinaface"):
            utils = ModuleType(f"{package}.commons.weight_utils")
            utils.download_weights_if_necessary = self.download  # type: ignore[attr-defined]
            modules = {package: ModuleType(package), f"{package}.commons": ModuleType(f"{package}.commons"), utils.__name__: utils}
            for name, module in modules.items():
                monkeypatch.setitem(sys.modules, name, module)
        modeling = SimpleNamespace(build_model=self.build_model)
        monkeypatch.setitem(sys.modules, "deepface.modules", SimpleNamespace(modeling=modeling))

    def download(self, file_name: str, **_: Any) -> str:
        self.downloads.append(file_name)
        return file_name

    def build_model(self, task: str, model_name: str) -> Pretended:
        assert task == "face_detector"
        assert model_name in SIDES
        warnings.warn("deepface and its friends warn a lot", stacklevel=1)
        package = "retinaface" if model_name == "retinaface" else "deepface"
        if self.wants:
            self.weights = sys.modules[f"{package}.commons.weight_utils"].download_weights_if_necessary(**self.wants)
        if self.fails:
            raise self.fails
        return self

    def detect_faces(self, bgr: np.ndarray) -> list[SimpleNamespace]:
        self.seen.append(bgr)
        return self.found


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pretended:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    return Pretended(monkeypatch)


@pytest.mark.parametrize("name", SIDES)
def test_the_box_becomes_a_square_round_its_middle(name: str, pretended: Pretended) -> None:
    pretended.found = [an_area(100, 20, 32, 50)]
    (found,) = DeepFaceDetector(name).detect(PICTURE)
    assert found.box.center == pytest.approx((116, 45))
    assert (found.box.width, found.box.height) == pytest.approx((SIDES[name] * 40, SIDES[name] * 40))
    assert (found.roll, found.score) == (0, 0.9)


@pytest.mark.parametrize("roll", [-150, -90, -20, 0, 20, 90, 150])
def test_roll_is_clockwise_from_the_subjects_right_eye_to_the_left(roll: float, pretended: Pretended) -> None:
    dx, dy = 50 * np.cos(np.deg2rad(roll)), 50 * np.sin(np.deg2rad(roll))
    pretended.found = [an_area(0, 0, 50, 50, eyes=((100 - dx, 100 - dy), (100 + dx, 100 + dy)))]
    (found,) = DeepFaceDetector("yunet").detect(PICTURE)
    assert found.roll == pytest.approx(roll)


def test_a_roll_that_the_frontal_cascade_cannot_see_is_not_believed(pretended: Pretended) -> None:
    pretended.found = [an_area(0, 0, 50, 50, eyes=((10, 10), (20, 40)))]
    assert DeepFaceDetector("opencv").detect(PICTURE)[0].roll == 0
    assert DeepFaceDetector("ssd").detect(PICTURE)[0].roll > 60


def test_scores_are_cut_sorted_and_empty_boxes_dropped(pretended: Pretended) -> None:
    pretended.found = [an_area(0, 0, 9, 9, None), an_area(0, 0, 9, 9, 3.5), an_area(0, 0, 0, 9), an_area(0, 0, 9, 9, 0.4)]
    assert [found.score for found in DeepFaceDetector("dlib").detect(PICTURE)] == [1.0, 0.4, 0.0]


def test_deepface_gets_blue_green_red_bytes(pretended: Pretended) -> None:
    picture = np.zeros((2, 3, 3), np.float32)
    picture[..., 0] = 1
    picture.flags.writeable = False
    DeepFaceDetector("opencv").detect(picture)
    assert pretended.seen[0].dtype == np.uint8
    assert pretended.seen[0][0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("name", "wants", "says"),
    [
        ("yunet", {"file_name": "face.onnx", "source_url": "https://example.org/face.onnx"}, "example.org/face.onnx"),
        ("retinaface", {"file_name": "r.onnx", "source_urls": ["https://example.org/r", "https://b.org"]}, "example.org/r as"),
        ("dlib", {"file_name": "s.dat", "source_url": "https://example.org/s", "compress_type": "bz2"}, r"from its \.bz2"),
    ],
)
def test_missing_weights_are_named_and_not_fetched(
    name: str, wants: dict[str, Any], says: str, pretended: Pretended, tmp_path: Path
) -> None:
    pretended.wants = wants
    with pytest.raises(ModelError, match=says) as caught:
        DeepFaceDetector(name)
    path = tmp_path / ".deepface" / "weights" / wants["file_name"]
    assert f"put the file at {path}" in str(caught.value)
    assert pretended.downloads == []
    assert list(tmp_path.iterdir()) == []

    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    DeepFaceDetector(name)
    assert pretended.weights == str(path)


def test_deepface_is_as_it_was_afterwards(pretended: Pretended) -> None:
    DeepFaceDetector("ssd").detect(PICTURE)
    for package in ("deepface", "retinaface"):
        assert sys.modules[f"{package}.commons.weight_utils"].download_weights_if_necessary == pretended.download


@pytest.mark.parametrize("failure", [ImportError("Dlib is an optional detector"), ValueError("Dlib"), RuntimeError("Dlib")])
def test_whatever_deepface_raises_is_a_facefx_error(failure: Exception, pretended: Pretended) -> None:
    pretended.fails = failure
    with pytest.raises(ModelError, match="'dlib' cannot be used: Dlib"):
        DeepFaceDetector("dlib")


def test_no_deepface_is_told_when_the_detector_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "deepface"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "deepface", None)
    with pytest.raises(ModelError, match="pip install 'deepface"):
        DeepFaceDetector("opencv")


def test_all_are_offered_by_name(pretended: Pretended) -> None:
    made = {name: make() for name, make in facefx_detectors().items()}
    assert {name: detector.name for name, detector in made.items()} == {f"deepface-{name}": name for name in SIDES}  # type: ignore[attr-defined]


# --- the real one


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """deepface without a network and without weights; gives its home."""
    try:
        distribution("deepface")  # its import would silence warnings
    except PackageNotFoundError:
        pytest.skip("deepface is not installed")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["opencv", "mtcnn"])
def test_the_real_detectors_that_need_no_file_find_faces(name: str, real: Path) -> None:
    if name == "mtcnn":
        for package in ("mtcnn", "tensorflow_cpu"):
            try:
                distribution(package)
            except PackageNotFoundError:
                pytest.skip(f"{package} is not installed")
    detector = facefx_detectors()[f"deepface-{name}"]()
    for sample, middle, side, roll in (("straight", (393, 344), 367, -5.1), ("astronaut", (226, 128), 98, 3.1)):
        found = detector.detect(open_image(SAMPLES / f"{sample}.jpg").rgb)
        best = min(found, key=lambda one: np.hypot(*np.subtract(one.box.center, middle)))
        assert np.hypot(*np.subtract(best.box.center, middle)) < 0.2 * side
        assert best.box.side == pytest.approx(side, rel=0.3)
        assert best.roll in (0, pytest.approx(roll, abs=10))
    assert list(real.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ssd", "deploy.prototxt"),
        ("yunet", "face_detection_yunet_2023mar.onnx"),
        ("retinaface", "retinaface.onnx"),
    ],
)
def test_the_real_detectors_without_their_weights_say_so(name: str, file: str, real: Path) -> None:
    with pytest.raises(ModelError, match="facefx downloads nothing") as caught:
        facefx_detectors()[f"deepface-{name}"]()
    assert str(real / ".deepface" / "weights" / file) in str(caught.value)
    assert list(real.iterdir()) == []


def test_centerface_which_loads_its_weights_when_it_runs_says_so_too(real: Path) -> None:
    detector = facefx_detectors()["deepface-centerface"]()
    with pytest.raises(ModelError, match=r"centerface\.onnx"):
        detector.detect(PICTURE)
    assert list(real.iterdir()) == []


def test_facefx_finds_it() -> None:
    try:
        distribution("facefx-deepface")
    except PackageNotFoundError:
        pytest.skip("facefx-deepface is not installed, only its source is here")
    from facefx.plugins.installed import registry

    assert {f"facefx-deepface:deepface-{name}" for name in SIDES} <= set(registry().detectors.items)
