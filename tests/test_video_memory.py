"""What a tracker knows between two frames: kept whole, as plain data, so that a film that goes on later is the same film."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx import Chain, chain
from facefx.face.scene import Scene
from facefx.image.canvas import Canvas
from facefx.video import Tracker, Tracking
from facefx.video import convert as converting
from facefx.video.convert import Conversion, convert
from facefx.video.memory import Memory, Unreadable, from_bytes, to_bytes
from synthetic import FakeDetector, FakeSegmenter, Head, label_picture, painted
from test_video import Wavering
from video_helpers import film, read_video, write_video

LOOK = chain("recolor_lips", color="#2040c0", strength=1.0).then("recolor_hair", color="#b04020").then("blur_background")
ASKED = ("lips", "hair", "background", "person")
SURE_OF = ("lips",)


def two_people(count: int) -> list[np.ndarray]:
    """They walk towards each other."""
    return [
        painted(label_picture([Head((80.0 + 2 * t, 84.0), 66.0), Head((200.0 - 2 * t, 80.0), 56.0)], (160, 280)))
        for t in range(count)
    ]


def after_a_cut(count: int) -> list[np.ndarray]:
    """Somebody has been seen before, and the next one is not number 0."""
    bright = [255 - frame for frame in film(2, size=(160, 280))]
    return [*two_people(2), *bright, *two_people(count - 4)]


def begun(frames: list[np.ndarray], every: int, segmenter: FakeSegmenter | None = None) -> Tracker:
    tracker = Tracker(segmenter or FakeSegmenter(), FakeDetector(), Tracking(parse_every=every, detect_every=5))
    for frame in frames:
        tracker.next(Canvas(frame), SURE_OF, ASKED)
    return tracker


def seen(scene: Scene) -> list[object]:
    """All that an effect could ask for, to the last bit."""
    return [
        (face.box, face.roll, face.score, face.number, dict(face.steady_confidence), np.array(face.parsing.probabilities).tobytes())
        for face in scene.faces
    ]


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("film", [film, two_people, after_a_cut])
def test_a_tracker_with_the_memory_of_another_one_sees_what_that_sees(film: object, every: int) -> None:
    frames, (unsure, as_unsure) = film(10), (Wavering(), Wavering())  # type: ignore[operator]
    first = begun(frames[:5], every, unsure)
    first.memory = from_bytes(to_bytes(first.memory))
    second = begun([], every, as_unsure)
    second.memory = from_bytes(to_bytes(first.memory))
    unsure.rng, as_unsure.rng = (np.random.default_rng(3) for _ in range(2))
    for frame in frames[5:]:
        one, other = (tracker.next(Canvas(frame), SURE_OF, ASKED) for tracker in (first, second))
        assert one.faces
        assert seen(one) == seen(other)


def test_what_a_memory_becomes_as_bytes_it_becomes_again() -> None:
    """And before the first frame it is one, too."""
    for frames in (0, 1, 4):
        data = to_bytes(begun(two_people(8)[:frames], 2).memory)
        memory = from_bytes(data)
        assert isinstance(memory, Memory)
        assert len(memory.tracks) == (2 if frames else 0)
        assert to_bytes(memory) == data


MEMORY = to_bytes(begun(film(2), 2).memory)


@given(st.integers(0, len(MEMORY) - 1))
def test_a_memory_that_is_cut_short_is_said_to_be_unreadable(length: int) -> None:
    with pytest.raises(Unreadable):
        from_bytes(MEMORY[:length])


@pytest.mark.parametrize(
    "tree", ["[1]", "{}", '{"Box": {}}', '{"os": {}}', '{"ndarray": 7}', '{"Track": 3}', "[" * 9999, "nonsense"]
)
def test_other_things_are_no_memory(tree: str) -> None:
    file = io.BytesIO()
    np.savez(file, np.frombuffer(tree.encode(), np.uint8))
    with pytest.raises(Unreadable):
        from_bytes(file.getvalue())


def test_nothing_in_a_memory_is_run(tmp_path: Path) -> None:
    """A folder for unfinished work may be somebody else's trap."""

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    file = io.BytesIO()
    np.savez(file, np.array([Trap()], dtype=object))
    with pytest.raises(Unreadable):
        from_bytes(file.getvalue())
    assert not (tmp_path / "sprung").exists()


class Stopped(Exception):
    pass


def edit(source: Path, target: Path, stop_at: int | None = None, look: Chain = LOOK) -> Conversion:
    def progress(done: int, total: int | None) -> None:
        if done == stop_at:
            raise Stopped

    return convert(source, target, look, segmenter=FakeSegmenter(), detector=FakeDetector(), min_confidence=0.1, progress=progress)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av", reason="video files need the extra 'video'")
    monkeypatch.setattr(converting, "PART", 3)


def assert_same(one: Path, other: Path) -> None:
    (times, pictures), (other_times, others) = read_video(one), read_video(other)
    assert times == other_times
    for number, (a, b) in enumerate(zip(pictures, others, strict=True)):
        np.testing.assert_array_equal(a, b, err_msg=f"frame {number}")


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    ("look", "stops"), [(LOOK, (4,)), (LOOK, (4, 8)), (LOOK, (7, 8, 9)), (chain("anonymize"), (5,))], ids=["", "", "", "hidden"]
)
def test_a_film_that_was_stopped_and_goes_on_is_the_same_film(tmp_path: Path, look: Chain, stops: tuple[int, ...]) -> None:
    source = write_video(tmp_path / "in.mp4", two_people(10))
    once, often = tmp_path / "once.mp4", tmp_path / "often.mp4"
    edit(source, once, look=look)
    for stop_at in stops:
        with pytest.raises(Stopped):
            edit(source, often, stop_at, look)
        assert len(list((tmp_path / ".often.mp4.partial").glob("*.memory"))) == 1
    assert edit(source, often, look=look).resumed == stops[-1] // 3 * 3 - (3 if stops[-1] % 3 == 0 else 0)
    assert_same(once, often)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "often.mp4", "once.mp4"]


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-30])])
def test_without_its_memory_a_film_starts_over(tmp_path: Path, harm: object) -> None:
    source, target = write_video(tmp_path / "in.mp4", film(7)), tmp_path / "out.mp4"
    with pytest.raises(Stopped):
        edit(source, target, 4)
    (memory,) = (tmp_path / ".out.mp4.partial").glob("*.memory")
    harm(memory)  # type: ignore[operator]
    done = edit(source, target)
    assert (done.resumed, done.frames) == (0, 7)
