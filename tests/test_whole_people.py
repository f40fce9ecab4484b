"""What a network says of people on a whole picture, and what comes of it together with the parsing of heads."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facefx
from conftest import Fakes
from facefx.errors import ModelError, NoFaceFound, ParameterError, PluginError, UnknownName
from facefx.face.person import person_mask
from facefx.face.scene import Scene
from facefx.face.whole_people import faces_seen, to_whole_picture, whole_people
from facefx.inference import hub
from facefx.inference.cards import PERSON, PersonCard, any_card, installed_models, person_segmenters_among, segmenters_among
from facefx.labels import Label, scheme
from facefx.parsing.parser import Parser
from facefx.pixels import geometry
from facefx.plugins.installed import Registry, registry
from facefx.plugins.resolve import COLOURS, PERSON_ENVIRONMENT, resolve_person
from facefx.testing.drawn import INDEX, Head, drawn_face, label_picture, painted
from facefx.video.steady_people import SteadyPeople
from facefx.video.tracking import Tracker, Tracking
from tiny_models import model_bytes, write_model

HEAD = Head((150, 90), 60)
SIZE = (420, 300)


class Told:
    """A person segmenter that says what it was told of every picture."""

    name, scheme, input_size = "told", scheme("person"), (96, 96)

    def __init__(self, people: np.ndarray) -> None:
        self.people = cv2.resize(people.astype(np.float32), self.input_size[::-1], interpolation=cv2.INTER_AREA)
        self.asked = 0
        self.seen = np.empty(0)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.asked += 1
        self.seen = crops
        assert crops.shape == (1, *self.input_size, 3)
        return np.stack([1 - self.people, self.people])[None]


def photo() -> tuple[np.ndarray, np.ndarray]:
    """A head on a body whose colour is the background's, and where the person is, (H, W) bool."""
    labels = label_picture([HEAD], SIZE)
    image = painted(labels).astype(np.float32) / 255
    body = np.zeros(SIZE, np.uint8)
    cv2.fillPoly(body, [np.array([[90, 170], [210, 170], [225, 419], [75, 419]])], 1)
    return image, (labels > 0) | (body > 0)


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    found = np.asarray(mask) >= 0.5
    return float((found & truth).sum() / (found | truth).sum())


def small(people: np.ndarray, side: int = 96) -> np.ndarray:
    return np.asarray(cv2.resize(people.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA))


def test_a_body_that_no_colour_tells_is_found_where_the_network_sees_it() -> None:
    image, truth = photo()
    face = drawn_face(HEAD, image)
    assert overlap(person_mask([face], image), truth) < 0.6
    assert overlap(person_mask([face], image, small(truth)), truth) > 0.95


def test_shoulders_reach_the_border_of_the_picture() -> None:
    image, truth = photo()
    mask = person_mask([drawn_face(HEAD, image)], image, small(truth))
    inner = truth[-1].copy()
    inner[:85], inner[215:] = False, False
    assert mask[-1][inner].min() > 0.95


def test_along_the_head_the_parser_is_asked_too() -> None:
    image, truth = photo()
    face = drawn_face(HEAD, image)
    fat = cv2.dilate(truth.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    head = np.zeros(SIZE, bool)
    head[: round(HEAD.center[1])] = True
    both = np.asarray(person_mask([face], image, small(fat))) >= 0.5
    alone = small(fat)
    alone = cv2.resize(alone, SIZE[::-1]) >= 0.5
    assert (both ^ truth)[head].sum() < 0.7 * (alone ^ truth)[head].sum()


def test_where_the_network_sees_the_head_too_small_the_parsers_word_weighs_more() -> None:
    image, truth = photo()
    thin = cv2.erode(truth.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    mask = person_mask([drawn_face(HEAD, image)], image, small(thin))
    assert mask[: round(HEAD.center[1])][(truth & ~thin)[: round(HEAD.center[1])]].mean() > 0.9


def test_the_head_is_never_lost() -> None:
    image, truth = photo()
    face = drawn_face(HEAD, image)
    holes = truth.copy()
    cv2.circle(holes.view(np.uint8), HEAD.center, 8, 0, -1)
    mask = person_mask([face], image, small(holes))
    assert mask[HEAD.center[1], HEAD.center[0]] > 0.95


def test_a_plant_behind_a_head_that_is_hair_to_the_parser_stays_behind() -> None:
    image, truth = photo()
    labels = label_picture([Head((32, 32), 40)], (64, 64))
    labels[:16, 40:60] = INDEX[Label.HAIR]
    face = drawn_face(HEAD, image, labels)
    x, y = geometry.apply(geometry.invert(face.parsing.affine), np.array([[52.0, 4.0]]))[0].astype(int)
    assert face.parsing.region(Label.HAIR)[4, 52] > 0.9
    assert whole_people(small(truth, 320), [face], [], image)[y, x] < 0.1


def test_a_network_that_is_blind_for_the_picture_is_not_believed() -> None:
    image, _ = photo()
    face = drawn_face(HEAD, image)
    blind = np.full((96, 96), 0.02, np.float32)
    assert faces_seen(blind, [face], image) is None
    np.testing.assert_array_equal(person_mask([face], image, blind), person_mask([face], image))


def test_a_tiny_face_that_the_network_does_not_see_beside_somebody_takes_nobody_away() -> None:
    """A shelf behind somebody's back looked like a face to the detector, and colours told the rest."""
    image, truth = photo()
    face, wrong = drawn_face(HEAD, image), drawn_face(Head((30, 40), 12), image)
    people = small(truth, 224)
    assert faces_seen(people, [face, wrong], image) == [face]
    for found, others in (([face, wrong], []), ([face], [wrong])):
        np.testing.assert_array_equal(person_mask(found, image, people, others), person_mask([face], image, people))
    np.testing.assert_array_equal(person_mask([wrong], image, people), person_mask([], image, people))
    np.testing.assert_array_equal(person_mask([wrong], image, people, [face]), person_mask([wrong], image, others=[face]))


def test_everybody_is_in_front_unless_somebody_is_chosen() -> None:
    heads = [Head((90, 90), 60), Head((330, 90), 60)]
    labels = label_picture(heads, (300, 480))
    image = painted(labels).astype(np.float32) / 255
    truth = labels > 0
    for x, _ in (head.center for head in heads):
        truth[150:, x - 55 : x + 55] = True
    truth[200:, 400:] = True  # an arm of somebody whose face is not seen
    faces = tuple(drawn_face(head, image) for head in heads)
    scene = Scene(image, faces, people=lambda _: small(truth, 128))
    everybody = np.asarray(scene.mask("person"))
    assert overlap(everybody, truth) > 0.95
    left = np.asarray(scene.of(faces[:1]).mask("person"))
    assert left[250, 90] > 0.95
    assert left[:, 250:].max() < 0.05
    assert np.asarray(scene.of(faces[1:]).of(faces).mask("person"))[250, 90] > 0.95


def test_whose_body_it_is_is_known_after_every_choice() -> None:
    image, _ = photo()
    faces = tuple(drawn_face(head, image) for head in (HEAD, Head((60, 60), 30), Head((250, 60), 30)))
    scene = Scene(image, faces)
    assert scene.of(faces[:2]).of(faces[:1]).others == (faces[1], faces[2])
    assert scene.of(faces[:2]).of(faces[2:]).others == (faces[0], faces[1])
    assert scene.of(faces) is scene


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_any_map_of_any_picture_gives_a_mask(height: int, width: int, rows: int, columns: int, value: float) -> None:
    image = np.random.default_rng(0).random((height, width, 3), np.float32)
    people = np.full((rows, columns), value, np.float32)
    mask = person_mask([drawn_face(Head((width // 2, height // 2), 20), image)], image, people)
    assert mask.shape == (height, width)
    assert 0 <= mask.min() <= mask.max() <= 1


@pytest.mark.parametrize("size", [(80, 40), (40, 80), (60, 60), (1000, 3)])
def test_the_network_sees_a_picture_unsqueezed_with_grey_beside_it(size: tuple[int, int]) -> None:
    told = Told(np.ones((8, 8)))
    people = Parser.of(person=told).people(np.ones((*size, 3), np.float32))
    assert people is not None
    assert max(people.shape) == 96
    assert people.shape[0] / people.shape[1] == pytest.approx(size[0] / size[1], rel=0.01) or min(people.shape) == 1
    shown = np.isclose(told.seen[0], 1).all(axis=-1)
    assert shown.sum() == people.size
    np.testing.assert_allclose(told.seen[0][~shown], 128 / 255)
    rows, columns = np.nonzero(shown)
    assert abs(rows.min() - (95 - rows.max())) <= 1
    assert abs(columns.min() - (95 - columns.max())) <= 1


def test_furniture_apart_from_people_that_the_network_doubts_is_left_out_and_a_hand_is_not() -> None:
    image, truth = photo()
    people = 0.97 * small(truth)
    people[10:20, 5:15] = 0.6
    people[10:20, 80:90] = 0.97
    mask = np.asarray(person_mask([drawn_face(HEAD, image)], image, people))
    rows, columns = SIZE[0] / 96, SIZE[1] / 96
    assert mask[round(15 * rows), round(10 * columns)] < 0.05
    assert mask[round(15 * rows), round(85 * columns)] > 0.9


def test_a_shoulder_under_hair_that_is_background_to_the_parser_is_not_taken_for_wall_seen_through_it() -> None:
    head = Head((150, 90), 60, hair_to=0.62)
    labels = label_picture([head], SIZE)
    hair, above = labels == INDEX[Label.HAIR], np.arange(SIZE[0])[:, None] < 130
    image = np.where((labels > 0)[..., None], painted(labels) / np.float32(255), np.float32(0.85))
    body = np.zeros(SIZE, bool)
    body[118:, 80:220] = True
    image[body & ~(hair & above)] = 0.7  # bright clothes, nearly of the wall's colour
    on_crop = label_picture([Head((32, 32), 40, hair_to=0.62)], (64, 64))
    on_crop[on_crop == INDEX[Label.CLOTHING]] = INDEX[Label.BACKGROUND]
    mask = person_mask([drawn_face(head, image, on_crop)], image, small(body | (labels > 0), 224))
    assert mask[124:150, 90:210].min() > 0.9
    assert mask[:100, :100].max() < 0.05


def test_a_map_that_is_person_everywhere_stays_so_at_every_border() -> None:
    image = np.random.default_rng(1).random((200, 333, 3), np.float32)
    window, mask = to_whole_picture(np.ones((20, 20), np.float32), np.diag([20 / 333, 20 / 200, 1])[:2], image)
    assert window == (0, 0, 333, 200)
    assert mask.min() == 1


# --- who is asked


def test_the_network_is_asked_once_a_picture_and_only_if_the_chain_needs_people(fakes: Fakes, portrait: np.ndarray) -> None:
    told = Told(np.ones((8, 8)))
    facefx.chain("recolor_lips").run(portrait, person=told)
    assert told.asked == 0
    (facefx.chain("blur_background") | facefx.chain("replace_background") | facefx.chain("cutout")).run(portrait, person=told)
    assert told.asked == 1


def test_it_is_not_asked_before_people_are_sought(fakes: Fakes) -> None:
    told = Told(np.ones((8, 8)))
    scene = facefx.parse(np.full((80, 80, 3), 127, np.uint8), person=told)
    facefx.chain("grade").run(np.full((80, 80, 3), 127, np.uint8), person=told)
    assert not told.asked
    assert np.asarray(scene.mask("person")).any()
    assert told.asked == 1


def test_colours_are_what_is_left_where_nothing_finds_people(fakes: Fakes, portrait: np.ndarray) -> None:
    assert resolve_person(None) is None
    expected = facefx.parse(portrait).mask("person")
    np.testing.assert_array_equal(facefx.parse(portrait, person=COLOURS).mask("person"), expected)


def offer(found: Registry, name: str, make: Callable[[], Any]) -> None:
    found.person_segmenters.items[f"mine:{name}"] = make


def test_a_plugins_is_asked_by_its_name_and_by_the_environment(
    fakes: Fakes, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(np.ones((8, 8)))
    offer(registry(), "told", lambda: told)
    assert np.asarray(facefx.parse(portrait, person="told").mask("person"))[-1].min() > 0.9
    monkeypatch.setenv(PERSON_ENVIRONMENT, "mine:told")
    assert resolve_person(None) is told
    assert resolve_person(COLOURS) is None
    with pytest.raises(UnknownName, match=r"person segmenter.*toldd"):
        resolve_person("toldd")
    with pytest.raises(ParameterError, match="person="):
        resolve_person(3)  # type: ignore[arg-type]


class Lips(Told):
    scheme = scheme("eyes_lips")


class Broken(Told):
    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        raise RuntimeError("no luck")


def test_what_does_not_know_people_or_fails_is_named(fakes: Fakes, portrait: np.ndarray) -> None:
    with pytest.raises(PluginError, match="does not tell person from background"):
        resolve_person(Lips(np.ones((8, 8))))
    with pytest.raises(PluginError, match=r"told.*no luck"):
        facefx.parse(portrait, person=Broken(np.ones((8, 8)))).mask("person")


def test_who_finds_people_tells_one_parser_from_another(fakes: Fakes) -> None:
    assert Parser.of().identity.endswith("people colours")
    assert Parser.of(person=Told(np.ones((8, 8)))).identity != Parser.of().identity


# --- people without a face


@pytest.fixture
def from_behind(fakes: Fakes) -> tuple[np.ndarray, np.ndarray, Told]:
    """A picture in which no face is found, where somebody is in it, and what sees that."""
    truth = np.zeros((120, 160), bool)
    cv2.ellipse(truth.view(np.uint8), (80, 90), (30, 60), 0, 0, 360, 1, -1)
    image = np.where(truth[..., None], (0.1, 0.2, 0.6), 0.5).astype(np.float32)
    seen = np.zeros((160, 160), np.float32)
    seen[20:140] = truth
    return image, truth, Told(seen)


def test_somebody_whose_face_is_not_found_is_cut_out(from_behind: tuple[np.ndarray, np.ndarray, Told]) -> None:
    image, truth, told = from_behind
    scene = facefx.parse(image, person=told)
    assert not scene.faces
    assert overlap(scene.mask("person"), truth) > 0.95
    assert np.asarray(scene.mask("background"))[5, 5] == 1
    assert told.asked == 1
    cut = facefx.chain("cutout").run(image, person=told)
    assert cut.image.shape[2] == 4
    assert overlap(cut.image[..., 3], truth) > 0.95
    replaced = facefx.chain("replace_background", color="#00ff00", faces="largest").run(image, person=told).image
    assert np.abs(replaced[5, 5] - (0, 1, 0)).max() < 0.01
    assert np.abs(replaced[90, 80] - image[90, 80]).max() < 0.01
    assert np.asarray(scene.mask("person", grow=0.1)).sum() > 1.1 * truth.sum()


@pytest.mark.parametrize("faces", ["0", "!0", "(0,0,160,120)"])
def test_who_asks_for_a_certain_face_gets_nobody_else(from_behind: tuple[np.ndarray, np.ndarray, Told], faces: str) -> None:
    image, _, told = from_behind
    look = facefx.chain("cutout", faces=faces)
    with pytest.raises(NoFaceFound):
        look.run(image, person=told)
    assert np.array_equal(look.run(image, person=told, require_face=False).image, image)


@pytest.mark.parametrize("doubt", ["nobody", "unsure", "haze"])
def test_where_nobody_surely_is_nothing_is_cut_out(from_behind: tuple[np.ndarray, np.ndarray, Told], doubt: str) -> None:
    image, _, told = from_behind
    told.people *= {"nobody": 0.0, "unsure": 0.85, "haze": 0.45}[doubt]
    assert not np.asarray(facefx.parse(image, person=told).mask("person")).any()
    for name in ("cutout", "replace_background", "blur_background"):
        with pytest.raises(NoFaceFound, match="person"):
            facefx.chain(name).run(image, person=told)
        assert np.array_equal(facefx.chain(name).run(image, person=told, require_face=False).image, image)


def test_what_needs_a_face_still_does(from_behind: tuple[np.ndarray, np.ndarray, Told]) -> None:
    image, _, told = from_behind
    for look in (facefx.chain("recolor_lips").then("cutout"), facefx.chain("anonymize").then("cutout")):
        with pytest.raises(NoFaceFound):
            look.run(image, person=told)
    with pytest.raises(NoFaceFound):
        facefx.chain("cutout").run(image, person=COLOURS)


def test_haze_that_is_nowhere_a_person_leaves_no_smudge_beside_a_face() -> None:
    image, truth = photo()
    face, people = drawn_face(HEAD, image), small(truth)
    people[2:20, 2:20] = 0.45
    assert person_mask([face], image, people)[:80, :60].max() == 0


# --- models


def person_model(folder: Path) -> Path:
    write_model(folder, model_bytes(2), scheme="person")
    (folder / "model.onnx").rename(folder / PERSON)
    return folder


def test_a_model_of_people_is_another_kind_than_one_that_parses_faces(tmp_path: Path) -> None:
    folder = person_model(tmp_path / "mine")
    assert person_segmenters_among({"mine": folder}) == {"mine": folder}
    assert segmenters_among({"mine": folder}) == {}
    assert isinstance(any_card(folder), PersonCard)
    model = resolve_person(folder)
    assert model is not None
    answer = model.probabilities(np.zeros((1, *model.input_size, 3), np.float32))
    assert answer.shape == (1, 2, *model.input_size)


def test_a_model_of_people_is_added_and_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: Registry
) -> None:
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path / "home"))
    added = hub.add(person_model(tmp_path / "mine"))
    assert sorted(path.name for path in added.folder.iterdir()) == ["card.toml", PERSON]
    from facefx.plugins import installed, local

    assert added.name in local.facefx_person_segmenters()
    installed._find.cache_clear()
    assert resolve_person(f"local:{added.name}") is registry().person_segmenter(added.name)
    hub.remove(added.name)
    assert not added.folder.exists()


def test_a_model_of_people_that_tells_lips_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_model(folder, model_bytes(len(scheme("eyes_lips").classes)), scheme="eyes_lips")
    (folder / "model.onnx").rename(folder / PERSON)
    with pytest.raises(ModelError, match="do not tell person from background"):
        PersonCard.read(folder)


@pytest.mark.parametrize("folder", person_segmenters_among(installed_models()).values(), ids=lambda folder: folder.name)
def test_the_model_of_people_that_comes_with_facefx_is_what_its_card_says(folder: Path) -> None:
    card = PersonCard.read(folder)
    assert card.name == folder.name
    assert card.parameters <= 1_000_000
    model = resolve_person(folder)
    assert model is not None
    samples = Path(__file__).parents[1] / "samples"
    scene = facefx.parse(samples / "full_length.jpg", detector=[(316, 75, 436, 195)])
    people = Parser.of().people(scene.canvas)
    assert people is not None
    rows, columns = people.shape
    assert people[rows // 2, columns // 2] > 0.9
    assert people[2, 2] < 0.1


# --- films


def moving(shift: int) -> tuple[np.ndarray, np.ndarray]:
    image, truth = photo()
    return np.roll(image, shift, axis=1), np.roll(truth, shift, axis=1)


class Flickering:
    """A parser whose answers tremble from one frame to the next."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth, self.rng = small(truth), np.random.default_rng(0)

    def people(self, picture: Any) -> np.ndarray:
        return np.clip(self.truth + self.rng.normal(0, 0.2, self.truth.shape), 0, 1).astype(np.float32)


def test_what_trembles_in_a_film_is_quietened_and_a_new_shot_starts_afresh() -> None:
    image, truth = photo()
    parser: Any = Flickering(truth)
    steady, alone = SteadyPeople(0.8, 1), Flickering(truth)
    quiet = [steady.next(image, parser, fresh=index == 0) for index in range(12)]
    loud = [alone.people(image) for _ in range(12)]

    def flicker(maps: list[Any]) -> float:
        return float(np.mean([np.abs(b - a).mean() for a, b in itertools.pairwise(maps[4:])]))

    assert flicker(quiet) < 0.4 * flicker(loud)
    cut = steady.next(1 - image, parser, fresh=True)
    assert cut is not None
    assert np.abs(cut - small(truth)).mean() > 0.05  # as loud as the first


def test_between_the_frames_that_are_looked_at_people_are_carried_along() -> None:
    first, truth = moving(0)
    told: Any = Flickering(truth)
    steady = SteadyPeople(0.0, 2)
    before = steady.next(first, told, fresh=True)
    second, _ = moving(6)
    after = steady.next(second, told, fresh=False)
    assert before is not None
    assert after is not None
    shift = 6 * before.shape[1] / SIZE[1]
    move = np.float32([[1, 0, shift], [0, 1, 0]])  # type: ignore[arg-type]
    moved = cv2.warpAffine(before, move, before.shape[::-1], borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    assert np.abs(after - moved).mean() < np.abs(after - before).mean()


@pytest.mark.parametrize("shape", [(96, 54), (54, 96), (137, 137), (69, 121)])
@pytest.mark.parametrize("every", [1, 2])
def test_films_of_any_shape_are_steadied(shape: tuple[int, int], every: int) -> None:
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.random((12, 12, 3), np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    answer = (np.indices(shape).sum(axis=0) / sum(shape)).astype(np.float32)
    told: Any = Flickering(photo()[1])
    told.people = lambda _: answer
    steady = SteadyPeople(0.8, every)
    for index in range(4):
        found = steady.next(picture, told, fresh=index == 0)
        assert found is not None
        np.testing.assert_allclose(found, answer, atol=0.02)


def test_a_film_asks_only_for_effects_on_people(fakes: Fakes, portrait: np.ndarray) -> None:
    told = Told(np.ones((8, 8)))
    tracker = Tracker(tracking=Tracking(parse_every=2), person=told)
    for _ in range(4):
        tracker.next(portrait, regions={"lips"})
    assert told.asked == 0
    for _ in range(4):
        scene = tracker.next(portrait, regions={"background"})
        assert np.asarray(scene.mask("person")).min() > 0.9
    assert told.asked == 2


def test_who_turns_away_in_a_film_stays_cut_out_and_steady(from_behind: tuple[np.ndarray, np.ndarray, Told]) -> None:
    image, truth, told = from_behind
    tracker = Tracker(tracking=Tracking(parse_every=2), person=told)
    for _ in range(4):
        scene = tracker.next(image, regions={"person"})
        assert not scene.faces
        assert overlap(facefx.chain("cutout").edit(scene).alpha, truth) > 0.95  # type: ignore[arg-type]
    assert told.asked == 2


def test_threads_ask_together(fakes: Fakes, portrait: np.ndarray) -> None:
    told = Told(np.ones((8, 8)))
    masks: list[Any] = []

    def work() -> None:
        masks.append(np.asarray(facefx.parse(portrait, person=told).mask("person")))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(masks) == 4
    assert all(np.array_equal(mask, masks[0]) for mask in masks)


def test_a_preview_of_a_window_asks_for_its_own_picture(fakes: Fakes, portrait: np.ndarray) -> None:
    told = Told(np.ones((8, 8)))
    scene = facefx.parse(portrait, person=told)
    height, width = scene.size
    shown = replace(scene).through((0, 0, width, height), (height // 2, width // 2))
    assert np.asarray(shown.mask("person")).shape == (height // 2, width // 2)
