"""How sure a face's regions are, and what a run does where they are not sure enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import facefx
from cli_helpers import read, run, write
from facefx import batch, chain
from facefx.chains.painting import Declined, apply_effect
from facefx.cli.exit_codes import ExitCode
from facefx.declare.declarations import effect
from facefx.errors import ParameterError, RegionUnavailable, UnknownName
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.labels import Label
from facefx.plugins.installed import registry
from facefx.testing import example_scene
from facefx.testing.drawn import INDEX
from synthetic import FakeSegmenter, HairSegmenter, ScriptedDetector


def doubting(face: Face, share: float, *labels: Label) -> Face:
    """The face with so much of the probability of some labels given to skin."""
    probabilities = face.parsing.probabilities.copy()
    for label in labels:
        probabilities[INDEX[Label.SKIN]] += share * probabilities[INDEX[label]]
        probabilities[INDEX[label]] *= 1 - share
    return replace(face, parsing=replace(face.parsing, probabilities=probabilities))


LIPS = (Label.UPPER_LIP, Label.LOWER_LIP)


@pytest.fixture
def group() -> Scene:
    """Two faces; of the second, smaller one the lips are 0.6 sure."""
    scene = example_scene("two faces")
    return replace(scene, faces=(scene.faces[0], doubting(scene.faces[1], 0.4, *LIPS)))


def test_confidence_is_the_networks_own_where_it_claims_the_region() -> None:
    face = example_scene("portrait").faces[0]
    values = face.parsing.region("lips")
    assert face.confidence("lips") == pytest.approx(values[values > 0.5].mean())
    assert face.confidence(Label.HAIR) > 0.9
    sure = [doubting(face, share, *LIPS).confidence("lips") for share in (0.0, 0.2, 0.45)]
    assert sure[0] > sure[1] + 0.05 > sure[2] + 0.1
    assert doubting(face, 0.3, *LIPS).confidence("eyes") == face.confidence("eyes")


def test_what_is_not_there_has_no_confidence() -> None:
    face = example_scene("portrait").faces[0]
    assert face.confidence("hat") == 0
    assert doubting(face, 0.6, *LIPS).confidence("lips") == 0
    assert example_scene("nothing of it", region="lips").faces[0].confidence("lips") == 0


def test_what_lies_beyond_the_picture_does_not_count() -> None:
    face = example_scene("portrait").faces[0]
    assert face.confidence("neck") > 0.7
    above = replace(face, canvas=face.picture[: int(face.box.center[1])])  # just below the eyes
    assert above.confidence("neck") == 0
    assert above.confidence("lips") == 0
    assert above.confidence("eyes") == face.confidence("eyes")


def test_a_few_pixels_are_hardly_a_region() -> None:
    face = example_scene("portrait").faces[0]
    probabilities = np.zeros_like(face.parsing.probabilities)
    probabilities[INDEX[Label.SKIN]] = 1
    probabilities[:, 40, 40] = np.eye(len(Label))[INDEX[Label.NOSE]]
    speck = replace(face, parsing=replace(face.parsing, probabilities=probabilities))
    assert 0 < speck.confidence("nose") < 0.7


def test_a_picture_of_another_size_is_as_sure() -> None:
    face = example_scene("portrait").faces[0]
    box = facefx.Box(*(2 * v for v in (face.box.x0, face.box.y0, face.box.x1, face.box.y1)))
    larger = replace(
        face,
        box=box,
        canvas=face.picture.repeat(2, axis=0).repeat(2, axis=1),
        parsing=replace(face.parsing, affine=face.parsing.affine * [[0.5, 0.5, 1], [0.5, 0.5, 1]]),
    )
    for region in ("lips", "eyes", "hair", "nose"):
        assert larger.confidence(region) == pytest.approx(face.confidence(region))


def test_regions_that_there_are_not() -> None:
    face = example_scene("portrait").faces[0]
    with pytest.raises(UnknownName):
        face.confidence("lipps")
    hair_only = replace(face, parsing=replace(face.parsing, scheme=HairSegmenter.scheme))
    with pytest.raises(RegionUnavailable):
        hair_only.confidence("lips")


pytestmark = pytest.mark.usefixtures("fakes")


def test_a_step_leaves_an_unsure_face_alone(group: Scene) -> None:
    look = chain("recolor_lips", color="#00f", strength=1.0)
    before = look.edit(group).image
    sure = look.edit(group, min_confidence=0.8).image
    changed, left = (before != group.image).any(axis=-1), (sure != group.image).any(axis=-1)
    assert changed[:, 65:].any()
    assert not left[:, 65:].any()
    assert np.array_equal(changed[:, :65], left[:, :65])
    assert np.array_equal(look.edit(group, min_confidence=0.5).image, before)


@pytest.mark.parametrize("name", ["recolor_lips", "enlarge_eyes", "blur_background", "draw_boxes", "grade", "anonymize"])
def test_asking_for_nothing_changes_nothing(group: Scene, name: str) -> None:
    look = chain(name)
    assert np.array_equal(look.edit(group, min_confidence=0.0).image, look.edit(group).image)


class TwoMinds(FakeSegmenter):
    """Sure of nothing but the lips' place."""

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        values = super().probabilities(crops)
        lips = [INDEX[label] for label in LIPS]
        values[:, INDEX[Label.SKIN]] += 0.3 * values[:, lips].sum(axis=1)
        values[:, lips] *= 0.7
        return values


def test_the_result_says_what_was_declined_and_why(portrait: np.ndarray) -> None:
    look = chain("smooth_skin").then("recolor_lips").then("eye_boxes")
    result = look.run(portrait, segmenter=TwoMinds(), min_confidence=0.9)
    (declined,) = result.declined
    assert (declined.step, declined.effect, declined.face, declined.region) == (1, "facefx:recolor_lips", 0, "lips")
    assert declined.confidence == result.scene.faces[0].confidence("lips") == pytest.approx(0.68, abs=0.05)
    assert declined.asked == 0.9
    assert str(declined) == (
        f"facefx:recolor_lips (step 1) left face 0 alone: confidence in its region 'lips' is {declined.confidence:.2f}, "
        "asked was 0.90"
    )
    assert np.array_equal(result.image, chain("smooth_skin").run(portrait, segmenter=TwoMinds()).image)
    assert len(result.reports) == 1
    assert look.run(portrait, segmenter=TwoMinds()).declined == ()


def test_an_effect_says_what_it_needs_to_see() -> None:
    scene = example_scene("portrait")
    blind = replace(scene, faces=(doubting(scene.faces[0], 0.9, Label.LEFT_EYE, Label.RIGHT_EYE),))
    for name in ("enlarge_eyes", "apply_eyeliner", "apply_eyeshadow", "brighten_eyes"):
        assert chain(name).edit(blind, min_confidence=0.5) is blind
        assert registry().effects[name].needed({}) == "eyes"
    assert chain("slim_face").edit(blind, min_confidence=0.5) is not blind


def test_an_effect_on_all_people_spares_each_of_them(group: Scene) -> None:
    unsure = replace(
        group.faces[1], parsing=replace(group.faces[1].parsing, probabilities=np.full((19, 64, 64), 1 / 19, np.float32))
    )
    scene = replace(group, faces=(group.faces[0], unsure))
    assert registry().effects["blur_background"].needed({}) == "person"
    assert chain("blur_background").edit(scene, min_confidence=0.99) is scene
    assert chain("cutout").edit(scene, min_confidence=0.99) is scene
    assert chain("cutout", faces="largest").edit(scene, min_confidence=0.9).alpha is not None
    nobody = replace(group, faces=())
    assert chain("grade", preset="vivid").edit(nobody, min_confidence=1.0) is not nobody


def test_needs_are_checked_where_they_are_declared() -> None:
    with pytest.raises(UnknownName):
        effect(region="face", needs="eyelash")


def test_faces_are_left_alone_by_every_kind(group: Scene) -> None:
    for name in ("recolor_lips", "slim_face", "draw_boxes"):
        spec = registry().effects[name]
        one = apply_effect(group, spec, spec.resolve({}), np.random.SeedSequence(0), without={0})
        other = apply_effect(group, spec, spec.resolve({"faces": 1}), np.random.SeedSequence(0))
        assert np.array_equal(one.image, other.image)
        assert apply_effect(group, spec, spec.resolve({}), np.random.SeedSequence(0), without={0, 1}) is group


@pytest.mark.parametrize("asked", [-0.1, 1.1, float("nan"), "0.5", None])
def test_what_cannot_be_asked(group: Scene, portrait: np.ndarray, asked: float) -> None:
    for call in (chain("recolor_lips").edit, chain("recolor_lips").run):
        with pytest.raises(ParameterError, match=r"min_confidence=.* is not allowed; give a number from 0"):
            call(group if call.__name__ == "edit" else portrait, min_confidence=asked)  # type: ignore[operator]


def test_a_region_that_the_segmenter_does_not_know(portrait: np.ndarray) -> None:
    found = ScriptedDetector(facefx.Detection(facefx.Box(45, 50, 141, 146)))
    with pytest.raises(RegionUnavailable):
        chain("recolor_lips").run(portrait, segmenter=HairSegmenter(), detector=found, min_confidence=0.5)


def test_apply_says_what_it_left_alone(portrait: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry().segmenters.items["facefx:two-minds"] = TwoMinds
    photo = write(tmp_path / "photo.png", portrait)
    asked = ("--effect", "recolor_lips", "--segmenter", "two-minds", "--min-confidence", "0.9")
    result = run("apply", photo, "-o", tmp_path / "out.png", *asked)
    assert result.exit_code == ExitCode.OK
    assert "recolor_lips (step 0) left face 0 alone" in result.stderr.replace("\n", " ")
    np.testing.assert_array_equal(read(tmp_path / "out.png"), portrait)
    assert run("apply", photo, "-o", tmp_path / "b.png", "--effect", "recolor_lips", "--min-confidence", "2").exit_code == 2


@pytest.mark.slow
def test_the_report_of_a_batch_says_it_too(tmp_path: Path, portrait: np.ndarray) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.png", portrait)
    settings = {"segmenter": TwoMinds(), "sheet": False, "workers": 1}
    (record,) = batch.run(tmp_path / "in", tmp_path / "out", chain("recolor_lips"), min_confidence=0.9, **settings)  # type: ignore[arg-type]
    assert [text.partition(":")[2].partition(":")[0] for text in record.declined] == ["recolor_lips (step 0) left face 0 alone"]
    assert list(batch.read_report(tmp_path / "out" / batch.REPORT)) == [record]
    with pytest.raises(facefx.OutputError, match="other options"):
        batch.prepare(tmp_path / "in", tmp_path / "out", chain("recolor_lips"), segmenter=TwoMinds(), resume=True)
    with pytest.raises(ParameterError, match="min_confidence"):
        batch.prepare(tmp_path / "in", tmp_path / "new", chain("recolor_lips"), min_confidence=7)


def test_declined_is_public() -> None:
    assert facefx.Declined is Declined
