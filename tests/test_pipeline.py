"""From a picture to a scene, on portraits whose right answer is known."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import cv2
import numpy as np
import pytest

import facefx
from facefx import Label, ModelError, NoFaceFound, ParameterError, RegionUnavailable, Scene, UnknownName, chain
from facefx.face.values import Box, Detection
from facefx.labels import IRISES, Region, scheme, scheme_names
from facefx.parsing.pipeline import believable
from facefx.parsing.wide import surroundings
from synthetic import (
    CELEBAMASK,
    INDEX,
    PORTRAIT,
    CoarseSegmenter,
    FakeDetector,
    FakeSegmenter,
    HairSegmenter,
    Head,
    ScriptedDetector,
    label_picture,
    painted,
)

MIRROR = np.array(scheme("celebamask").mirror, np.uint8)
MakePortrait = Callable[..., np.ndarray]


def parsed(image: np.ndarray, *found: Detection, segmenter: FakeSegmenter | None = None) -> Scene:
    detector = ScriptedDetector(*found) if found else FakeDetector()
    return facefx.parse(image, segmenter=segmenter or FakeSegmenter(), detector=detector)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_the_parts_are_where_they_were_painted(portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    scene = parsed(portrait)
    labels = scene.label_map()
    assert labels.shape == portrait.shape[:2] == scene.size
    assert labels.dtype == np.uint8
    for label, least in {
        "skin": 0.95,
        "hair": 0.95,
        "left_eye": 0.85,
        "right_eye": 0.85,
        "upper_lip": 0.85,
        "inner_mouth": 0.85,
    }.items():
        index = scheme("celebamask").classes.index(label)
        assert iou(labels == index, portrait_labels == index) > least, label
        mask = scene.faces[0].mask(label)
        assert iou(np.asarray(mask) >= 0.5, portrait_labels == index) > least, label


def test_the_box_is_the_faces(portrait: np.ndarray) -> None:
    (face,) = parsed(portrait).faces
    assert face.box.center == pytest.approx(PORTRAIT.center, abs=2)
    assert (face.box.width, face.box.height) == pytest.approx((0.82 * 96, 1.06 * 96), rel=0.06)
    assert face.roll == pytest.approx(0, abs=1.5)
    assert 0.9 < face.score <= 1


def test_masks_are_soft_full_size_and_read_only(portrait: np.ndarray) -> None:
    mask = parsed(portrait).faces[0].mask("lips")
    assert mask.shape == portrait.shape[:2]
    assert mask.dtype == np.float32
    assert mask.max() == 1
    assert mask.min() == 0
    assert not mask.flags.writeable
    with pytest.raises(UnknownName):
        parsed(portrait).faces[0].mask("lipps")


def test_a_mirrored_picture_gives_the_mirrored_answer_with_left_and_right_swapped(portrait: np.ndarray) -> None:
    detection, width = PORTRAIT.detection, portrait.shape[1]
    box = detection.box
    other = Detection(Box(width - box.x1, box.y0, width - box.x0, box.y1))
    plain, flipped = parsed(portrait, detection), parsed(np.ascontiguousarray(portrait[:, ::-1]), other)
    assert (flipped.label_map() == MIRROR[plain.label_map()[:, ::-1]]).mean() > 0.998
    for label in Label:
        there, here = flipped.mask(label.mirrored), plain.mask(label)[:, ::-1]
        assert np.abs(there - here).mean() < 0.002, label
    assert np.nonzero(flipped.mask("left_eye"))[1].mean() > width / 2  # the subject's left is on the right of any picture


def test_several_faces_come_largest_first(make_portrait: MakePortrait) -> None:
    heads = [Head((80, 90), 60), Head((230, 120), 100), Head((110, 260), 80)]
    image = make_portrait(*heads, size=(350, 330))
    faces = parsed(image).faces
    assert [face.box.center for face in faces] == [pytest.approx(heads[i].center, abs=4) for i in (1, 2, 0)]
    assert [face.box.area for face in faces] == sorted((face.box.area for face in faces), reverse=True)


def test_each_face_has_its_own_hair_only(make_portrait: MakePortrait) -> None:
    heads = [Head((80, 90), 70), Head((185, 100), 90)]
    scene = parsed(make_portrait(*heads, size=(200, 300)))
    for face in scene.faces:
        other = next(head for head in heads if abs(head.center[0] - face.box.center[0]) > 50)
        mask = face.mask("hair")
        x, y = (round(v) for v in other.center)
        assert mask[y - 45 : y + 40, x - 35 : x + 35].max() == 0
        assert mask.max() == 1
    both = np.asarray(scene.mask("hair")) >= 0.5
    assert iou(both, label_picture(heads, (200, 300)) == 13) > 0.93


def test_a_face_found_twice_is_one_face(portrait: np.ndarray) -> None:
    box = PORTRAIT.detection.box
    shifted = Detection(Box(box.x0 + 9, box.y0 - 6, box.x1 + 9, box.y1 - 6), 0, 0.4)
    assert len(parsed(portrait, PORTRAIT.detection, shifted, PORTRAIT.detection).faces) == 1


def test_a_false_alarm_is_dropped(make_portrait: MakePortrait) -> None:
    image = make_portrait(Head((80, 90), 70), size=(200, 420))
    scene = parsed(image, Head((80, 90), 70).detection, Detection(Box.square((340, 90), 70)))
    assert [face.box.center[0] for face in scene.faces] == [pytest.approx(80, abs=3)]


def test_no_face_gives_an_empty_scene(fakes: object) -> None:
    wall = np.full((60, 80, 3), 130, np.uint8)
    scene = facefx.parse(wall)
    assert scene.faces == ()
    assert not scene.label_map().any()
    assert not scene.mask("lips").any()
    assert facefx.analyze(wall) == []
    with pytest.raises(NoFaceFound, match=r"80 x 60 pixels.*whole_frame"):
        chain("recolor_lips")(wall)
    passed = chain("recolor_lips").run(wall, require_face=False)
    assert np.array_equal(passed.image, wall)


def test_where_the_detector_is_blind_the_picture_is_searched(portrait: np.ndarray) -> None:
    class Blind(ScriptedDetector):
        pass

    (face,) = facefx.parse(portrait, segmenter=FakeSegmenter(), detector=Blind()).faces
    assert face.box.center == pytest.approx(PORTRAIT.center, abs=3)


class Unsure(FakeSegmenter):
    """Sees what is there, and is sure of nothing."""

    def _one(self, crop: np.ndarray) -> np.ndarray:
        classes = np.float32(0.7) * super()._one(crop)
        classes[0] += 1 - classes.sum(axis=0)
        return classes


def test_a_doubtful_face_needs_a_detector_that_saw_it_too(portrait: np.ndarray) -> None:
    (face,) = parsed(portrait, segmenter=Unsure()).faces
    assert 0.5 < face.score < 0.8
    assert not facefx.parse(portrait, segmenter=Unsure(), detector=ScriptedDetector()).faces


class UnsureUpright(FakeSegmenter):
    """Sees features in the drawn face when it is upside down, too, but is not sure of them, and takes the lips for skin."""

    def _one(self, crop: np.ndarray) -> np.ndarray:
        classes = super()._one(crop)
        if classes[INDEX[Label.NOSE]].max() > 0.5:
            return classes
        turned = super()._one(crop[::-1, ::-1])[:, ::-1, ::-1]
        features = [INDEX[label] for label in (*Region.EYES.labels, *Region.EYEBROWS.labels, Label.NOSE)]
        seen = classes.copy()
        seen[features] += np.float32(0.75) * turned[features]
        seen[INDEX[Label.SKIN]] -= np.float32(0.75) * turned[features].sum(axis=0)
        return seen


def test_where_the_detector_is_doubted_the_picture_is_searched_too(portrait: np.ndarray) -> None:
    upside_down = np.ascontiguousarray(portrait[::-1, ::-1])
    height, width = portrait.shape[:2]
    x, y = width - PORTRAIT.center[0], height - PORTRAIT.center[1]
    found = Detection(Box.square((x, y), PORTRAIT.detection.box.side))  # as if it were upright
    (face,) = parsed(upside_down, found, segmenter=UnsureUpright()).faces
    assert face.score > 0.9
    assert abs(face.roll) == pytest.approx(180, abs=3)
    assert face.parsing.region("lips").max() > 0.9


def test_doubtful_faces_count_only_where_none_is_sure(portrait: np.ndarray) -> None:
    (face,) = parsed(portrait).faces
    sure, fair, doubtful = (replace(face, score=score) for score in (0.95, 0.85, 0.6))
    assert believable([sure, fair, doubtful]) == [sure, fair]
    assert believable([fair, doubtful]) == [fair, doubtful]
    assert believable([]) == []


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_on_its_side_is_found_by_searching(portrait: np.ndarray, turns: int) -> None:
    turned = np.ascontiguousarray(np.rot90(portrait, turns))
    (face,) = facefx.parse(turned, segmenter=FakeSegmenter(), detector=ScriptedDetector()).faces
    assert (face.roll + 90 * turns + 180) % 360 - 180 == pytest.approx(0, abs=3)
    expected = np.rot90(label_picture() == 13, turns)
    assert iou(np.asarray(face.mask("hair")) >= 0.5, expected) > 0.9


@pytest.mark.parametrize("roll", [-28, -15, 12, 25])
def test_a_tilted_head_is_set_upright(make_portrait: MakePortrait, roll: float) -> None:
    head = Head((120, 120), 90, roll=roll)
    image = make_portrait(head, size=(240, 250))
    (face,) = parsed(image, Detection(head.detection.box)).faces  # the detector did not see the tilt
    assert face.roll == pytest.approx(roll, abs=2)
    labels = label_picture([head], (240, 250))
    assert iou(np.asarray(face.mask("hair")) >= 0.5, labels == 13) > 0.93
    assert iou(np.asarray(face.mask("left_eye")) >= 0.5, labels == 4) > 0.8


@pytest.mark.parametrize("center", [(40, 95), (150, 95), (93, 60), (93, 140)])
def test_a_face_cut_by_the_border(make_portrait: MakePortrait, center: tuple[float, float]) -> None:
    head = Head(center, 96)
    image = make_portrait(head)
    (face,) = parsed(image, head.detection).faces
    labels = label_picture([head])
    assert iou(np.asarray(face.mask("hair")) >= 0.5, labels == 13) > 0.9
    assert face.box.x0 >= -1
    assert face.box.x1 <= image.shape[1] + 1


def test_a_detector_that_is_off_is_corrected_by_a_second_look(portrait: np.ndarray) -> None:
    segmenter = FakeSegmenter()
    box = PORTRAIT.detection.box
    (face,) = parsed(portrait, Detection(Box(box.x0 - 25, box.y0 - 20, box.x1 + 15, box.y1 + 20)), segmenter=segmenter).faces
    assert segmenter.calls == 2  # where the detector said, and where the face is
    assert face.box.center == pytest.approx(PORTRAIT.center, abs=2)


def test_a_detector_that_saw_a_part_of_the_face_is_led_to_all_of_it(portrait: np.ndarray) -> None:
    x, y = PORTRAIT.center
    (face,) = parsed(portrait, Detection(Box.square((x - 4, y + 6), 0.45 * PORTRAIT.side)), segmenter=FakeSegmenter()).faces
    (whole,) = parsed(portrait, PORTRAIT.detection, segmenter=FakeSegmenter()).faces
    assert [face.box.x0, face.box.y0, face.box.x1, face.box.y1] == pytest.approx(
        [whole.box.x0, whole.box.y0, whole.box.x1, whole.box.y1], abs=2
    )
    assert face.mask("face").sum() == pytest.approx(whole.mask("face").sum(), rel=0.03)


class Astray(CoarseSegmenter):
    """Knows the outline and the eyes alone, and sees nothing on any crop but the first."""

    def __init__(self) -> None:
        super().__init__(scheme("face_sides"))
        self.calls = 0

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.calls += 1
        return super().probabilities(crops if self.calls == 1 else np.zeros_like(crops))


def test_an_outline_that_leads_astray_is_no_longer_followed(portrait: np.ndarray) -> None:
    box = PORTRAIT.detection.box
    off = Detection(Box(box.x0 - 25, box.y0 - 20, box.x1 + 15, box.y1 + 20))
    segmenter = Astray()
    (face,) = facefx.parse(portrait, segmenter=segmenter, detector=ScriptedDetector(off)).faces
    assert segmenter.calls > 1
    assert face.box.center == pytest.approx(PORTRAIT.center, abs=3)
    assert np.asarray(face.mask("eyes")).any()


def test_one_crop_is_enough_where_the_hair_fits(portrait: np.ndarray) -> None:
    segmenter = FakeSegmenter()
    parsed(portrait, PORTRAIT.detection, segmenter=segmenter)
    assert segmenter.calls == 1


def test_hair_that_leaves_the_crop_gets_a_wider_look(make_portrait: MakePortrait) -> None:
    head = Head((150, 110), 80, hair_to=1.5)
    image = make_portrait(head, size=(300, 300))
    segmenter = FakeSegmenter()
    scene = parsed(image, head.detection, segmenter=segmenter)
    assert np.asarray(scene.mask("left_eye")).any()
    assert segmenter.calls == 1  # eyes do not leave it
    labels = label_picture([head], (300, 300))
    assert iou(np.asarray(scene.mask("hair")) >= 0.5, labels == 13) > 0.93
    assert iou(np.asarray(scene.mask("left_eye")) >= 0.5, labels == 4) > 0.8  # as sharp as on the near crop
    assert segmenter.calls == 2
    assert np.asarray(scene.faces[0].parsing.probabilities).sum(axis=0) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("roll", [0.0, 12.0])
def test_long_hair_does_not_end_where_the_wider_look_would(make_portrait: MakePortrait, roll: float) -> None:
    """With the face in its middle it would be cut off by a straight line."""
    head = Head((160, 100), 60, roll, hair_to=1.9)
    image = make_portrait(head, size=(260, 300))
    scene = parsed(image, head.detection)
    labels = label_picture([head], (260, 300))
    assert iou(np.asarray(scene.mask("hair")) >= 0.5, labels == 13) > 0.9
    tips = (labels == 13) & (np.arange(260)[:, None] > 200)
    assert tips.sum() > 100
    assert (np.asarray(scene.mask("hair")) >= 0.5)[tips].mean() > 0.9
    assert iou(np.asarray(scene.mask("left_eye")) >= 0.5, labels == 4) > 0.75
    (face,) = scene.faces
    assert np.asarray(face.parsing.probabilities).sum(axis=0) == pytest.approx(1, abs=1e-4)


def test_aligned_portraits_need_no_detection() -> None:
    image = painted(label_picture([Head((60, 63.4), 68.6)], (120, 120)))
    segmenter = FakeSegmenter()
    (face,) = facefx.parse(image, segmenter=segmenter, detector="whole_frame").faces
    assert segmenter.calls == 1
    assert face.box.center == pytest.approx((60, 63.4), abs=2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 3), (16, 300)])
def test_whole_frame_takes_any_picture(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 200, np.uint8)
    scene = facefx.parse(image, segmenter=FakeSegmenter(), detector="whole_frame")
    assert scene.label_map().shape == shape
    assert scene.faces[0].mask("hair").shape == shape


def test_label_maps_in_other_schemes(portrait: np.ndarray) -> None:
    scene = parsed(portrait)
    celebamask, lapa = scheme("celebamask"), scheme("lapa")
    own, coarse = scene.label_map(), scene.label_map("lapa")
    assert set(np.unique(coarse)) <= set(range(11))
    for part in ("hair", "left_eye", "upper_lip", "nose"):
        assert iou(own == celebamask.classes.index(part), coarse == lapa.classes.index(part)) > 0.98
    assert not coarse[own == celebamask.classes.index("clothing")].any()
    assert np.array_equal(scene.label_map(lapa), coarse)
    with pytest.raises(UnknownName, match="celebamask"):
        scene.label_map("celeba")


def test_a_segmenter_of_few_labels_gives_what_it_has(portrait: np.ndarray) -> None:
    scene = facefx.parse(portrait, segmenter=HairSegmenter(), detector=ScriptedDetector(PORTRAIT.detection))
    assert scene.faces[0].box == PORTRAIT.detection.box  # the detector's: hair alone does not tell where the face is
    assert iou(scene.label_map("hair") == 1, label_picture() == 13) > 0.9
    with pytest.raises(RegionUnavailable, match=r"label_map\('hair'\)"):
        scene.label_map()
    with pytest.raises(RegionUnavailable, match="hair"):
        scene.mask("lips")


@pytest.mark.parametrize("name", scheme_names())
def test_every_label_scheme_is_parsed_into_what_it_knows(name: str, portrait: np.ndarray) -> None:
    own = scheme(name)
    found = facefx.parse(portrait, segmenter=CoarseSegmenter(own), detector=ScriptedDetector(PORTRAIT.detection))
    (face,) = found.faces
    assert face.box.iou(PORTRAIT.detection.box) > 0.7
    for index, labels in enumerate(own.members[1:], 1):
        there = np.isin(label_picture(), [INDEX[label] for label in labels])
        if there.any() and Label.CLOTHING not in labels and own.classes[index] not in IRISES:  # clothing ends where the crop does
            assert iou(found.label_map(own) == index, there) > 0.85, own.classes[index]


def test_eight_threads_at_once(portrait: np.ndarray) -> None:
    alone = parsed(portrait)
    segmenter, detector, barrier = FakeSegmenter(), FakeDetector(), Barrier(8)

    def parse(_: int) -> Scene:
        barrier.wait()
        return facefx.parse(portrait, segmenter=segmenter, detector=detector)

    with ThreadPoolExecutor(8) as pool:
        scenes = list(pool.map(parse, range(8)))
    for scene in scenes:
        assert scene.faces[0].box == alone.faces[0].box
        assert np.array_equal(scene.label_map(), alone.label_map())


def test_nothing_is_changed_in_place(portrait: np.ndarray) -> None:
    before = portrait.copy()
    picture = facefx.open_image(portrait)
    rgb = picture.rgb.copy()
    scene = parsed(picture)  # type: ignore[arg-type]
    probabilities = scene.faces[0].parsing.probabilities.copy()
    scene.label_map()
    scene.mask("hair")
    assert np.array_equal(portrait, before)
    assert np.array_equal(picture.rgb, rgb)
    assert np.array_equal(scene.faces[0].parsing.probabilities, probabilities)


def test_what_is_no_segmenter_or_detector(portrait: np.ndarray, fresh_registry: object) -> None:
    with pytest.raises(ParameterError, match="segmenter=7"):
        facefx.parse(portrait, segmenter=7)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="detector=int"):
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector=7)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="cascade"):
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector="cascades")
    with pytest.raises(UnknownName, match="no segmenter"):
        facefx.parse(portrait, segmenter="unet-lite9")


def test_without_cascades_in_opencv_it_is_said_what_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx.inference.detector import cascade

    cascade._cascade_path.cache_clear()
    monkeypatch.delattr(cascade.cv2, "CascadeClassifier", raising=False)  # OpenCV 5 has none
    with pytest.raises(ModelError, match=r"OpenCV .* has no cascades.*another detector, such as 'finder', or pip install"):
        cascade.CascadeDetector().detect(np.full((64, 64, 3), 0.5, np.float32))
    cascade._cascade_path.cache_clear()


@pytest.mark.skipif(not hasattr(cv2, "CascadeClassifier"), reason="this OpenCV has no cascades, as none has from version 5 on")
def test_the_cascades_run_without_a_face() -> None:
    from facefx.inference.detector.cascade import CascadeDetector

    detector = CascadeDetector()
    for shape in ((1, 1), (20, 30), (100, 900)):
        assert detector.detect(np.full((*shape, 3), 0.5, np.float32)) == []


def test_no_face_is_seen_beside_the_close_look() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(19), (32, 32)).astype(np.float32).transpose(2, 0, 1)
    cleaned = surroundings(probabilities, CELEBAMASK)
    face = [i for i, labels in enumerate(CELEBAMASK.members) if labels <= Region.FACE.labels]
    assert cleaned[:, 8:24, 8:24] == pytest.approx(probabilities[:, 8:24, 8:24], abs=1e-5)
    assert cleaned.sum(axis=0) == pytest.approx(1)
    assert not cleaned[face][:, :8].any()
    assert not cleaned[face][:, :, 24:].any()
