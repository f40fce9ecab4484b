"""What the core does for each kind of effect, whose faces it chooses, and what it does with transparency."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from facefx.chains.painting import apply_effect
from facefx.declare.declarations import EffectSpec, PictureFile, Range, effect
from facefx.errors import EffectError
from facefx.face.face import Face, FaceView
from facefx.face.scene import Scene
from facefx.testing import example_scene
from facefx.testing.drawn import PORTRAIT, drawn_face, label_picture, painted

KEY = np.random.SeedSequence(0)


def run(scene: Scene, spec: EffectSpec, **params: Any) -> Scene:
    return apply_effect(scene, spec, spec.resolve(params), KEY)


@effect(region="lips", light="scene")
def scribble(image: np.ndarray, mask: np.ndarray, *, on: Literal["image", "mask"] = "image") -> np.ndarray:
    """Write into what was lent."""
    (image if on == "image" else mask)[:] = 0
    return image


@pytest.fixture
def portrait() -> Scene:
    picture = painted(label_picture()).astype(np.float32) / 255
    return Scene(picture, (drawn_face(PORTRAIT, picture),))


@effect(region="lips")
def blacken(image: np.ndarray, *, strength: Annotated[float, Range(0, 1), "how much"] = 1.0) -> np.ndarray:
    """Make it black."""
    return image * (1 - strength)


@effect()
def blacken_any(image: np.ndarray, *, region: Literal["hair", "picture", "background"] = "hair") -> np.ndarray:
    """Make a region black."""
    return np.zeros_like(image)


@effect(kind="cutout", region="person")
def cut(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Cut out."""
    return image * 0.5


@effect(kind="warp", margin=0.2)
def shift_right(face: FaceView) -> np.ndarray:
    """Move everything five pixels to the right."""
    return np.stack([np.full(face.shape, -5.0), np.zeros(face.shape)], axis=-1)


@effect(kind="overlay")
def mark(scene: Scene) -> np.ndarray:
    """Paint a dot on the middle of each face."""
    image = scene.image.copy()
    for face in scene.faces:
        x, y = (int(v) for v in face.box.center)
        image[y, x] = 1, 0, 1
    return image


def test_faces_are_chosen() -> None:
    scene = example_scene("two faces")
    both, largest, second, third = (run(scene, blacken, faces=f) for f in ("all", "largest", 1, 2))
    assert third is scene
    changed = [(s.image != scene.image).any(axis=-1) for s in (both, largest, second)]
    assert changed[1][:, :65].any()
    assert not changed[1][:, 65:].any()
    assert not changed[2][:, :65].any()
    assert np.array_equal(changed[0], changed[1] | changed[2])


def test_strength_zero_is_the_same_scene(portrait: Scene) -> None:
    assert run(portrait, blacken, strength=0.0) is portrait


def test_a_parameter_names_the_region(portrait: Scene) -> None:
    for region in ("hair", "picture", "background"):
        image = run(portrait, blacken_any, region=region).image
        mask = np.asarray(portrait.mask(region))
        assert not image[mask == 1].any()
        assert np.array_equal(image[mask == 0], portrait.image[mask == 0])
    assert blacken_any.needs_faces({"region": "hair"})
    assert not blacken_any.needs_faces({"region": "picture"})


def test_background_and_person_make_the_picture() -> None:
    scene = example_scene("two faces")
    assert np.asarray(scene.mask("background")) + scene.mask("person") == pytest.approx(1)
    assert (np.asarray(scene.mask("picture")) == 1).all()
    assert (np.asarray(example_scene("nobody").mask("background")) == 1).all()


def test_a_cutout_makes_the_rest_transparent(portrait: Scene) -> None:
    result = run(portrait, cut)
    assert result.alpha is not None
    mask = np.asarray(portrait.mask("person"))
    assert np.array_equal(result.alpha, mask)
    seen = mask >= 1 / 255
    assert result.image[seen] == pytest.approx(portrait.image[seen] * 0.5)
    assert not result.image[mask == 0].any()  # nothing of the old background beneath the alpha
    twice = run(result, cut)
    assert twice.alpha == pytest.approx(mask * mask)


def test_a_warp_moves_picture_and_regions(portrait: Scene) -> None:
    result = run(portrait, shift_right)
    inside = slice(60, 120), slice(60, 120)
    assert result.image[inside] == pytest.approx(portrait.image[60:120, 55:115], abs=1e-6)
    assert np.array_equal(result.image[:5], portrait.image[:5])
    moved, before = (np.argwhere(np.asarray(s.mask("nose")) > 0.5).mean(axis=0) for s in (result, portrait))
    assert moved - before == pytest.approx([0, 5], abs=0.3)
    assert result.faces[0].picture is result.image


def test_a_warp_of_one_face_leaves_another() -> None:
    scene = example_scene("two faces")
    result = run(scene, shift_right, faces=0)
    pairs = zip(scene.faces, result.faces, strict=True)
    moves = [np.abs(after.parsing.region("nose") - before.parsing.region("nose")).max() for before, after in pairs]
    assert moves[0] > 0.9
    assert moves[1] < 1e-3


def test_an_overlay_sees_the_chosen_faces() -> None:
    scene = example_scene("two faces")
    marks = [(run(scene, mark, faces=f).image != scene.image).any(axis=-1).sum() for f in ("all", "largest", 5)]
    assert marks == [2, 1, 0]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("warp", np.zeros((3, 3, 2))),
        ("overlay", np.full((189, 187, 3), np.nan)),
        ("paint", np.zeros((2, 2, 3), np.uint8)),
        ("paint", 1),
    ],
)
def test_wrong_answers_are_refused(kind: Any, answer: Any, portrait: Scene) -> None:
    def wrong() -> Any:
        return answer

    with pytest.raises(EffectError, match="wrong returned"):
        run(portrait, effect(kind=kind, region="lips")(wrong))


@pytest.mark.parametrize("light", ["scene", "absolute"])
@pytest.mark.parametrize("on", ["image", "mask"])
def test_what_an_effect_is_lent_it_cannot_change(portrait: Scene, on: str, light: str) -> None:
    with pytest.raises(EffectError, match="read-only"):
        run(portrait, scribble, on=on, light=light)


@effect(region="picture")
def mirrored(image: np.ndarray) -> np.ndarray:
    """The other way round: a view of what it was lent."""
    return image[:, ::-1]


def test_an_effect_may_give_back_what_it_was_lent_turned_round(portrait: Scene) -> None:
    before = np.array(portrait.image)
    after = run(portrait, mirrored)
    np.testing.assert_array_equal(after.image, before[:, ::-1])
    np.testing.assert_array_equal(portrait.image, before)
    np.testing.assert_array_equal(run(after, mirrored).image, before)


def test_declarations_that_cannot_be_kept() -> None:
    def wants_a_face(face: FaceView, *, region: Literal["hair", "background"] = "hair") -> np.ndarray: ...
    def wants_a_portrait(image: np.ndarray, portrait: Face) -> np.ndarray: ...
    def names_a_region(image: np.ndarray, *, region: Literal["hair", "tail"] = "hair") -> np.ndarray: ...
    def has_faces(image: np.ndarray, *, faces: bool = True) -> np.ndarray: ...
    def draws(scene: Scene) -> np.ndarray: ...

    for function, message in [(wants_a_face, "gets no 'face'"), (wants_a_portrait, "reference"), (has_faces, "gives every effect")]:
        with pytest.raises(TypeError, match=message):
            effect()(function)
    with pytest.raises(Exception, match="tail"):
        effect()(names_a_region)
    with pytest.raises(TypeError, match="cannot supply the positional argument 'scene'"):
        effect()(draws)


def test_the_view_has_every_region_in_the_crops_pixels(portrait: Scene) -> None:
    seen: list[FaceView] = []

    def look(image: np.ndarray, mask: np.ndarray, face: FaceView) -> np.ndarray:
        seen.append(face)
        assert face.mask("lips") == pytest.approx(mask)
        assert face.mask("hair").shape == mask.shape == face.shape
        return image

    run(portrait, effect(region="lips", margin=0.2)(look))
    (face,) = seen
    assert face.landmarks.mouth is not None
    x, y = face.landmarks.mouth.center.astype(int)
    assert face.mask("mouth")[y, x] == 1
    assert face.unit == portrait.faces[0].box.side


def test_a_reference_is_handed_on(portrait: Scene) -> None:
    seen: list[Face | None] = []

    def copy_from(image: np.ndarray, portrait: Face | None, *, reference: PictureFile = "") -> np.ndarray:
        seen.append(portrait)
        return image

    spec = effect(region="lips")(copy_from)
    other = replace(portrait.faces[0])
    apply_effect(portrait, spec, spec.resolve({}), KEY, other)
    apply_effect(portrait, spec, spec.resolve({}), KEY)
    assert seen == [other, None]
