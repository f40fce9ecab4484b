"""Frames in, edited frames out: following, steadiness, bounds, threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from facefx import Chain, chain, open_image, video
from facefx.errors import ParameterError
from facefx.face import postprocessing
from facefx.face.face import Face
from facefx.face.near_and_wide import merged, near_parsing
from facefx.face.values import Box, Detection, FaceParsing
from facefx.image.canvas import Canvas
from facefx.labels import Label, Region, scheme
from facefx.pixels.geometry import Windows
from facefx.video import Tracker, Tracking, apart
from facefx.video.mask_smoothing import Change, Glimpse, change, recut
from facefx.video.motion import Small, head_motion, is_cut
from facefx.video.near_and_wide import near_and_wide, near_does
from facefx.video.steadied import REMEMBERED, Steadied
from facefx.video.stream import asked_of
from facefx.video.tracking import WIDE_EVERY
from synthetic import INDEX, FakeDetector, FakeSegmenter, Head, label_picture, painted
from video_helpers import HEAD, SIZE, empty, film

LIPS = chain("recolor_lips", color="#2040c0", strength=1.0)


class Wavering(FakeSegmenter):
    """Never quite sure: each call's edges lie elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.rng = np.random.default_rng(7)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        sure = super().probabilities(crops)
        noise = cv2.GaussianBlur(self.rng.normal(0, 12, (self.input_size[0],) * 2).astype(np.float32), (0, 0), 4)
        likely = np.log(np.maximum(sure, 1e-3))
        likely[:, INDEX[Label.HAIR]] += noise
        likely = np.exp(likely - likely.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), np.float32)


def scenes(
    frames: list[np.ndarray], segmenter: FakeSegmenter | None = None, detector: FakeDetector | None = None, **tracking: float
) -> list:
    settings = Tracking(**tracking) if tracking else None
    return list(
        video.scenes(frames, segmenter=segmenter or FakeSegmenter(), detector=detector or FakeDetector(), tracking=settings)
    )


def test_a_face_is_found_once_and_then_followed() -> None:
    segmenter, detector = FakeSegmenter(), FakeDetector()
    found = scenes(film(6, step=3, roll=2), segmenter, detector)
    assert detector.calls == 1
    assert [len(scene.faces) for scene in found] == [1] * 6
    middles = np.array([scene.faces[0].box.center for scene in found])
    np.testing.assert_allclose(np.diff(middles[:, 0]), 3, atol=1.0)
    assert found[-1].faces[0].roll == pytest.approx(10, abs=2.5)


def looked(look: Chain | None, frames: int, every: int) -> int:
    """How often the network looks at so many frames of a film, after the first two."""
    segmenter, regions = FakeSegmenter(), asked_of(look) if look else None
    tracker = Tracker(segmenter, FakeDetector(), Tracking(parse_every=every))
    calls = []
    for frame in film(frames + 2, step=1):
        scene = tracker.next(Canvas(frame), (), regions)
        if look:
            look.edit(scene)
        calls.append(segmenter.calls)
    return calls[-1] - calls[1]


@pytest.mark.parametrize("every", [1, 2])
def test_the_network_looks_no_more_often_than_it_must(every: int) -> None:
    """Hair leaves the crop here."""
    near = 16 // every
    wide = near // WIDE_EVERY
    assert looked(LIPS.then("smooth_skin").then("enlarge_eyes"), 16, every) == near
    for look in (LIPS.then("recolor_hair"), chain("blur_background"), None):
        assert looked(look, 16, every) == near + wide, look


def test_only_what_is_asked_for_is_carried() -> None:
    tracker = Tracker(FakeSegmenter(), FakeDetector())
    for frame in film(8):
        face = tracker.next(Canvas(frame), (), ["lips"]).faces[0]
        face.patch("lips")
    near = near_parsing(face.parsing).probabilities
    assert isinstance(near, Steadied)
    while near._before is not None:
        assert len(near._made) == len(Region.LIPS.labels)
        near = near._before[0]


def test_faces_side_by_side_are_not_looked_at_more_often() -> None:
    """Each without what is the other's, as they are in a photo."""
    heads = [Head((90.0, 84.0), 72.0), Head((170.0, 80.0), 60.0)]
    frame = painted(label_picture(heads, (160, 250)))
    tracker = Tracker(segmenter := FakeSegmenter(), FakeDetector(), Tracking(parse_every=1))
    tracker.next(Canvas(frame), (), ["lips"])
    before = segmenter.calls
    scene = tracker.next(Canvas(frame), (), ["lips"])
    LIPS.edit(scene)
    assert segmenter.calls - before == 2


def test_what_is_nearer_to_another_face_is_the_others() -> None:
    """As in photos, but by the class."""
    values = np.random.default_rng(0).dirichlet(np.ones(19), (64, 64)).astype(np.float32).transpose(2, 0, 1)
    affine = np.array([[0.6, 0.2, -20], [-0.2, 0.6, 10.0]])
    face = Face(
        Box(60, 40, 110, 100), 0.0, 1.0, FaceParsing(values, scheme("celebamask"), affine), np.zeros((160, 200, 3), np.float32)
    )
    others = [Box(120, 30, 150, 80), Box(40, 90, 70, 130)]
    now, photo = apart.without_others(face, others), postprocessing.without_others(face, others)
    changed = np.asarray(photo.parsing.probabilities) != values
    assert 0.1 < changed.mean() < 0.9
    np.testing.assert_array_equal(np.asarray(now.parsing.probabilities), photo.parsing.probabilities)
    for region in ("lips", "background", "hair+background"):
        np.testing.assert_array_equal(now.parsing.region(region), photo.parsing.region(region))
    np.testing.assert_array_equal(now.parsing.probabilities[0], photo.parsing.probabilities[0])
    assert apart.without_others(face, [Box(900, 0, 950, 60)]) is face


def test_no_frame_is_made_floats_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Everywhere(FakeDetector):
        takes_windows = True

        def detect(self, rgb: Windows) -> list[Detection]:
            return super().detect(rgb[:, :] / np.float32(255))

    monkeypatch.setattr(Canvas, "image", property(lambda self: pytest.fail("a whole frame was made floats")))
    results = video.process(film(6), LIPS, segmenter=FakeSegmenter(), detector=Everywhere())
    assert all((result != frame).any() for result, frame in zip(results, film(6), strict=True))


def test_what_nothing_connects_to_the_head_is_none_of_it() -> None:
    hat = painted(np.full((14, 14), INDEX[Label.HAT], np.uint8))
    frames = film(3, step=2)
    for frame in frames:
        frame[4:18, 4:18] = hat
    plain = scenes(film(3, step=2))
    for scene, clean in zip(scenes(frames), plain, strict=True):
        assert not np.asarray(scene.mask("hat"))[:24, :24].any()
        np.testing.assert_allclose(scene.mask("hair"), clean.mask("hair"), atol=0.05)


def test_masks_follow_without_delay() -> None:
    frames = film(6, step=4)
    for scene, frame in zip(scenes(frames), frames, strict=True):
        alone = scenes([frame])[0]
        first, second = (np.asarray(s.mask("lips")) for s in (scene, alone))
        assert np.minimum(first, second).sum() > 0.85 * np.maximum(first, second).sum()


def test_wavering_masks_are_steadied() -> None:
    frames = film(8, step=1)

    def wobble(smoothing: float) -> float:
        seen = [s.faces[0].parsing.region("hair") for s in scenes(frames, Wavering(), smoothing=smoothing, parse_every=1)]
        return float(np.mean([np.abs(a - b).mean() for a, b in pairwise(seen[3:])]))  # on the crop the head stands still

    assert wobble(0.8) < 0.5 * wobble(0.0)


def test_no_ghost_is_left_after_a_cut() -> None:
    before, after = film(4), [frame[:, ::-1].copy() for frame in film(2, step=0)]
    after = [np.roll(np.roll(f, 40, axis=1), 10, axis=0) for f in after]
    detector = FakeDetector()
    found = scenes([*before, *after], None, detector)
    assert detector.calls >= 2
    alone = scenes(after)
    for scene, single in zip(found[4:], alone, strict=True):
        np.testing.assert_allclose(scene.mask("lips"), single.mask("lips"), atol=0.02)


def test_a_face_that_comes_in_is_found_and_one_that_goes_is_dropped() -> None:
    counts = [len(scene.faces) for scene in scenes([*empty(3), *film(4), *empty(3)], detect_every=2)]
    assert counts[:3] == [0, 0, 0]
    assert counts[4:7] == [1, 1, 1]
    assert counts[-1] == 0


def test_several_people_are_followed_each() -> None:
    heads = [[Head((70.0 + 3 * t, 84.0), 72.0), Head((250.0 - 2 * t, 80.0), 64.0)] for t in range(4)]
    frames = [painted(label_picture(pair, (160, 330))) for pair in heads]
    detector = FakeDetector()
    found = scenes(frames, None, detector)
    assert detector.calls == 1
    for scene, pair in zip(found, heads, strict=True):
        assert len(scene.faces) == 2
        for face, head in zip(scene.faces, pair, strict=True):
            assert face.box.center == pytest.approx(head.center, abs=6)
    (edited,) = process(frames[:1])
    blue = (edited[:, :, 2].astype(int) - edited[:, :, 0] > 60).sum(axis=0)
    assert blue[40:100].sum() > 50
    assert blue[220:280].sum() > 50


def test_parsing_can_be_skipped() -> None:
    every, second = FakeSegmenter(), FakeSegmenter()
    frames = film(7, step=2)
    exact, carried = scenes(frames, every, parse_every=1), scenes(frames, second, parse_every=2)
    assert 3 <= every.calls - second.calls <= 4
    for a, b in zip(exact, carried, strict=True):
        first, then = np.asarray(a.mask("hair")), np.asarray(b.mask("hair"))
        assert np.minimum(first, then).sum() > 0.9 * np.maximum(first, then).sum()


def process(frames: Iterator[object] | list, **options: object) -> Iterator:
    return video.process(frames, LIPS, segmenter=FakeSegmenter(), detector=FakeDetector(), **options)  # type: ignore[arg-type]


def test_edited_frames_come_in_order_and_in_kind() -> None:
    frames = film(4)
    results = list(process(frames))
    assert [r.shape for r in results] == [f.shape for f in frames]
    assert all(r.dtype == np.uint8 and (r != f).any() for r, f in zip(results, frames, strict=True))
    far = np.abs(np.arange(SIZE[0]) - (HEAD.center[1] + 0.34 * HEAD.side)) > 0.3 * HEAD.side
    assert all((r[far] == f[far]).all() for r, f in zip(results, frames, strict=True))
    (scene,) = scenes(frames[:1])
    np.testing.assert_array_equal(open_image(frames[0]).like(LIPS.edit(scene).image), results[0])
    (pil,) = process([Image.fromarray(frames[0])])
    assert isinstance(pil, Image.Image)
    np.testing.assert_array_equal(np.asarray(pil), results[0])
    (floats,) = process([frames[0].astype(np.float32) / 255])
    assert floats.dtype == np.float32


def test_frames_without_a_face_are_passed_through() -> None:
    frames = empty(3)
    assert all(result is frame for result, frame in zip(process(frames), frames, strict=True))


def test_frames_may_change_their_size() -> None:
    sizes = [r.shape for r in process([*film(2), *film(2, size=(180, 240))])]
    assert sizes == [(160, 224, 3)] * 2 + [(180, 240, 3)] * 2


@pytest.mark.slow
def test_few_frames_are_held() -> None:
    taken = 0

    def counted() -> Iterator[np.ndarray]:
        nonlocal taken
        for frame in empty(14):
            taken += 1
            yield frame

    results = process(counted(), workers=2)
    for given in range(1, 9):
        next(results)
        assert taken <= given + 3
    before = threading.active_count()
    results.close()
    assert threading.active_count() <= before


def test_threads_do_not_disturb_each_other() -> None:
    films = [film(3), film(3, step=-2, roll=3)]
    one_by_one = [list(process(frames)) for frames in films]
    segmenter = FakeSegmenter()
    with ThreadPoolExecutor(2) as pool:
        together = list(
            pool.map(lambda frames: list(video.process(frames, LIPS, segmenter=segmenter, detector=FakeDetector())), films)
        )
    for alone, beside in zip(one_by_one, together, strict=True):
        for a, b in zip(alone, beside, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("wrong", [{"size": 250}, {"size": 64}, {"smoothing": 1.0}, {"parse_every": 0}, {"detect_every": 0}])
def test_settings_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        Tracking(**wrong)  # type: ignore[arg-type]


def test_without_workers_nothing_can_be_edited() -> None:
    with pytest.raises(ParameterError, match="workers=0"):
        process([], workers=0)


def small(rgb: np.ndarray) -> Small:
    return Small.of(Canvas.of(rgb))


def moved(picture: np.ndarray, turn: float, growth: float, shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    matrix = cv2.getRotationMatrix2D(HEAD.center, -turn, growth)
    matrix[:, 2] += shift
    return cv2.warpAffine(picture, matrix, SIZE[::-1], borderMode=cv2.BORDER_REFLECT), matrix


@pytest.mark.parametrize(("turn", "growth", "shift"), [(0, 1, (9, -4)), (7, 1, (0, 0)), (0, 1.06, (3, 0)), (-4, 0.96, (-6, 5))])
def test_a_heads_motion_is_measured(turn: float, growth: float, shift: tuple[float, float]) -> None:
    still = film(1)[0].astype(np.float32) / 255
    shown, _ = moved(still, turn, growth, shift)
    face = Box.square(HEAD.center, HEAD.side)
    motion = head_motion(small(still), small(shown), face)
    assert motion is not None
    assert motion.turn == pytest.approx(turn, abs=0.6)
    assert motion.growth == pytest.approx(growth, abs=0.01)
    assert np.hypot(*(np.array(motion.point(HEAD.center)) - HEAD.center - shift)) < 0.7
    assert motion.box(face).center == pytest.approx(motion.square(face).center)


def test_cuts_are_told_from_motion_and_light() -> None:
    a, b = film(1)[0].astype(np.float32) / 255, film(2, step=8)[1].astype(np.float32) / 255
    other = np.roll(a[::-1], 70, axis=1)
    assert not is_cut(small(a), small(b))
    assert not is_cut(small(a), small(0.5 * a))
    assert is_cut(small(a), small(np.ascontiguousarray(other)))
    assert is_cut(small(a), small(a[:100]))
    assert head_motion(small(a), small(np.full_like(a, 0.5)), Box.square(HEAD.center, HEAD.side)) is None


def test_bytes_and_floats_are_made_as_small() -> None:
    frame = film(1, size=(700, 980))[0]
    assert np.abs(small(frame).pixels.astype(int) - small(frame.astype(np.float32) / 255).pixels).max() <= 1


def drawn(size: int = 256) -> np.ndarray:
    return cv2.GaussianBlur(np.random.default_rng(0).random((size, size, 3), np.float32), (0, 0), 6)


def test_what_moved_in_itself_is_carried_along() -> None:
    before = drawn()
    found = change(Glimpse.of(before), Glimpse.of(np.roll(before, 6, axis=1)))
    values = np.zeros((256, 256), np.float32)
    values[80:160, 80:160] = 1
    carried = found.carried(values)
    np.testing.assert_allclose(carried[90:150, 100:150], np.roll(values, 6, axis=1)[90:150, 100:150], atol=0.05)
    assert carried[120, 78:84].max() < 0.5
    assert found.same is not None
    assert found.same[40:200, 40:200].max() < 0.2
    still = change(Glimpse.of(before), Glimpse.of(before))
    assert still.same is not None
    assert still.same.min() > 0.9
    np.testing.assert_allclose(still.carried(values), values, atol=0.05)
    assert change(Glimpse.of(before), Glimpse.of(before), compared=False).same is None


def test_only_what_stayed_the_same_is_smoothed() -> None:
    before = drawn()
    now = 0.85 * before
    now[120:180, 120:180] = 0.9
    same = change(Glimpse.of(before), Glimpse.of(now)).same
    assert same is not None
    assert same[130:170, 130:170].max() < 0.05
    assert same[:80, :80].mean() > 0.8


def test_a_crop_is_cut_anew() -> None:
    values = np.random.default_rng(0).random((32, 32), np.float32)
    here, there = np.array([[1.0, 0, 5], [0, 1, 3]]), np.array([[1.0, 0, 7], [0, 1, 3]])
    np.testing.assert_allclose(recut(here, there, 32).carried(values)[:, 4:], np.roll(values, 2, axis=1)[:, 4:], atol=0.02)


def unmoved(size: int, same: float) -> Change:
    columns, rows = np.meshgrid(*(np.arange(size, dtype=np.float32),) * 2)
    return Change(np.stack([columns, rows], -1), np.full((size, size), same, np.float32))


def test_classes_are_steadied_when_they_are_asked_for() -> None:
    zeros, ones = np.zeros((3, 8, 8), np.float32), np.ones((3, 8, 8), np.float32)
    first = Steadied(zeros)
    second = first.next(unmoved(8, 0.5), ones, 0.8)
    third = second.next(unmoved(8, 0.5))
    assert third.shape == (3, 8, 8)
    np.testing.assert_allclose(third[1], 0.6)  # carried
    np.testing.assert_allclose(second[[0, 1]], 0.6)
    np.testing.assert_allclose(np.asarray(second), 0.6)
    np.testing.assert_allclose(np.stack(list(second)), 0.6)
    assert second[np.arange(3) == 5].shape == (0, 8, 8)
    assert (ones == 1).all()
    assert (zeros == 0).all()


def test_frames_of_long_ago_are_let_go() -> None:
    """But what was asked of them is still in what is carried, also if nobody asks for a while."""
    frame = Steadied(np.zeros((2, 8, 8), np.float32))
    _ = frame[0]
    for _ in range(3 * REMEMBERED):
        frame = frame.next(unmoved(8, 1.0), np.ones((2, 8, 8), np.float32), 0.9)
        frame = frame.next(unmoved(8, 1.0))
    held, kept = frame, 0
    while held._before is not None:
        held, kept = held._before[0], kept + 1
    assert kept <= REMEMBERED + 2
    np.testing.assert_allclose(frame[0], 1 - 0.9 ** (3 * REMEMBERED), atol=1e-5)
    assert frame[1].min() > 1 - 0.9**REMEMBERED


def test_a_near_crop_and_a_wide_one_are_one_parsing() -> None:
    rng = np.random.default_rng(0)
    near, wide = (rng.dirichlet(np.ones(19), (32, 32)).astype(np.float32).transpose(2, 0, 1) for _ in range(2))
    asked: list[int] = []
    parsing = FaceParsing(Steadied(near), scheme("celebamask"), np.array([[0.5, 0, 3], [0, 0.5, 4.0]]))
    both, whole = near_and_wide(parsing, lambda: asked.append(1) or wide), merged(near, wide)
    np.testing.assert_array_equal(both.affine, [[0.5, 0, 19], [0, 0.5, 20]])
    assert both.size == 64
    assert both.probabilities.shape == whole.shape
    np.testing.assert_allclose(both.region("lips")[16:48, 16:48], near[[INDEX[part] for part in Region.LIPS.labels]].sum(axis=0))
    assert not asked
    for region in ("hair", "background"):
        np.testing.assert_allclose(both.region(region), whole[INDEX[Label(region)]], atol=1e-6)
    assert asked
    for made in (both.probabilities.copy(), np.asarray(both.probabilities), np.stack(list(both.probabilities))):
        np.testing.assert_allclose(made, whole, atol=1e-6)
    some = np.arange(19) == 40
    assert both.probabilities[some].shape == (0, 64, 64)
    np.testing.assert_allclose(both.probabilities[INDEX[Label.HAIR]], whole[INDEX[Label.HAIR]], atol=1e-6)
    assert near_does(scheme("celebamask"), "lips")
    assert not near_does(scheme("celebamask"), "head")
