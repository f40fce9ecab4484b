"""Faces of a film that effects leave alone: steadily, for good reasons, and said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from cli_helpers import run
from conftest import Fakes
from facefx import Declined, chain, video
from facefx.cli.exit_codes import ExitCode
from facefx.errors import ParameterError, RegionUnavailable
from facefx.labels import Label
from facefx.plugins.installed import registry
from facefx.plugins.resolve import DEFAULT_SEGMENTER
from facefx.video import Tracker, Tracking, tracking
from facefx.video import convert as converting
from facefx.video.confidence_smoothing import CLEARLY, SmoothedConfidence
from facefx.video.convert import Conversion, convert
from facefx.video.declined import DeclinedCount
from synthetic import INDEX, FakeDetector, FakeSegmenter, HairSegmenter, Head, label_picture, painted
from video_helpers import HEAD, SIZE, film, write_video

LIPS = chain("recolor_lips", color="#2040c0", strength=1.0)
ASKED = 0.8
SURE, UNSURE = 0.0, 0.4  # shares of the lips' probability that go to the skin


class Doubting(FakeSegmenter):
    """Gives a share of the lips' probability to the skin: `doubt`."""

    def __init__(self) -> None:
        super().__init__()
        self.doubt = 0.0

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        values = super().probabilities(crops)
        lips = [INDEX[Label.UPPER_LIP], INDEX[Label.LOWER_LIP]]
        values[:, INDEX[Label.SKIN]] += self.doubt * values[:, lips].sum(axis=1)
        values[:, lips] *= 1 - self.doubt
        return values


class DoubtingGlasses(Doubting):
    """Doubts the lips of a face that wears glasses."""

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.doubt = UNSURE if (FakeSegmenter.probabilities(self, crops)[:, INDEX[Label.EYEGLASSES]] > 0.5).sum() > 20 else SURE
        return super().probabilities(crops)


def doubted(frames: Iterable[np.ndarray], doubts: Iterable[float], segmenter: Doubting) -> Iterator[np.ndarray]:
    """The frames; as each is taken, the segmenter gets the doubts that it has of it."""
    for frame, segmenter.doubt in zip(frames, doubts, strict=True):
        yield frame


def edited(
    frames: Sequence[np.ndarray], doubts: Sequence[float], **options: object
) -> tuple[list[bool], list[tuple[int, Declined]]]:
    """Of each frame whether its lips were painted, and what was declined."""
    segmenter, declined = Doubting(), list[tuple[int, Declined]]()
    settings: dict[str, object] = {"min_confidence": ASKED, "tracking": Tracking(smoothing=0, parse_every=1)} | options
    results = video.process(
        doubted(frames, doubts, segmenter), LIPS, segmenter=segmenter, detector=FakeDetector(),
        on_declined=lambda number, these: declined.extend((number, one) for one in these), **settings,
    )  # type: ignore[arg-type]  # fmt: skip
    return [bool((result != frame).any()) for result, frame in zip(results, frames, strict=True)], declined


def followed(measured: Iterable[float]) -> list[float]:
    first, *others = measured
    states = [SmoothedConfidence.first(first)]
    for value in others:
        states.append(states[-1].next(value))
    return [state.steady for state in states]


def test_confidence_is_slow_to_fall_and_slower_to_rise() -> None:
    assert followed([0.9] * 4) == [0.9] * 4
    assert min(followed([0.95, 0.0, *[0.95] * 20])) >= 0.85  # a blink
    fallen = followed([0.95] * 3 + [0.6] * 10)
    assert 4 <= sum(value >= ASKED for value in fallen[3:]) <= 6
    assert fallen == sorted(fallen, reverse=True)


@pytest.mark.parametrize("asked", [0.6, 0.75, 0.85])
def test_any_threshold_has_hysteresis(asked: float) -> None:
    """Down to just below, and up again bit by bit: accepted once the average is above by `CLEARLY`, and not before."""
    state = SmoothedConfidence.first(0.99)
    while state.steady >= asked:
        state = state.next(asked - 0.01)
    assert state.average == pytest.approx(asked, abs=0.01)
    for _ in range(200):
        state = state.next(asked + CLEARLY - 0.01)
        assert state.steady < asked
    while state.steady < asked:
        before, state = state, state.next(asked + CLEARLY + 0.01)
    assert before.average < asked + CLEARLY <= state.average + 1e-9
    for _ in range(200):
        state = state.next(asked + 0.01)
        assert state.steady >= asked


def test_where_much_is_asked_a_face_can_be_accepted_again() -> None:
    assert followed([0.98, *[0.9] * 30, *[0.985] * 60])[-1] > 0.97


@pytest.mark.slow
def test_an_effect_does_not_go_on_and_off() -> None:
    """The lips' confidence is 0.97 times what is not doubted: it sways from 0.74 to 0.89, to both sides of what is asked."""
    doubts = (0.16 + 0.08 * np.random.default_rng(3).choice([-1, 1], 40)).tolist()
    frames = film(1) * 40
    alone = [edited([frame], [doubt])[0][0] for frame, doubt in zip(frames[:16], doubts[:16], strict=True)]
    assert len(list(groupby(alone))) >= 6  # decided for each frame by itself, it flickers
    painted_, _ = edited(frames, doubts)
    assert len(list(groupby(painted_))) <= 2
    rising = np.interp(np.arange(40), [0, 25], [0.4, 0.04]) + 0.04 * np.random.default_rng(5).choice([-1, 1], 40)
    assert [on for on, _ in groupby(edited(frames, rising.tolist())[0])] == [False, True]


def test_what_is_declined_is_said_and_its_pixels_stay() -> None:
    painted_, declined = edited(film(20, step=1), [*[SURE] * 4, *[UNSURE] * 16])
    off = painted_.index(False)
    assert 5 <= off <= 12
    assert painted_ == [True] * off + [False] * (20 - off)
    assert [number for number, _ in declined] == list(range(off, 20))
    (first, *_), (*_, last) = declined, declined
    assert (first[1].effect, first[1].region, first[1].face, first[1].asked) == ("facefx:recolor_lips", "lips", 0, ASKED)
    assert ASKED > first[1].confidence > last[1].confidence > 0.55


def test_without_asking_nothing_is_declined() -> None:
    assert edited(film(3), [UNSURE] * 3, min_confidence=0.0) == ([True] * 3, [])


def test_a_cut_starts_afresh() -> None:
    other = [np.roll(np.roll(frame[:, ::-1], 40, axis=1), 10, axis=0) for frame in film(3, step=0)]
    painted_, _ = edited([*film(3), *other, *film(3)], [*[UNSURE] * 3, *[SURE] * 3, *[UNSURE] * 3])
    assert painted_ == [False] * 3 + [True] * 3 + [False] * 3


def test_a_face_that_moved_too_fast_is_still_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "head_motion", lambda before, now, face: None)
    painted_, _ = edited(film(4), [SURE, UNSURE, SURE, UNSURE])
    assert painted_ == [True] * 4


def test_carried_masks_tell_nothing_new() -> None:
    segmenter = Doubting()
    tracker = Tracker(segmenter, FakeDetector(), Tracking(smoothing=0, parse_every=3))
    frames = doubted(film(9, step=1), np.linspace(SURE, UNSURE, 9), segmenter)
    sure = [tracker.next(frame.astype(np.float32) / 255, LIPS.needed).faces[0].confidence("lips") for frame in frames]
    assert [len(list(same)) for _, same in groupby(sure)] == [3, 3, 3]
    assert sure == sorted(sure, reverse=True)


def test_each_face_is_judged_by_itself() -> None:
    heads = [Head((70.0, 84.0), 72.0), Head((250.0, 80.0), 64.0, eyeglasses=True)]
    frame = painted(label_picture(heads, (160, 330)))
    declined: list[Declined] = []
    results = list(
        video.process(
            [frame] * 3, LIPS, segmenter=DoubtingGlasses(), detector=FakeDetector(), min_confidence=ASKED,
            on_declined=lambda _, these: declined.extend(these),
        )
    )  # fmt: skip
    assert [one.face for one in declined] == [1, 1, 1]
    for result in results:
        changed = (result != frame).any(axis=-1)
        assert changed[:, :165].any()
        assert not changed[:, 165:].any()


def test_only_what_was_asked_for_is_steadied() -> None:
    look = LIPS.then("enlarge_eyes").then("grade", preset="vivid").then("face_shape").then("blur_background")
    assert look.needed == {"lips", "eyes", "person"}
    segmenter = Doubting()
    tracker = Tracker(segmenter, FakeDetector(), Tracking(smoothing=0, parse_every=1))
    rgb = film(1)[0].astype(np.float32) / 255
    tracker.next(rgb, ["lips"])
    segmenter.doubt = UNSURE
    (face,) = tracker.next(rgb, ["lips"]).faces
    assert set(face.steady_confidence) == {"lips"}
    assert face.confidence("lips") > 0.85
    assert face.moved_to(rgb, face.parsing).confidence("lips") == face.confidence("lips")
    (plain,) = tracker.next(rgb).faces
    assert plain.confidence("lips") < 0.65


@pytest.mark.parametrize("asked", [-0.1, 1.1, "0.5"])
def test_what_cannot_be_asked(asked: float, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="min_confidence"):
        video.process([], LIPS, min_confidence=asked)
    with pytest.raises(ParameterError, match="min_confidence"):
        convert(tmp_path / "in.mp4", tmp_path / "out.mp4", LIPS, min_confidence=asked)


def test_a_region_that_the_segmenter_does_not_know() -> None:
    with pytest.raises(RegionUnavailable):
        list(video.process(film(1), LIPS, segmenter=HairSegmenter(), detector=FakeDetector(), min_confidence=ASKED))


def test_frames_are_counted_step_by_step() -> None:
    count = DeclinedCount()
    assert count.total == ()
    for frame, faces in enumerate([{0: 0.7}, {}, {0: 0.5, 1: 0.6}]):
        count.add(frame, [Declined(1, "facefx:recolor_lips", face, "lips", sure, 0.8) for face, sure in faces.items()])
    count.add(3, [Declined(0, "facefx:enlarge_eyes", 0, "eyes", 0.75, 0.8)])
    assert [str(one) for one in count.total] == [
        f"facefx:{effect} (step {step}) left faces alone in {frames}: confidence in their region {region!r} went down to {lowest}, "
        "asked was 0.80"
        for effect, step, frames, region, lowest in (
            ("enlarge_eyes", 0, "1 frame", "eyes", "0.75"),
            ("recolor_lips", 1, "2 frames", "lips", "0.50"),
        )
    ]


def converted(source: Path, target: Path, **options: object) -> Conversion:
    segmenter = Doubting()
    segmenter.doubt = UNSURE
    return convert(source, target, LIPS, segmenter=segmenter, detector=FakeDetector(), **options)  # type: ignore[arg-type]


def test_a_file_says_in_how_many_frames(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="video files need the extra 'video'")
    source = write_video(tmp_path / "in.mp4", film(5))
    (declined,) = converted(source, tmp_path / "out.mp4", min_confidence=ASKED).declined
    assert (declined.frames, declined.worst.region, declined.worst.asked) == (5, "lips", ASKED)
    assert declined.worst.confidence == pytest.approx(0.6, abs=0.06)
    assert converted(source, tmp_path / "all.mp4").declined == ()


class Stopped(Exception):
    pass


def stop(done: int, total: int | None) -> None:
    if done == 6:
        raise Stopped


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av", reason="video files need the extra 'video'")
    monkeypatch.setattr(converting, "PART", 4)


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_parts_for_another_threshold_are_not_used(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", film(7, step=1)), tmp_path / "out.mp4"
    with pytest.raises(Stopped):
        converted(source, target, min_confidence=0.5, progress=stop)
    done = converted(source, target, min_confidence=ASKED)
    assert (done.resumed, done.declined[0].frames) == (0, 7)


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_a_resumed_run_knows_the_frames_before_the_seam(tmp_path: Path) -> None:
    heads = [replace(HEAD, eyeglasses=number >= 4) for number in range(14)]
    source = write_video(tmp_path / "in.mp4", [painted(label_picture([head], SIZE)) for head in heads])

    def work(target: str, **options: object) -> Conversion:
        return convert(
            source, tmp_path / target, LIPS, segmenter=DoubtingGlasses(), detector=FakeDetector(),
            tracking=Tracking(smoothing=0, parse_every=1), min_confidence=ASKED, **options,
        )  # type: ignore[arg-type]  # fmt: skip

    at_once = work("once.mp4")
    assert 0 < at_once.declined[0].frames < 9
    with pytest.raises(Stopped):
        work("twice.mp4", progress=stop)
    resumed = work("twice.mp4")
    assert resumed.resumed == 4
    assert resumed.declined == at_once.declined


def test_the_command_says_it(tmp_path: Path, fakes: Fakes) -> None:
    pytest.importorskip("av", reason="video files need the extra 'video'")
    doubting = Doubting()
    doubting.doubt = UNSURE
    registry().segmenters.items[f"facefx:{DEFAULT_SEGMENTER}"] = lambda: doubting
    source = write_video(tmp_path / "in.mp4", film(3))
    shown = run("video", source, tmp_path / "out.mp4", "--effect", "recolor_lips", "--min-confidence", ASKED)
    assert shown.exit_code == ExitCode.OK
    assert shown.stderr.startswith(
        "facefx: facefx:recolor_lips (step 0) left faces alone in 3 frames: confidence in their region 'lips'"
    )
    assert shown.stderr.rstrip().endswith("asked was 0.80")
    usage = run("video", source, tmp_path / "b.mp4", "--effect", "recolor_lips", "--min-confidence", "2")
    assert usage.exit_code == ExitCode.USAGE
