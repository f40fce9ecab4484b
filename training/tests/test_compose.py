"""Composed group pictures: what is said of a face is where its pixels are."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_faces import COLOURS, face, index

from facefx.labels import Label, scheme
from facefx_training.detection.compose import POINTS, Head, background, compose, cut_head, faceless_patch

SIZE = 160
FACE = [scheme("celebamask").indices_of(label)[0] for label in (Label.SKIN, Label.NOSE, Label.LEFT_EYE, Label.RIGHT_EYE)]


def a_head(seed: int = 0) -> Head:
    head = cut_head(*face(SIZE, seed))
    assert head is not None
    return head


def a_scene(size: tuple[int, int] = (300, 400)) -> np.ndarray:
    return np.full((*size, 3), 90, np.uint8)


def middle_of(image: np.ndarray, part: str, within: float = 60.0) -> np.ndarray:
    """Where a part's colour is in a picture whose light did not change."""
    near = np.abs(image.astype(float) - COLOURS[index(part)]).max(axis=-1) < within
    rows, columns = np.nonzero(near)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def test_a_head_knows_its_points_box_and_roll() -> None:
    image, labels = face(SIZE)
    head = cut_head(image, labels)
    assert head is not None
    for point, part in zip(head.points, ("left_eye", "right_eye", "nose"), strict=False):
        rows, columns = np.nonzero(labels == index(part))
        assert point == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5))
    left, right = head.points[3], head.points[4]
    lips = np.isin(labels, [index("upper_lip"), index("lower_lip")])
    columns = np.nonzero(lips.any(axis=0))[0]
    assert (left[0], right[0]) == (columns.max() + 0.5, columns.min() + 0.5)
    assert head.roll == pytest.approx(0, abs=1)
    assert head.side == pytest.approx(1.07 * SIZE * np.sqrt(0.56 * 0.68), rel=0.05)
    assert head.matte[0, 0] == 0
    assert head.matte[SIZE // 2, SIZE // 2] == pytest.approx(1)


def test_a_portrait_without_features_is_no_head() -> None:
    image, labels = face(SIZE)
    assert cut_head(image, np.zeros_like(labels)) is None
    without = np.where(np.isin(labels, [index("left_eye"), index("nose")]), index("skin"), labels).astype(np.uint8)
    assert cut_head(image, without) is None
    one_eye = np.where(labels == index("left_eye"), index("skin"), labels).astype(np.uint8)
    head = cut_head(image, one_eye)
    assert head is not None
    assert np.isnan(head.points[0]).all()
    assert not np.isnan(head.points[1:]).any()


def test_a_patch_holds_no_face() -> None:
    image, labels = face(SIZE)
    marked = np.where(np.isin(labels, FACE)[..., None], 255, image // 2).astype(np.uint8)
    patch = faceless_patch(marked, labels)
    assert patch is not None
    assert patch.shape[0] == patch.shape[1] >= SIZE // 8
    assert patch.max() < 255
    assert faceless_patch(marked, np.full_like(labels, index("skin"))) is None


def test_a_seed_tells_the_picture() -> None:
    heads, patches = [a_head(0), a_head(1)], [face(SIZE)[0][:40, :40]]

    def make(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return compose(heads, background(patches, (200, 260), rng), rng, count=4).image

    assert np.array_equal(make(3), make(3))
    assert not np.array_equal(make(3), make(4))


@pytest.mark.parametrize("seed", range(6))
def test_points_lie_where_the_parts_were_pasted(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no light of their own, parts can be found by their colours, mirrored, turned and scaled though they are."""
    monkeypatch.setattr("facefx_training.detection.compose._dimmed", lambda head, rng: head)
    monkeypatch.setattr("facefx_training.detection.compose._lit", lambda canvas, rng: np.clip(canvas, 0, 255).astype(np.uint8))
    picture = compose([a_head()], a_scene(), np.random.default_rng(seed), count=1, sizes=(100, 0.5), turned=1.0)
    (found,) = picture.faces
    left, right, nose = found.points[:3]
    assert middle_of(picture.image, "nose", 25) == pytest.approx(nose, abs=3)
    eyes = {tuple(np.round(middle_of(picture.image, part, 25))) for part in ("left_eye", "right_eye")}
    assert len(eyes) == 2
    for point in (left, right):
        assert min(np.hypot(*(np.array(eye) - point)) for eye in eyes) < 3
    turn = np.deg2rad(found.roll)
    along = left - right
    assert np.degrees(np.arctan2(along[1], along[0]) - turn + np.pi) % 360 == pytest.approx(180, abs=1)
    down = found.points[3:].mean(axis=0) - found.points[:2].mean(axis=0)
    assert (
        down @ [-np.sin(turn), np.cos(turn)] > 0.2 * found.box.side
    )  # the mouth is below the eyes, and left is left, in the mirror too
    assert np.hypot(*(np.array(found.box.center) - nose)) < 0.15 * found.box.side
    assert found.visible == pytest.approx(1, abs=0.03)


def test_faces_keep_their_sizes_and_distances() -> None:
    for seed in range(5):
        picture = compose([a_head()], a_scene((480, 640)), np.random.default_rng(seed), sizes=(24, 0.4))
        assert 3 <= len(picture.faces) <= 8
        sides = [one.box.side for one in picture.faces]
        assert sides == sorted(sides)
        assert min(sides) >= 24
        assert max(sides) <= 0.4 * 480 + 1e-6
        for one in picture.faces:
            assert 0 <= one.visible <= 1
            assert all(other is one or one.box.iou(other.box) < 0.25 for other in picture.faces)


def test_the_light_is_that_of_the_face() -> None:
    rng = np.random.default_rng(5)
    for _ in range(8):
        picture = compose([a_head()], a_scene(), rng, count=1, sizes=(120, 0.4))
        (found,) = picture.faces
        x, y = (int(v) for v in found.box.center)
        near = picture.image[y - 25 : y + 25, x - 25 : x + 25].mean()
        assert found.light == pytest.approx(near, abs=45)


def test_a_covered_face_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    places = iter([np.array([150.0, 150.0]), np.array([150.0, 120.0])])
    monkeypatch.setattr("facefx_training.detection.compose._free_place", lambda *_: next(places))
    small, large = compose([a_head()], a_scene(), np.random.default_rng(0), count=2, sizes=(60, 0.6)).faces
    assert small.visible < 0.1
    assert large.visible > 0.9


def test_backgrounds_have_the_size_that_is_asked_for() -> None:
    scene = background([face(SIZE)[0][:30, :30]], (90, 130), np.random.default_rng(0))
    assert (scene.shape, scene.dtype) == ((90, 130, 3), np.uint8)
    assert scene.std() > 3


def test_the_points_are_named() -> None:
    assert POINTS == ("left_eye", "right_eye", "nose", "left_mouth_corner", "right_mouth_corner")
