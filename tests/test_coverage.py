"""No frame of a film is bare: gaps, people who walk in, people who are lost, damaged frames, crossings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefx import chain
from facefx.errors import ParameterError
from facefx.face.scene import Scene
from facefx.face.values import Box, Detection
from facefx.image.canvas import Canvas
from facefx.parsing.parser import Parser
from facefx.parsing.sightings import same_head
from facefx.video import process
from facefx.video.coverage import BACK, DELAY, HOLD, Coverage
from facefx.video.inferred import clock, spans
from synthetic import FakeSegmenter, Head, label_picture, painted
from video_helpers import HEAD, empty, film

GREEN = chain("anonymize", method="block", color="#00ff00")
Seen = dict[int, list[Detection]]


class Scripted:
    """Sees in each frame what it is told; as many calls, so many frames. What parses is another one, which sees the same."""

    def __init__(self, seen: Seen) -> None:
        self.seen, self.frame = seen, -1

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        self.frame += 1
        return self.seen.get(self.frame, [])

    def carefully(self, film: bool = False) -> Scripted:
        return Scripted(self.seen)


class Blind(Scripted):
    """One that sees nobody unless it looks carefully, so that nothing is parsed: what hides must do without."""

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        return []


class SeesNobody(FakeSegmenter):
    """So that what is hidden is so by the detector alone."""

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        answer = np.zeros_like(super().probabilities(crops))
        answer[:, 0] = 1
        return answer


def at(x: float, y: float, side: float = HEAD.side, score: float = 0.9) -> Detection:
    return Detection(Box.square((x, y), side), score=score)


def walker(frames: range, step: float = 2.0) -> Seen:
    x, y = HEAD.center
    return {t: [at(x + step * t, y)] for t in frames}


def hidden_share(frame: np.ndarray, x: float, y: float, side: float = HEAD.side) -> float:
    """Of the square from brows to chin and cheek to cheek, how much is hidden."""
    width = frame.shape[1]
    half = 0.35 * side
    part = frame[max(int(y - half), 0) : max(int(y + half), 0), max(int(x - half), 0) : max(min(int(x + half), width), 0)]
    return float((part == (0, 255, 0)).all(axis=-1).mean()) if part.size else 1.0


def run(frames: list[np.ndarray], seen: Seen, **options: Any) -> list[np.ndarray]:
    return list(process(iter(frames), GREEN, segmenter=SeesNobody(), detector=Blind(seen), **options))


def test_a_gap_is_hidden_and_said() -> None:
    told: list[int] = []
    seen = {t: found for t, found in walker(range(30)).items() if t not in (12, 13, 14, 15)}
    result = run(film(30), seen, on_inferred=told.append)
    x, y = HEAD.center
    assert [t for t, frame in enumerate(result) if hidden_share(frame, x + 2 * t, y) < 1] == []
    assert told == [12, 13, 14, 15]


def test_a_gap_in_which_even_motion_cannot_be_told_is_hidden() -> None:
    frames = film(40)
    x, y = (int(v) for v in HEAD.center)
    for t in range(10, 30):  # something before the face, with no corner to follow, that moves along with it
        frames[t][y - 30 : y + 30, x - 30 + 2 * t : x + 30 + 2 * t] = 128
    seen = {t: found for t, found in walker(range(40)).items() if not 10 <= t < 30}
    result = run(frames, seen)
    assert [t for t, frame in enumerate(result) if hidden_share(frame, x + 2 * t, y) < 1] == []


def test_a_picture_of_nothing_in_between_is_another_shot() -> None:
    frames = film(40)
    for t in range(10, 30):
        frames[t] = empty(1)[0]
    seen = {t: found for t, found in walker(range(40)).items() if not 10 <= t < 30}
    result = run(frames, seen)
    x, y = HEAD.center
    assert [t for t, frame in enumerate(result) if hidden_share(frame, x + 2 * t, y) < 1] == list(range(10, 30))


def test_who_walks_in_is_hidden_before_the_detector_can_tell() -> None:
    y, start = 84.0, -50.0
    frames = [painted(label_picture([Head((start + 6 * t, y), 80.0)], (160, 224))) for t in range(30)]
    seen = {t: [at(start + 6 * t, y)] for t in range(14, 30)}
    result = run(frames, seen)
    assert [t for t, frame in enumerate(result) if hidden_share(frame, start + 6 * t, y) < 0.9] == []


def test_who_stands_there_is_hidden_for_a_second_before_he_is_first_seen() -> None:
    x, y = HEAD.center
    result = run(film(20 + BACK, step=0), {t: [at(x, y)] for t in range(10 + BACK, 20 + BACK)})
    bare = [t for t, frame in enumerate(result) if hidden_share(frame, x, y) < 1]
    assert bare == list(range(10))  # further back nobody can be sure of him


def test_who_is_lost_stays_hidden_until_he_has_left() -> None:
    x, y = HEAD.center
    frames = film(60, step=5)
    result = run(frames, walker(range(10), step=5))
    assert [t for t, frame in enumerate(result) if hidden_share(frame, x + 5 * t, y) < 0.9] == []
    assert not (result[-1] == (0, 255, 0)).all(axis=-1).any()


def test_who_is_lost_and_does_not_leave_is_hidden_for_three_seconds() -> None:
    x, y = HEAD.center
    result = run(film(HOLD + 20, step=0), {t: [at(x, y)] for t in range(5)})
    shares = [hidden_share(frame, x, y) for frame in result]
    assert min(shares[: 5 + HOLD - 1]) == 1
    assert shares[-1] == 0


@pytest.mark.parametrize("size", [0.5, 0.6, 0.75, 1.0])
def test_a_face_that_is_seen_before_another_does_not_take_its_place(size: float) -> None:
    """Five frames in which of two who cross only the nearer one is seen: the other stays hidden where he goes."""
    x, y = HEAD.center
    seen = walker(range(20))
    for t in range(8, 13):
        seen[t] = [at(x + 2 * t + 0.55 * HEAD.side, y, size * HEAD.side)]
    done = run(film(20), seen)
    for t in range(20):
        assert hidden_share(done[t], x + 2 * t, y) == 1, t
        if t in range(8, 13):
            assert hidden_share(done[t], x + 2 * t + 0.55 * HEAD.side, y, 0.8 * size * HEAD.side) == 1, t


def test_a_single_unsure_sight_is_hidden_and_soon_forgotten() -> None:
    x, y = HEAD.center
    result = run(film(60, step=0), {20: [at(x, y, score=0.3)]})
    shares = [hidden_share(frame, x, y) for frame in result]
    assert shares[20] == 1
    assert max(shares[:20]) == 0
    assert max(shares[40:]) == 0


def test_a_cut_ends_it_and_nothing_reaches_back_across_one() -> None:
    x, y = HEAD.center
    rng = np.random.default_rng(4)
    other = np.kron(rng.integers(0, 255, (10, 14, 3), np.uint8), np.ones((16, 16, 1), np.uint8))
    frames = [*film(10, step=0), *[other] * 10, *film(10, step=0)]
    seen = {t: [at(x, y)] for t in [*range(10), *range(20, 30)]}
    result = run(frames, seen)
    assert all(hidden_share(result[t], x, y) == 1 for t in seen)
    assert all(np.array_equal(result[t], other) for t in range(10, 20))


def test_a_long_gap_is_bridged_where_the_film_is_known_in_advance() -> None:
    x, y = HEAD.center
    gap = range(10, 10 + HOLD + BACK + 40)
    frames = film(gap.stop + 10, step=0)
    coverage = covering(frames, {t: [at(x, y)] for t in range(len(frames)) if t not in gap})
    for t, frame in enumerate(frames):
        scene, inferred = coverage.covered(Scene(Canvas.of(frame / np.float32(255)), ()), t)
        assert scene.seen, f"frame {t} is bare"
        assert inferred == (t in gap)


def covering(frames: list[np.ndarray], seen: Seen, damaged: frozenset[int] = frozenset()) -> Coverage:
    coverage = Coverage(Parser.of(FakeSegmenter(), Blind(seen)))
    for number, frame in enumerate(frames):
        coverage.look(Canvas(frame), damaged=number in damaged)
    coverage.finish()
    return coverage


def blank(frame: np.ndarray) -> Scene:
    return Scene(Canvas(frame), ())


def test_a_damaged_frame_of_which_nothing_is_known_is_hidden_as_a_whole() -> None:
    frames = empty(6)
    coverage = covering(frames, {}, frozenset({2, 3}))
    for number, frame in enumerate(frames):
        scene, inferred = coverage.covered(blank(frame), number)
        assert inferred == (number in (2, 3))
        edited = GREEN.edit(scene).image
        assert bool((edited == (0, 1, 0)).all()) == (number in (2, 3))


def test_in_a_damaged_frame_more_is_hidden_than_in_others() -> None:
    frames, (x, y) = film(10, step=0), HEAD.center
    coverage = covering(frames, {t: [at(x, y)] for t in range(10) if t != 5}, frozenset({5}))
    areas = []
    for number in (4, 5):
        scene, _ = coverage.covered(blank(frames[number]), number)
        areas.append(int((GREEN.edit(scene).image == (0, 1, 0)).all(axis=-1).sum()))
    assert areas[1] > 1.3 * areas[0]


def two_that_cross() -> tuple[list[np.ndarray], list[tuple[float, float]]]:
    """Two people who walk through each other's place, one in front with dark hair, the other with another look."""
    places = [(60.0 + 6 * t, 340.0 - 6 * t) for t in range(45)]
    frames = []
    for left, right in places:
        picture = painted(label_picture([Head((right, 90), 70.0, hat=True), Head((left, 90), 70.0)], (180, 400)))
        frames.append(picture)
    return frames, places


def test_a_number_stays_with_a_person_when_two_cross() -> None:
    frames, places = two_that_cross()
    seen: Seen = {}
    for t, (left, right) in enumerate(places):
        seen[t] = [at(left, 90, 70), *([at(right, 90, 70)] if abs(left - right) > 50 else [])]  # who is behind is not seen
    coverage = covering(frames, seen)
    numbers = []
    for t, frame in enumerate(frames):
        scene, _ = coverage.covered(blank(frame), t)
        assert len(scene.seen) == 2, f"in frame {t} one is bare"
        numbers.append({face.number: face.box.center[0] for face in scene.seen})
    first = next(number for number, x in numbers[0].items() if abs(x - places[0][0]) < 10)
    assert abs(numbers[-1][first] - places[-1][0]) < 10
    assert set(numbers[-1]) == {0, 1}


def test_what_a_live_stream_knows_at_once_is_hidden_at_once() -> None:
    frames, (x, y) = film(12), HEAD.center
    coverage = Coverage(Parser.of(FakeSegmenter(), Blind(walker(range(6)))))
    for t, frame in enumerate(frames):
        coverage.look(Canvas(frame))
        scene, inferred = coverage.covered(blank(frame), t, final=False)
        assert hidden_share(np.round(GREEN.edit(scene).image * 255), x + 2 * t, y) == 1
        assert inferred == (t >= 6)


def test_frames_are_held_for_no_longer_than_they_must() -> None:
    taken = 0

    def frames() -> Any:
        nonlocal taken
        for frame in film(DELAY + 30, step=0):
            taken += 1
            yield frame

    result = process(frames(), GREEN, segmenter=FakeSegmenter(), detector=Blind({}), workers=1)
    next(result)
    assert taken <= DELAY + 4


def test_times_to_look_at() -> None:
    found = spans([(3, 0.12), (4, 0.16), (5, 0.2), (90, 63.5), (150_000, 6000.0)])
    assert (found.frames, found.spans) == (5, ((0.12, 0.2), (63.5, 63.5), (6000.0, 6000.0)))
    assert str(found) == "5 frames: 0:00.12–0:00.20, 1:03.50, 1:40:00.00"
    assert clock(59.999) == "1:00.00"


def test_the_file_is_covered_too(tmp_path: Path) -> None:
    pytest.importorskip("av")
    from facefx.video.convert import convert
    from video_helpers import read_video, write_video

    source = write_video(tmp_path / "in.mp4", film(20))
    seen = {t: found for t, found in walker(range(20)).items() if t not in (8, 9)}
    done = convert(source, tmp_path / "out.mp4", GREEN, segmenter=FakeSegmenter(), detector=Blind(seen))  # type: ignore[arg-type]
    _, frames = read_video(tmp_path / "out.mp4")
    x, y = HEAD.center
    for t, frame in enumerate(frames):
        part = frame[int(y) - 20 : int(y) + 20, int(x + 2 * t) - 20 : int(x + 2 * t) + 20].astype(int)
        assert np.abs(part - (0, 255, 0)).mean() < 30, f"frame {t} is bare"
    assert done.inferred.frames == 2
    assert done.inferred.spans == ((pytest.approx(0.32), pytest.approx(0.36)),)
    with pytest.raises(ParameterError):
        convert(source, tmp_path / "other.mp4", GREEN, crf=99)
    lips = chain("recolor_lips")
    with pytest.raises(ParameterError, match="anonymize"):
        convert(source, tmp_path / "other.mp4", lips, whole_if_lost=True)


def test_the_whole_frame_is_hidden_where_somebody_is_lost() -> None:
    frames, lost = film(20), (8, 9)
    seen = {t: found for t, found in walker(range(20)).items() if t not in lost}
    green = process(frames, GREEN, segmenter=FakeSegmenter(), detector=Blind(seen), workers=1, whole_if_lost=True)
    for t, frame in enumerate(green):
        bare = (frame != (0, 255, 0)).any(axis=2).mean()
        assert bare == 0 if t in lost else bare > 0.3, f"frame {t}"


def test_a_small_head_before_a_large_one_is_another_head() -> None:
    """Up to twice as large is the same one, seen otherwise; what is smaller still is somebody else, and hidden as such."""
    large = Box(0, 0, 100, 100)
    assert same_head(Box(20, 20, 71, 71), [large]) == 0
    assert same_head(Box(20, 20, 69, 69), [large]) is None
    assert same_head(Box(20, 20, 69, 69), [large, Box(22, 22, 70, 70)]) == 1
    assert same_head(Box(70, 70, 160, 160), [large]) is None  # they share too little
