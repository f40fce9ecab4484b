"""The detector that runs trained models: on a network of one convolution whose answers are known."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_helpers import run
from facefx import Box, open_image
from facefx.cli.exit_codes import ExitCode
from facefx.errors import ModelError, ParameterError
from facefx.inference.cards import DetectorCard, detectors_among, installed_models, local_models, segmenters_among
from facefx.inference.detector import onnx as onnx_detector
from facefx.inference.detector.decode import CHANNELS, Faces, cells, decode, without_doubles
from facefx.inference.detector.onnx import OnnxDetector
from facefx.inference.detector.tiles import COARSEST, MOST_PIXELS, TILE, copies, default_smallest, scales, tiles
from facefx.inference.runtime import run_session
from facefx.plugins.installed import Registry, registry
from tiny_models import onnx

SAMPLES = Path(__file__).parents[1] / "samples"
CARD = """
name = "{name}"
version = "1.0.0"
family = "tiny"
summary = "finds white squares"
sha256 = "{sha256}"
parameters = 3
license = "Apache-2.0"
data_license = "none"
threshold = {threshold}
"""


def tiny_network(factor: float = 1) -> bytes:
    """Cells that are white hold a face of six cells' side turned by 90 degrees; larger cells are surer."""
    make, numbers = onnx.helper, onnx.numpy_helper.from_array
    nodes, grids = [], []
    for stride in (8, 16, 32):
        nodes += [
            make.make_node("AveragePool", ["image"], [f"mean{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2),
            make.make_node("Conv", [f"mean{stride}", f"weight{stride}", "bias"], [f"map{stride}"]),
            make.make_node("Reshape", [f"map{stride}", "shape"], [f"flat{stride}"]),
        ]
        grids.append(f"flat{stride}")
    nodes += [
        make.make_node("Concat", grids, ["all"], axis=2),
        make.make_node("Transpose", ["all"], ["codes"], perm=[0, 2, 1]),
    ]
    weights = []
    for stride in (8, 16, 32):
        weight = np.zeros((CHANNELS, 3, 1, 1), np.float32)
        weight[0] = factor * (0.9 + stride / 320) / 3
        weights.append(numbers(weight, f"weight{stride}"))
    bias = np.zeros(CHANNELS, np.float32)
    bias[3], bias[5], bias[6] = np.log(6 / 4), 1, 0.25 * factor
    graph = make.make_graph(
        nodes,
        "tiny",
        [make.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [make.make_tensor_value_info("codes", onnx.TensorProto.FLOAT, ["n", "a", CHANNELS])],
        [*weights, numbers(bias, "bias"), numbers(np.array([1, CHANNELS, -1]), "shape")],
    )
    return bytes(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8).SerializeToString())


def write_detector(folder: Path, content: bytes | None = None, threshold: float = 0.9, sha256: str = "") -> Path:
    content = tiny_network() if content is None else content
    folder.mkdir(parents=True)
    (folder / "detector.onnx").write_bytes(content)
    card = CARD.format(name=folder.name, sha256=sha256 or hashlib.sha256(content).hexdigest(), threshold=threshold)
    (folder / "card.toml").write_text(card, "utf-8")
    return folder


def test_a_model_finds_what_it_says(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    rgb = np.zeros((128, 192, 3), np.float32)
    rgb[32:48, 64:80] = 1  # four cells of 8 and one of 16
    (found, *others) = OnnxDetector.from_folder(write_detector(tmp_path / "tiny"), smallest_face=12).detect(rgb)
    assert not others
    assert (*found.box.center, found.box.side) == pytest.approx((72, 40, 96))
    assert (found.roll, found.score) == (pytest.approx(90), pytest.approx(0.95))
    x, y = found.box.center
    assert found.points[0] == pytest.approx((x + 0.25 * found.box.side, y))
    assert len(found.points) == 5


def test_a_face_is_found_wherever_it_lies_in_a_large_picture_and_only_once(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    detector = OnnxDetector.from_folder(write_detector(tmp_path / "tiny"), smallest_face=12)
    rgb = np.zeros((1500, 2100, 3), np.float32)
    places = [(24, 40), (1000, 900), (1480, 2080), (720, 10)]
    for y, x in places:
        rgb[y - 8 : y + 8, x - 8 : x + 8] = 1
    found = detector.detect(rgb)
    assert len(found) == len(places)
    for y, x in places:
        assert min(np.hypot(one.box.center[0] - x, one.box.center[1] - y) for one in found) < 12


def test_the_coarsest_scale_shows_the_whole_frame_and_what_is_found_there_is_put_back() -> None:
    (last,) = tiles(copies(np.ones((900, 600, 3), np.float32), 12)[-1])
    assert last.rgb.shape == (224 + 32, 160, 3)
    assert (last.scale, last.x, last.y) == (4, 0, 0)
    face = Faces(np.array([[75, 112, 150.0]]), np.ones(1), np.zeros(1), np.full((1, 5, 2), 80.0)).moved(last.scale, 10, 0)
    assert face.squares.tolist() == [[310, 448, 600]]
    assert (face.points == (330, 320)).all()


def test_all_pixels_are_in_a_piece_and_pieces_are_bounded() -> None:
    rgb = np.random.default_rng(0).random((1300, 2500, 3), np.float32)
    covered = np.zeros(rgb.shape[:2], bool)
    for tile in tiles(copies(rgb, 12)[0]):
        height, width = tile.rgb.shape[:2]
        assert (height % 32, width % 32) == (0, 0)
        assert max(height, width) <= TILE
        if tile.scale == 1:
            x, y = round(tile.x), round(tile.y)
            shown = rgb[y : y + height, x : x + width]
            assert np.array_equal(tile.rgb[: shown.shape[0], : shown.shape[1]], shown)
            covered[y : y + height, x : x + width] = True
    assert covered.all()


@pytest.mark.parametrize("size", [(20, 30), (200, 300), (480, 640), (3000, 4000), (9000, 12000), (40, 5000)])
def test_scales_reach_from_the_finest_to_the_whole_frame(size: tuple[int, int]) -> None:
    found = scales(*size, 12)
    assert found == sorted(found, reverse=True)
    assert found[0] == 1 or max(size) < 160 or size[0] * size[1] > MOST_PIXELS
    assert size[0] * size[1] * found[0] ** 2 <= MOST_PIXELS * 1.001
    assert 159 <= max(size) * found[-1] <= COARSEST
    assert all(fine / coarse <= 4.001 for fine, coarse in pairwise(found))


@pytest.mark.parametrize(("size", "smallest"), [((400, 300), 24), ((1200, 800), 24), ((3000, 4000), 80), ((40, 5000), 100)])
def test_large_pictures_are_looked_at_as_small_as_their_smallest_face_allows(size: tuple[int, int], smallest: float) -> None:
    assert default_smallest(*size) == smallest
    assert max(size) * scales(*size, smallest)[0] <= 640
    assert scales(*size, smallest / 2)[0] == pytest.approx(min(2 * scales(*size, smallest)[0], 1))


def test_what_may_be_a_face_is_looked_at_again_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def counted(session: Any, model: str, batch: np.ndarray, **named: Any) -> np.ndarray:
        seen.append(batch.shape[2:])
        return run_session(session, model, batch, **named)

    monkeypatch.setattr(onnx_detector, "run_session", counted)
    pytest.importorskip("onnxruntime")
    finder = OnnxDetector.from_folder(installed_models()["finder"])
    grey = np.full((3000, 4000, 3), 128, np.uint8)
    assert finder.detect(grey) == []
    assert seen[:2] == [(480, 640), (128, 160)]
    assert set(seen[2:]) <= {(192, 192)}
    assert len(seen) <= 12
    seen.clear()
    photo = np.asarray(open_image(SAMPLES / "straight.jpg").native)
    grey[1000:1768, 1500:2268] = photo
    best = finder.detect(grey)[0]
    assert sum(height * width for height, width in seen) <= 480 * 640 + 128 * 160 + 10 * 192 * 192
    assert best.box.iou(Box.square((1500 + 389, 1000 + 341), 351)) > 0.7
    seen.clear()
    assert OnnxDetector.from_folder(installed_models()["finder"], smallest_face=24).detect(grey)[0].box.iou(best.box) > 0.8
    assert sum(height * width for height, width in seen) > 3 * 480 * 640


def test_a_doubtful_face_round_a_sure_small_one_is_looked_at_wherever_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = OnnxDetector.from_folder(installed_models()["finder"])
    rng = np.random.default_rng(0)
    for x, y, side in rng.uniform((80, 80, 30), (90, 90, 50), (50, 3)):
        squares = np.array([[x, y, side], [x + 1, y - 1, 3 * side]])
        seen = Faces(squares, np.array([0.9, 0.4]), np.zeros(2), np.zeros((2, 5, 2)))
        monkeypatch.setattr(finder, "_in_tile", lambda *_, seen=seen: seen)
        sure, unsure = finder._at_a_glance(copies(np.zeros((200, 200, 3), np.uint8), 24))
        assert sure.squares[:, 2].tolist() == pytest.approx([side * 200 / 160])
        assert unsure.squares[:, 2].tolist() == pytest.approx([3 * side * 200 / 160])


def test_bytes_floats_and_windows_are_one_picture() -> None:
    pytest.importorskip("onnxruntime")
    finder = OnnxDetector.from_folder(installed_models()["finder"])
    picture = open_image(SAMPLES / "straight.jpg")
    as_bytes, as_floats = np.asarray(picture.native), picture.rgb
    answers = [finder.detect(image)[0] for image in (as_bytes, as_floats, picture.canvas.stored, picture.canvas)]
    for answer in answers[1:]:
        assert answer.box.iou(answers[0].box) > 0.95
        assert answer.score == pytest.approx(answers[0].score, abs=0.05)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 17), (31, 33)])
def test_odd_pictures_are_searched(size: tuple[int, int]) -> None:
    pytest.importorskip("onnxruntime")
    finder = OnnxDetector.from_folder(installed_models()["finder"], smallest_face=4)
    assert finder.detect(np.zeros((*size, 3), np.uint8)) == []


def test_a_low_threshold_finds_what_is_hardly_one() -> None:
    pytest.importorskip("onnxruntime")
    photo = np.asarray(open_image(SAMPLES / "full_length.jpg").native)
    many, few = (len(OnnxDetector.from_folder(installed_models()["finder"], threshold).detect(photo)) for threshold in (0.02, 0.5))
    assert many > few


@pytest.mark.parametrize("side", [0, -3, float("nan"), float("inf")])
def test_no_face_is_as_small_as_nothing(side: float) -> None:
    with pytest.raises(ParameterError, match="smallest_face"):
        OnnxDetector.from_folder(installed_models()["finder"], smallest_face=side)


def test_a_picture_without_a_face_has_none(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    detector = OnnxDetector.from_folder(write_detector(tmp_path / "tiny"))
    assert detector.detect(np.zeros((50, 70, 3), np.float32)) == []


def test_codes_are_read_by_the_cell_that_they_stand_in() -> None:
    grid = cells(64, 96)
    assert len(grid) == 8 * 12 + 4 * 6 + 2 * 3
    codes = np.zeros((len(grid), CHANNELS), np.float32)
    row = 8 * 12 + 6 + 2  # of the cells of 16 pixels: second row, third column
    codes[row, :6] = 0.8, 0.5, -0.25, np.log(50 / 64), 0, -2
    codes[row, 6:8] = 0.2, -0.1
    found = decode(codes, 64, 96, 0.5)
    (x, y, side), (roll,), points = found.squares[0], found.rolls, found.points[0]
    assert (x, y, side, roll) == pytest.approx((40 + 8, 24 - 4, 50, -90))
    assert points[0] == pytest.approx((48 + 10, 20 - 5))
    assert len(decode(codes, 64, 96, 0.9)) == 0


def test_of_doubles_the_surest_is_kept() -> None:
    squares = np.array([[50, 50, 40], [54, 50, 42], [52, 48, 20], [120, 50, 40.0]])
    found = Faces(squares, np.array([0.6, 0.9, 0.7, 0.5]), np.zeros(4), np.zeros((4, 5, 2)))
    kept = without_doubles(found)
    assert kept.squares[:, 0].tolist() == [54, 120]
    assert kept.scores.tolist() == [0.9, 0.5]
    assert len(without_doubles(found.chosen(np.array([], int)))) == 0


def test_kinds_of_models_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx.plugins import local

    folder = write_detector(tmp_path / "finder")
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path))
    assert detectors_among(local_models()) == {"finder": folder}
    assert segmenters_among(local_models()) == {}
    fresh = Registry()
    fresh.add("local", "-", "FACEFX_MODELS", local)
    assert fresh.segmenters.items == {}
    detector = fresh.detector("finder")
    assert isinstance(detector, OnnxDetector)
    assert detector.threshold == 0.9
    assert OnnxDetector(detector.card, 0.3).threshold == 0.3


@pytest.mark.slow
def test_models_lists_detectors_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_detector(tmp_path / "finder")
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path))
    listed = run("models")
    assert listed.exit_code == 0
    assert "faces from a score of 0.9 on" in listed.stdout
    assert "finder 1.0.0, sha256 ok" in " ".join(run("doctor").stdout.replace("│", " ").split())
    (folder / "detector.onnx").write_bytes(b"other")
    broken = run("models")
    assert broken.exit_code == ExitCode.SETUP
    assert "finder" in broken.stderr


def test_what_is_wrong_with_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model card"):
        OnnxDetector.from_folder(tmp_path / "nothing")
    with pytest.raises(ModelError, match="allowed: between 0 and 1"):
        OnnxDetector.from_folder(write_detector(tmp_path / "all", threshold=0.0))
    broken = write_detector(tmp_path / "broken")
    (broken / "card.toml").write_text("name = 'x'")
    with pytest.raises(ModelError, match="lacks or garbles"):
        DetectorCard.read(broken)
    other = write_detector(tmp_path / "other", sha256="0" * 64)
    with pytest.raises(ModelError, match="not the file that its card describes"):
        DetectorCard.read(other).model_bytes()


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    from tiny_models import model_bytes

    segmenter = write_detector(tmp_path / "segmenter", model_bytes())
    with pytest.raises(ModelError, match="gave an array of shape"):
        OnnxDetector.from_folder(segmenter).detect(np.zeros((64, 64, 3), np.float32))
    four = write_detector(tmp_path / "four", model_bytes(inputs=4))
    with pytest.raises(ModelError, match="allowed: one input"):
        OnnxDetector.from_folder(four).detect(np.zeros((64, 64, 3), np.float32))


@pytest.mark.parametrize(("factor", "message"), [(np.nan, "NaN or inf"), (np.inf, "NaN or inf"), (0, "same of every place")])
def test_a_network_that_says_nothing_is_an_error_and_no_picture_without_faces(tmp_path: Path, factor: float, message: str) -> None:
    detector = OnnxDetector.from_folder(write_detector(tmp_path / "blind", tiny_network(factor)))
    rgb = np.random.default_rng(0).random((64, 96, 3), np.float32)
    with pytest.raises(ModelError, match=message):
        detector.detect(rgb)


def test_installed_detectors_are_offered() -> None:
    assert set(detectors_among(installed_models())) <= {name.partition(":")[2] for name in registry().detectors.items}
