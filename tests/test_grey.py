"""One grey picture in which the face lies, in it the eyes, in them the irises: how it is read, and what facefx makes of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import facefx
from facefx import Box, Detection
from facefx.cli import app
from facefx.errors import ModelError, RegionUnavailable
from facefx.face.scene import Scene
from facefx.image.overlay import palette
from facefx.inference.card_ends import answered_scheme
from facefx.inference.cards import ModelCard
from facefx.inference.grey import decoded, drawn, sided
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import Label, scheme
from facefx.live.keys import VIEWS
from facefx.live.session import Session
from facefx.live.views import PANEL, rendered
from facefx.testing import check_segmenter
from facefx.video import Tracker
from synthetic import CoarseSegmenter, ScriptedDetector
from tiny_models import write_model

onnx = pytest.importorskip("onnx", reason="the tests make their models with the package onnx: pip install onnx")
FACE, SIDES = scheme("face"), scheme("face_sides")


def face_drawn(turn: float = 0.0, eyes: tuple[int, ...] = (-1, 1), size: int = 128) -> np.ndarray:
    """(S, S) uint8 of the scheme ``face``: an oval, and the eyes that are asked for, -1 towards the left of the picture."""
    labels = np.zeros((size, size), np.uint8)
    cv2.ellipse(labels, (size // 2, size // 2), (size // 4, size // 3), turn, 0, 360, 1, -1)
    along = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    across = np.array([-along[1], along[0]])
    for side in eyes:
        center = np.array([size / 2, size / 2]) + side * size / 9 * along - size / 12 * across
        place = tuple(center.round().astype(int).tolist())
        cv2.ellipse(labels, place, (size // 16, size // 32), turn, 0, 360, 2, -1)
        cv2.circle(labels, place, size // 36, 3, -1)
    return labels


def shares(labels: np.ndarray) -> np.ndarray:
    return decoded(drawn(labels, 4)[None], 4)


@given(st.integers(2, 12), st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_whatever_is_drawn_is_read_as_probabilities(classes: int, greys: list[float]) -> None:
    found = decoded(np.array(greys)[None, None], classes)
    assert (found.shape, found.dtype) == ((1, classes, 1, len(greys)), np.float32)
    assert np.isfinite(found).all()
    assert found.min() >= -1e-6
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


@given(st.integers(2, 8))
def test_each_level_is_read_as_its_class_and_half_way_as_both_neighbours_alike(classes: int) -> None:
    levels = np.arange(classes)
    assert decoded(drawn(levels, classes)[None, None], classes)[0, :, 0].argmax(axis=0).tolist() == levels.tolist()
    between = decoded((levels[:-1] + 0.5)[None, None] / (classes - 1), classes)[0, :, 0]
    for lower in range(classes - 1):
        np.testing.assert_allclose(between[lower, lower], between[lower + 1, lower], atol=0.01)
        assert between[[lower, lower + 1], lower].sum() > 0.9


def test_one_mask_of_two_classes_is_a_plain_sigmoid() -> None:
    grey = np.linspace(0.001, 0.999, 50, dtype=np.float32)
    np.testing.assert_allclose(decoded(grey[None, None], 2)[0, 1, 0], grey, atol=1e-5)


def test_a_blurred_edge_shows_what_lies_on_both_sides_and_nothing_else() -> None:
    labels = face_drawn()
    soft = cv2.GaussianBlur(drawn(labels, 4), (0, 0), 1.5)
    found = decoded(soft[None], 4)[0].argmax(axis=0)
    assert set(np.unique(found)) == {0, 1, 2, 3}
    assert not (found[labels == 0] > 1).any()  # the face fades into the background: no eye on its edge
    near_eyes = cv2.dilate((labels >= 2).astype(np.uint8), np.ones((9, 9))) > 0
    assert not (found[~near_eyes] > 1).any()
    eyes = cv2.erode((labels >= 1).astype(np.uint8), np.ones((9, 9))) > 0
    assert not (found[eyes] == 0).any()


@pytest.mark.parametrize("turn", [0, -35, 35, 60])
def test_eyes_are_named_by_the_side_of_the_face_they_lie_on(turn: float) -> None:
    labels = face_drawn(turn)
    found = SIDES.classes, sided(shares(labels))[0].argmax(axis=0)
    left, right = (found[1] == found[0].index("left_eye"), found[1] == found[0].index("right_eye"))
    assert left.any()
    assert right.any()
    assert np.nonzero(left)[1].mean() > np.nonzero(right)[1].mean()  # the subject's left is at the right
    for side in ("left", "right"):
        eye, iris = (found[1] == found[0].index(f"{side}_{part}") for part in ("eye", "iris"))
        assert np.hypot(*np.subtract(np.argwhere(eye).mean(axis=0), np.argwhere(iris).mean(axis=0))) < 2
    assert ((found[1] == 2) | (found[1] == 3)).sum() == (labels == 2).sum()


def test_a_mirror_swaps_the_sides() -> None:
    labels = face_drawn(20)
    there, mirrored = sided(shares(labels))[0], sided(shares(labels[:, ::-1]))[0]
    np.testing.assert_array_equal(mirrored[list(SIDES.mirror)][..., ::-1], there)


@pytest.mark.parametrize(("eye", "name"), [(-1, "right_eye"), (1, "left_eye")])
def test_a_single_eye_is_named_by_the_half_of_the_face_it_is_in(eye: int, name: str) -> None:
    found = sided(shares(face_drawn(eyes=(eye,))))[0].argmax(axis=0)
    assert {SIDES.classes[i] for i in np.unique(found)} == {"background", "face", name, name.replace("eye", "iris")}


def test_an_eye_that_a_strand_of_hair_divides_is_one_eye() -> None:
    labels = face_drawn(eyes=(1,))
    columns = np.nonzero(labels == 3)[1]
    labels[:, round(columns.mean())] = 0
    found = sided(shares(labels))[0].argmax(axis=0)
    assert {SIDES.classes[i] for i in np.unique(found)} == {"background", "face", "left_eye", "left_iris"}


def test_another_face_s_eyes_do_not_say_where_this_one_s_are() -> None:
    labels = face_drawn()
    crowd = np.zeros_like(labels)
    crowd[:, -30:] = face_drawn(size=128)[:, 30:60]
    labels = np.maximum(labels, crowd)
    alone = sided(shares(face_drawn()))[0].argmax(axis=0)
    found = sided(shares(labels))[0].argmax(axis=0)
    np.testing.assert_array_equal(found[:, :98], alone[:, :98])


def test_what_shows_nothing_has_no_sides() -> None:
    nothing = np.zeros((1, 4, 64, 64), np.float32)
    nothing[:, 0] = 1
    found = sided(nothing)
    assert found.shape == (1, 6, 64, 64)
    np.testing.assert_array_equal(found[:, 0], 1)
    assert sided(np.zeros((0, 4, 64, 64), np.float32)).shape == (0, 6, 64, 64)


def test_only_the_picture_of_a_face_has_sides() -> None:
    each = tuple((index,) for index in range(4))
    assert answered_scheme(FACE, each, "grey") is SIDES
    assert answered_scheme(FACE, each, "probabilities") is FACE
    assert answered_scheme(scheme("hair"), each[:2], "grey") is scheme("hair")
    assert SIDES.indices_of(Label.LEFT_EYE)


# ---- as a model


def write_grey(folder: Path, **changes: str) -> Path:
    """A model that is shown its own answer: the grey that it gives is the red of the crop."""
    make, numpy = onnx.helper, onnx.numpy_helper
    weight = np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1)
    graph = make.make_graph(
        [make.make_node("Conv", ["image", "red"], ["grey"])],
        "grey",
        [make.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [make.make_tensor_value_info("grey", onnx.TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [numpy.from_array(weight, "red")],
    )
    content = bytes(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8).SerializeToString())
    card = {"scheme": "face", "size": "256", "classes": '["background", "face", "eyes", "irises"]', **changes}
    write_model(folder, content)
    text = (folder / "card.toml").read_text("utf-8").partition("[input]")[0]
    text += f'[input]\nsize = [{card["size"]}, {card["size"]}]\n[output]\nvalues = "grey"\n'
    (folder / "card.toml").write_text(f'{text}[labels]\nscheme = "{card["scheme"]}"\nclasses = {card["classes"]}\n', "utf-8")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grey(tmp_path_factory.mktemp("models") / "grey")


PHOTO = np.repeat(np.rint(drawn(face_drawn(size=320), 4) * 255).astype(np.uint8)[..., None], 3, axis=2)
SEEN = Detection(Box.square((160, 165), 170.0))


@pytest.fixture(scope="module")
def scene(model: Path) -> Scene:
    return facefx.parse(PHOTO, segmenter=model, detector=ScriptedDetector(SEEN))


def test_a_model_that_draws_answers_with_sides(model: Path) -> None:
    segmenter = OnnxSegmenter.from_folder(model)
    assert (segmenter.scheme, segmenter.card.channels) == (SIDES, 1)
    check_segmenter(segmenter)
    crop = np.repeat(drawn(face_drawn(), 4)[None, ..., None], 3, axis=3)
    np.testing.assert_array_equal(segmenter.probabilities(crop)[0].argmax(axis=0), sided(shares(face_drawn()))[0].argmax(axis=0))
    mirrored = OnnxSegmenter(segmenter.card, mirror=True).probabilities(crop)
    np.testing.assert_allclose(mirrored, segmenter.probabilities(crop), atol=0.01)  # the drawing has two like sides


def test_a_card_lists_the_classes_from_black_to_white(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="from black to white"):
        ModelCard.read(write_grey(tmp_path / "one", classes='["background", "eyes", "face", "irises"]'))
    plain = ModelCard.read(write_grey(tmp_path / "two", scheme="hair", classes='["background", "hair"]'))
    assert (plain.scheme, plain.channels) == (scheme("hair"), 1)
    crop = np.full((1, 256, 256, 3), 0.3, np.float32)
    crop[:, :9] = 0.8
    found = OnnxSegmenter(plain).probabilities(crop)[0]
    np.testing.assert_allclose(found[1, [0, -1], 0], [0.8, 0.3], atol=1e-4)


def test_a_card_from_before_of_a_plain_mask_of_the_face_is_still_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "old", scheme="face", classes=["background", "face"])
    assert ModelCard.read(folder).scheme == scheme("face_mask")


def test_a_picture_is_parsed_into_the_face_its_eyes_and_their_irises(scene: Scene) -> None:
    labels = face_drawn(size=320)
    for name, truth in (("face", labels >= 1), ("eyes", labels >= 2), ("irises", labels == 3)):
        mask = np.asarray(scene.mask(name)) >= 0.5
        assert (mask & truth).sum() / (mask | truth).sum() > 0.9, name
    left, right = (scene.mask(f"{side}_iris").bbox for side in ("left", "right"))
    assert left is not None
    assert right is not None
    assert left.center[0] > 160 > right.center[0]
    assert set(np.unique(scene.label_map("face_sides"))) == set(range(6))
    assert set(np.unique(scene.label_map("face"))) == set(range(4))
    np.testing.assert_array_equal(scene.label_map("face_mask") > 0, scene.label_map("face") > 0)


def test_what_it_does_not_know_it_says(scene: Scene, model: Path) -> None:
    for region in ("lips", "nose", "skin", "hair", "eyebrows"):
        with pytest.raises(RegionUnavailable, match=region):
            scene.mask(region)
    with pytest.raises(RegionUnavailable):
        scene.label_map()
    with pytest.raises(RegionUnavailable, match="lips"):
        facefx.chain("recolor_lips").run(PHOTO, segmenter=model, detector=ScriptedDetector(SEEN))
    with pytest.raises(RegionUnavailable, match=r"irises.*'face' scheme"):
        facefx.parse(PHOTO, segmenter=CoarseSegmenter(scheme("celebamask")), detector=ScriptedDetector(SEEN)).mask("irises")


def test_boxes_contour_and_shape_are_those_of_the_mask(scene: Scene, model: Path) -> None:
    (report,) = facefx.analyze(PHOTO, segmenter=model, detector=ScriptedDetector(SEEN))
    labels = face_drawn(size=320)
    rows, columns = np.nonzero(labels)
    true = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert Box(**report["face_boxes"]["box"]).iou(true) > 0.9  # without the outermost pixels
    assert SEEN.box.iou(true) < 0.8
    assert Box(**report["part_boxes"]["face"]).iou(true) > 0.95
    assert set(report["part_boxes"]) == {"face", "left_eye", "right_eye"}
    assert set(report["eye_boxes"]) == {"left_eye", "right_eye"}
    assert report["eye_boxes"]["left_eye"]["x0"] > 160 > report["eye_boxes"]["right_eye"]["x1"]
    outline = np.array(report["face_contour"]["points"])
    assert np.ptp(outline[:, 0]) == pytest.approx(true.width, abs=3)
    assert sum(report["face_shape"]["scores"].values()) == pytest.approx(1, abs=0.01)


def test_what_the_detector_takes_for_a_face_is_none_where_the_mask_is_empty_or_a_speck(model: Path) -> None:
    speck = np.zeros_like(PHOTO)
    cv2.circle(speck, (160, 160), 20, (85, 85, 85), -1)
    for photo in (np.zeros_like(PHOTO), speck):
        assert not facefx.parse(photo, segmenter=model, detector=ScriptedDetector(SEEN)).faces


def test_who_shows_no_eyes_is_believed_in_as_the_detector_does_and_less_than_who_does(model: Path) -> None:
    blind = np.minimum(PHOTO, 85)  # glasses may hide the eyes
    unsure = Detection(SEEN.box, score=0.6)
    (face,) = facefx.parse(blind, segmenter=model, detector=ScriptedDetector(unsure)).faces
    assert face.score == 0.6
    (face,) = facefx.parse(PHOTO, segmenter=model, detector=ScriptedDetector(unsure)).faces
    assert face.score > 0.95
    both = np.hstack([PHOTO, blind])
    beside = Detection(Box.square((480, 165), 170.0), score=0.6)
    (face,) = facefx.parse(both, segmenter=model, detector=ScriptedDetector(unsure, beside)).faces
    assert face.box.center[0] < 320
    assert [len(Tracker(model, ScriptedDetector(unsure, beside)).next(both / np.float32(255)).faces)] == [1]


def test_what_does_not_touch_the_face_is_none_of_it(scene: Scene, model: Path) -> None:
    photo = PHOTO.copy()
    cv2.circle(photo, (60, 290), 9, (85, 85, 85), -1)
    found = facefx.parse(photo, segmenter=model, detector=ScriptedDetector(SEEN))
    np.testing.assert_array_equal(found.label_map("face"), scene.label_map("face"))


def test_the_overlay_and_the_window_show_irises_in_a_colour_of_their_own(scene: Scene) -> None:
    picture = facefx.open_image(PHOTO)
    shown = rendered(picture, scene, scene, VIEWS["a"]).reshape(-1, 3)
    assert len(np.unique(shown[scene.label_map("face").ravel() == 3], axis=0)) > 1
    eyes = rendered(picture, scene, scene, VIEWS["e"])
    assert not eyes[scene.label_map("face") == 0].any()
    assert palette("face")[3].tolist() != palette("face")[2].tolist()


def test_the_live_window_follows_the_mask_and_says_what_it_does_not_know(model: Path, tmp_path: Path) -> None:
    live = Session(
        Tracker(model, ScriptedDetector(SEEN)), [("none", facefx.Chain()), ("boxes", facefx.chain("draw_boxes"))], tmp_path
    )
    for shift in (0, 2, 4):
        window = live.show(np.roll(PHOTO, shift, axis=1))
    assert window.any()
    live.press("1")
    left = live.show(np.roll(PHOTO, 6, axis=1))[:, :-PANEL]
    assert left[:, left.shape[1] // 2 :].any()
    assert not left[:, : left.shape[1] // 2].any()
    live.press("tab")
    live.press("p")
    assert not np.array_equal(live.show(PHOTO)[:, :-PANEL], left)
    live.press("l")
    live.show(PHOTO)
    assert "face_sides" in live.message
    assert live.view == VIEWS["p"]


def test_masks_of_all_it_knows_are_written(model: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), PHOTO)
    words = ["parse", str(tmp_path / "photo.png"), "-o", str(tmp_path / "masks"), "--format", "masks", "--segmenter", str(model)]
    result = CliRunner().invoke(app, [*words, "--detector", "whole_frame"])
    assert result.exit_code == 0, result.output
    masks = {path.stem: cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (tmp_path / "masks" / "photo").iterdir()}
    assert set(masks) == set(SIDES.classes[1:])
    assert 0 < (masks["left_iris"] > 127).sum() < (masks["left_eye"] > 127).sum()
    assert not (masks["left_iris"] > 127)[:, :160].any()
