"""Colours of frames changed as those of a frame shortly before were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx import Chain, chain
from facefx.declare.declarations import effect
from facefx.face.values import Box
from facefx.image.canvas import Canvas
from facefx.labels import Label
from facefx.pixels import color as colors
from facefx.video import Tracker, Tracking, color_change, process
from facefx.video.carried_edit import Edited, edited_like
from facefx.video.color_change import ColorChange
from facefx.video.mask_smoothing import recut
from facefx.video.moves import Journey, Move, Moves
from synthetic import PALETTE, FakeDetector, FakeSegmenter, Head, label_picture, painted
from video_helpers import SIZE, film

DYE = chain("recolor_hair", color="#b04020")
CALLS: list[str] = []


@effect(region="hair", carried=True)
def dyed(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    CALLS.append("dyed")
    return np.broadcast_to(np.array([0.5, 0.25, 0.6], np.float32), image.shape).copy()


@effect(region="lips")
def kissed(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    CALLS.append("kissed")
    return image[..., ::-1].copy()


@effect(region="face", kind="warp")
def bent(image: np.ndarray) -> np.ndarray:
    return np.full((*image.shape[:2], 2), 0.3)


def calls(frames: list[np.ndarray], look: Chain, **tracking: int) -> list[str]:
    CALLS.clear()
    settings = {"segmenter": FakeSegmenter(), "detector": FakeDetector(), "tracking": Tracking(**tracking)}  # type: ignore[arg-type]
    assert len(list(process(frames, look, **settings))) == len(frames)  # type: ignore[arg-type]
    return list(CALLS)


def edits(frames: list[np.ndarray], look: Chain, *, carried: bool) -> list[Edited]:
    tracker, done = Tracker(FakeSegmenter(), FakeDetector()), list[Edited]()
    for frame in frames:
        scene = tracker.next(Canvas(frame))
        done.append(edited_like(lambda: done[-1] if done and carried else None, tracker.moves, look, scene, ()))
    return done


def test_a_dye_is_worked_out_for_every_third_parse() -> None:
    look = chain(dyed).then(kissed)
    found = calls(film(8), look)
    assert (found.count("dyed"), found.count("kissed")) == (2, 8)
    assert calls(film(8), look, parse_every=1).count("dyed") == 8
    assert calls(film(13), look, parse_every=3).count("dyed") == 2


@pytest.mark.parametrize("hair", ["grew", "went"])
def test_where_a_parse_shows_hair_elsewhere_it_is_dyed_anew(hair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(color_change, "_likeness", lambda now, was: np.ones_like(now))  # by luma it would be told already
    frames = film(4, 0.0)
    assert calls(frames, chain(dyed)).count("dyed") == 1
    for frame in frames[2:]:  # the third of all is parsed
        if hair == "grew":
            frame[70:90, 56:70] = PALETTE[Label.HAIR]
        else:
            frame[:45] = PALETTE[Label.BACKGROUND]
    assert calls(frames, chain(dyed)).count("dyed") == 2


def test_what_moves_pixels_keeps_later_steps_from_being_carried() -> None:
    assert calls(film(4), chain(bent).then(dyed)).count("dyed") == 4
    assert calls(film(4), chain(dyed).then(bent)).count("dyed") == 1


def test_after_a_cut_and_for_somebody_new_nothing_is_carried() -> None:
    there, elsewhere = Head((60.0, 84.0), 70.0), Head((170.0, 84.0), 70.0)
    one, other, both = (painted(label_picture(heads, SIZE)) for heads in ([there], [elsewhere], [there, elsewhere]))
    assert calls([one, one], chain(dyed)).count("dyed") == 1
    assert calls([one, np.ascontiguousarray(255 - other)], chain(dyed)).count("dyed") == 1  # in which nobody is found
    assert calls([one, both, both], chain(dyed), detect_every=1).count("dyed") == 1 + 2


def test_two_people_are_carried_each_with_their_own_motion() -> None:
    frames = [
        painted(label_picture([Head((70.0 + 2 * t, 84.0), 60.0), Head((190.0 - 2 * t, 80.0), 60.0)], (160, 260))) for t in range(4)
    ]
    own, like = (edits(frames, DYE, carried=carried) for carried in (False, True))
    for number in (1, 2, 3):
        assert len(like[number].steps[0].journey.legs) == number
        assert off(own[number], like[number]) < 1


def off(one: Edited, other: Edited) -> float:
    """How far apart the median colours of the hair are in two edits of a frame, CIEDE2000: its grain is each one's own."""
    inside = np.asarray(one.scene.mask("hair")) > 0.5
    middles = (np.median(edit.scene.image[inside], axis=0, keepdims=True) for edit in (one, other))
    return float(colors.delta_e(*middles)[0])


def test_carried_colours_are_those_that_the_frames_own_edit_has() -> None:
    grain = np.random.default_rng(0).normal(0, 3, (*SIZE, 3))
    frames = [np.clip(frame + np.roll(grain, t, 1), 0, 255).astype(np.uint8) for t, frame in enumerate(film(8, roll=1.0))]
    own, like = (edits(frames, DYE, carried=carried) for carried in (False, True))
    for number, frame in enumerate(frames):
        assert len(like[number].steps[0].journey.legs) == number % 6
        assert off(own[number], like[number]) < 1
        far = np.asarray(own[number].scene.mask("hair", grow=0.1)) == 0
        assert np.abs(like[number].scene.image[far] - frame[far] / np.float32(255)).max() < 1 / 1024


def test_new_colours_do_not_follow_the_lamp() -> None:
    frames = [np.clip(frame * light, 0, 255).astype(np.uint8) for frame, light in zip(film(2, 0.0), (0.94, 1.0), strict=True)]
    look = chain(dyed)
    like = edits(frames, look, carried=True)[1]
    assert len(like.steps[0].journey.legs) == 1
    hair = np.asarray(like.scene.mask("hair")) > 0.99
    assert np.quantile(np.abs(like.scene.image[hair] - (0.5, 0.25, 0.6)), 0.98) < 0.02
    halves = edits([frames[0], np.clip(frames[0] * 0.5, 0, 255).astype(np.uint8)], look, carried=True)
    assert len(halves[1].steps[0].journey.legs) == 0  # another light altogether


def test_nothing_is_carried_from_a_frame_in_which_something_else_was_declined() -> None:
    tracker = Tracker(FakeSegmenter(), FakeDetector())
    frames = film(2)
    first = edited_like(lambda: None, None, DYE, tracker.next(Canvas(frames[0])), ())
    scene = tracker.next(Canvas(frames[1]))
    assert tracker.moves
    assert len(edited_like(lambda: first, tracker.moves, DYE, scene, ()).steps[0].journey.legs) == 1
    other = replace(first, declined=("something",))  # type: ignore[arg-type]
    assert len(edited_like(lambda: other, tracker.moves, DYE, scene, ()).steps[0].journey.legs) == 0


def test_the_frame_before_is_waited_for_only_by_what_may_be_carried() -> None:
    """Another thread may still be dyeing there."""
    tracker, look, order = Tracker(FakeSegmenter(), FakeDetector()), chain(kissed).then(dyed), list[int]()
    for frame in film(2):
        scene = tracker.next(Canvas(frame))
        CALLS.clear()
        edited_like(lambda: order.append(len(CALLS)), tracker.moves, look, scene, ())  # type: ignore[func-returns-value]
    assert order == [1]  # in the second frame, once lips were kissed


def test_a_tracker_that_has_anothers_memory_knows_no_motion_of_its_first_frame() -> None:
    """What a resumed run cannot have, since the frame before was edited by another one, a run without a pause must not use."""
    frames = film(3)
    first, second = (Tracker(FakeSegmenter(), FakeDetector()) for _ in range(2))
    first.next(Canvas(frames[0]))
    second.memory = first.memory
    for tracker in (first, second):
        tracker.next(Canvas(frames[1]))
    assert first.moves
    assert second.moves is None


def moved_by(x: float, y: float) -> Journey:
    """A head that was shifted, on crops that follow it."""
    before, now = (np.array([[1, 0, -20 - x * k], [0, 1, -20 - y * k]], float) for k in (0, 1))
    still = replace(recut(np.eye(2, 3), np.eye(2, 3), 128), moved=np.zeros((64, 64, 2), np.float32))
    return Journey().further(Moves([Move(Box(60, 60, 120, 120), before, now, still)]))


@given(
    matrix=st.lists(st.floats(-0.5, 0.5), min_size=9, max_size=9),
    shift=st.tuples(st.integers(-6, 6), st.integers(-6, 6)),
    unit=st.sampled_from([80.0, 200.0, 330.0]),
)
def test_colours_that_follow_the_old_ones_on_a_line_do_so_in_the_next_frame(
    matrix: list[float], shift: tuple[int, int], unit: float
) -> None:
    rng = np.random.default_rng(0)
    rgb = np.kron(rng.random((30, 40, 3)), np.ones((6, 6, 1))).astype(np.float32) * np.float32(0.5) + np.float32(0.25)
    line = np.array(matrix, np.float32).reshape(3, 3) / 5

    def changed(picture: np.ndarray) -> np.ndarray:
        return np.asarray(picture + picture @ line + np.float32(0.02), np.float32)

    window = (24, 24, 216, 156)
    before, inside = Canvas(rgb), (slice(24, 156), slice(24, 216))
    after = before.painted(window, changed(rgb)[inside])
    change = ColorChange.between(before, after, window, np.zeros((132, 192), np.float32), unit)
    now = np.roll(rgb, shift[::-1], (0, 1))
    done = change.on(Canvas(now), moved_by(*shift))
    assert done is not None
    middle = slice(50, 130), slice(50, 190)
    if change.cell == 1:  # else pixels within a cell have one hue, which where hues meet is not theirs
        assert np.abs(done.image[middle] - changed(now)[middle]).max() < 0.01
    assert np.abs(done.image[middle] - changed(now)[middle]).mean() < 0.004


def test_what_comes_before_it_is_not_changed() -> None:
    stripes = np.broadcast_to(np.where(np.arange(120) % 12 < 6, 0.1, 0.16).astype(np.float32)[:, None], (90, 120, 3)).copy()
    before = Canvas(stripes)
    after = before.painted((20, 20, 100, 70), stripes[20:70, 20:100] * np.float32(3))
    change = ColorChange.between(before, after, (20, 20, 100, 70), np.ones((50, 80), np.float32), 100.0)
    covered = stripes.copy()
    covered[40:42, 60:62] = 0.7  # a snowflake
    done = change.on(Canvas(covered), moved_by(0, 0))
    assert done is not None
    assert np.array_equal(done.image[40:42, 60:62], covered[40:42, 60:62])
    assert np.abs(done.image[30:60, 25:45] - 3 * stripes[30:60, 25:45]).max() < 0.02
    covered[:, 60:66] = 0.7  # a hand, and what it goes away from was not seen
    assert change.on(Canvas(covered), moved_by(0, 0)) is None


def test_where_a_hand_passes_before_hair_each_frame_is_edited_anew() -> None:
    frames = film(4, 0.0)
    for t, frame in enumerate(frames):
        frame[:, 60 + 6 * t : 72 + 6 * t] = (205, 160, 135)
    assert calls(frames, chain(dyed)).count("dyed") == 4


def test_what_went_out_of_the_picture_is_not_carried() -> None:
    rgb = np.full((60, 80, 3), 0.5, np.float32)
    before = Canvas(rgb)
    after = before.painted((60, 20, 80, 40), np.full((20, 20, 3), 0.7, np.float32))
    change = ColorChange.between(before, after, (60, 20, 80, 40), np.ones((20, 20), np.float32), 60.0)
    assert change.on(before, moved_by(90, 0)) is None
    assert change.on(before, moved_by(0, 0)) is not None


@pytest.mark.parametrize(
    "wrong", [{"kind": "warp"}, {"kind": "overlay"}, {"kind": "cutout"}, {"private": True}, {"region": "background"}]
)
def test_what_is_carried_is_painted_on_a_face_and_hides_nobody(wrong: dict[str, object]) -> None:
    def own(image: np.ndarray) -> np.ndarray:
        return image

    with pytest.raises(TypeError, match="carried"):
        effect(**{"region": "hair", "carried": True, **wrong})(own)  # type: ignore[call-overload]
