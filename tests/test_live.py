"""The live window: what its keys do, and the window itself under a virtual display, driven and photographed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import read, run
from facefx import chain
from facefx.chains.sequence import Chain
from facefx.cli.exit_codes import ExitCode
from facefx.declare.declarations import effect
from facefx.errors import ImageError, MissingExtra, ParameterError
from facefx.face.values import Detection
from facefx.labels import Label, Region
from facefx.live import session as live_session
from facefx.live import sources, window
from facefx.live.keys import COMMANDS, VIEWS
from facefx.live.session import Session
from facefx.live.sources import frames_of
from facefx.live.views import HEIGHT, PANEL, beside_panel
from facefx.video import Tracker
from synthetic import FakeDetector, FakeSegmenter, HairSegmenter
from video_helpers import HEAD, film, read_video, uneven, write_video

LOOKS = [("none", Chain()), ("blue", chain("recolor_lips", color="#2040c0", strength=1.0))]


def session(folder: Path, segmenter: object = None) -> Session:
    return Session(Tracker(segmenter or FakeSegmenter(), FakeDetector()), LOOKS, folder)  # type: ignore[arg-type]


def view_of(window: np.ndarray) -> np.ndarray:
    """The window without its panel, as large as the frames."""
    picture = Image.fromarray(window[:, :-PANEL])
    return np.asarray(picture.resize((224, 160), Image.Resampling.BOX)).astype(int)


def test_every_region_has_a_key_of_its_own() -> None:
    shown = [view.region for view in VIEWS.values()]
    assert set(Label) - {*shown} == set()
    assert {Region.EYES, Region.EYEBROWS, Region.LIPS, Region.EARS, Region.FACE} <= {*shown}
    assert not {*VIEWS} & {*COMMANDS}


def test_views(tmp_path: Path) -> None:
    (frame,) = film(1)
    live = session(tmp_path)
    everything = view_of(live.show(frame))
    assert np.abs(everything - frame).mean() > 5  # tinted
    live.press("p")
    assert np.abs(view_of(live.show(frame)) - frame).mean() < 3
    for key, (x, y) in {"l": (110, 117), "e": (95, 79)}.items():
        live.press(key)
        shown = view_of(live.show(frame))
        assert shown[y, x].sum() > 150
        assert shown[5, 5].sum() == 0
        assert (shown.sum(axis=-1) > 30).mean() < 0.05


def test_a_key_goes_through_the_looks(tmp_path: Path) -> None:
    (frame,) = film(1)
    live = session(tmp_path)
    live.press("p")
    plain = view_of(live.show(frame))
    live.press("tab")
    assert np.abs(view_of(live.show(frame)) - plain).max() > 60
    live.press("tab")
    np.testing.assert_array_equal(view_of(live.show(frame)), plain)
    live.press("x")  # means nothing
    assert live.running
    live.press("escape")
    assert not live.running


def test_a_dye_is_carried_from_frame_to_frame_of_one_look(tmp_path: Path) -> None:
    worked_out: list[str] = []

    @effect(region="hair", carried=True)
    def dyed(image: np.ndarray, mask: np.ndarray, *, way: Literal["red", "blue"] = "red") -> np.ndarray:
        worked_out.append(way)
        return image[..., ::-1].copy()

    looks = [("red", chain(dyed)), ("blue", chain(dyed, way="blue"))]
    live = Session(Tracker(FakeSegmenter(), FakeDetector()), looks, tmp_path)
    frames = film(5)
    for frame in frames[:3]:
        live.show(frame)
    live.press("tab")
    for frame in frames[3:]:
        live.show(frame)
    assert worked_out == ["red", "blue"]


def test_who_is_to_be_hidden_stays_hidden_in_frames_in_which_nobody_is_seen(tmp_path: Path) -> None:
    """In the window and so in its recordings."""

    class Blinking(FakeDetector):
        seen = True

        def detect(self, rgb: np.ndarray) -> list[Detection]:
            return super().detect(rgb) if self.seen else []

    eyes = Blinking()
    hide = [("hidden", chain("anonymize", method="block", color="#00ff00"))]
    live = Session(Tracker(FakeSegmenter(), eyes), hide, tmp_path)
    live.press("p")
    frames = film(12)
    for number, frame in enumerate(frames):
        eyes.seen = not 5 <= number <= 7
        shown = frame.copy()
        if not eyes.seen:
            shown[60:100, 90:150] = 128  # something before the face
        window = view_of(live.show(shown))
        green = (window[..., 1] > 200) & (window[..., 0] < 60)
        x, y = (round(v) for v in HEAD.center)
        assert green[y - 15 : y + 15, x - 10 + 2 * number : x + 10 + 2 * number].mean() > 0.9, f"bare in frame {number}"


def test_stills_and_recordings(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="recording needs the extra 'live'")
    live = session(tmp_path)
    live.press("space")
    live.press("r")  # nothing is shown yet
    assert list(tmp_path.iterdir()) == []
    for number, frame in enumerate(film(4)):
        live.show(frame)
        if number == 0:
            live.press("space")
            live.press("space")
            live.press("r")
    live.close()
    stills, (film_file,) = sorted(tmp_path.glob("*.png")), list(tmp_path.glob("*.mp4"))
    assert len(stills) == 2
    assert read(stills[0]).shape == (160, 224, 3)
    times, pictures = read_video(film_file)
    assert len(times) == 3
    assert times == sorted(set(times))
    assert pictures[0].shape == (160, 224, 3)


def test_a_region_that_the_segmenter_does_not_know_is_a_message(tmp_path: Path) -> None:
    live = session(tmp_path, HairSegmenter())
    live.show(film(1)[0])
    live.press("l")
    live.show(film(1)[0])
    assert "lips" in live.message or "labels" in live.message
    assert live.view.words == "picture"


def test_details_are_shown_on_demand() -> None:
    picture = film(1)[0]
    quiet, busy = (
        beside_panel(picture, VIEWS["a"], ["look: none"]),
        beside_panel(picture, VIEWS["a"], ["look: none", "12.0 frames/s"]),
    )
    assert quiet.shape == busy.shape == (HEIGHT, round(224 * HEIGHT / 160) + PANEL, 3)
    assert (quiet != busy).any()


class Doubting(FakeSegmenter):
    """Sure of all but the lips."""

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        values = super().probabilities(crops)
        lips = [list(Label).index(label) for label in Region.LIPS.labels]
        values[:, list(Label).index(Label.SKIN)] += 0.4 * values[:, lips].sum(axis=1)
        values[:, lips] *= 0.6
        return values


def test_what_is_declined_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(live_session, "beside_panel", lambda shown, view, status: lines.extend(status) or shown)
    (frame,) = film(1)
    looks = [*LOOKS, ("both", LOOKS[1][1].then("line_lips").then("enlarge_eyes"))]
    live = Session(Tracker(Doubting(), FakeDetector()), looks, tmp_path, min_confidence=0.8)
    live.press("p")
    plain = live.show(frame)
    assert not any("declined" in line for line in lines)
    live.press("tab")
    np.testing.assert_array_equal(live.show(frame), plain)
    assert re.fullmatch(r"declined recolor_lips, lips 0\.[56]\d", lines[-1])
    live.press("tab")
    changed = (live.show(frame) != plain).any(axis=-1)
    assert re.fullmatch(r"declined 2 steps, lips 0\.[56]\d", lines[-1])
    assert changed[60:95].any()  # the eyes
    assert not changed[105:125].any()  # the lips
    with pytest.raises(ParameterError, match="min_confidence"):
        Session(live.tracker, LOOKS, tmp_path, min_confidence=2.0)


def test_a_full_panel_has_room_for_all_its_lines() -> None:
    busy = [
        "look: blue   faces: 1",
        "declined recolor_lips, lips 0.61",
        "12.0 frames/s",
        "faces 81 ms",
        "recording: 12 frames",
        "saved",
    ]
    panel, alone = (beside_panel(film(1)[0], VIEWS["a"], status)[:, -PANEL:] for status in (busy, []))
    added = np.flatnonzero((panel != alone).any(axis=(1, 2)))
    written = np.flatnonzero((alone != alone[-1, -1]).any(axis=(1, 2)))
    assert written.max() < added.min()


class Camera:
    """Gives a frame, all of whose pixels are its number, whenever it may; then none."""

    def __init__(self, number: int) -> None:
        self.given, self.released = 0, False
        self.may_give = threading.Semaphore(0)

    def isOpened(self) -> bool:
        return True

    def set(self, what: int, value: float) -> None: ...

    def read(self) -> tuple[bool, np.ndarray]:
        self.may_give.acquire()
        self.given += 1
        return self.given < 6, np.full((4, 4, 3), self.given, np.uint8)

    def release(self) -> None:
        self.released = True


def test_of_a_camera_the_newest_frame_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = Camera(0)
    monkeypatch.setattr(sources.cv2, "VideoCapture", lambda number: camera)
    frames = frames_of("0")
    camera.may_give.release()
    assert next(frames)[1][0, 0, 0] == 1
    camera.may_give.release(3)  # while the first one is worked on
    while camera.may_give._value:  # type: ignore[attr-defined]
        time.sleep(0.01)
    assert next(frames)[1][0, 0, 0] in (3, 4)  # the last may still be on its way
    camera.may_give.release(2)
    with pytest.raises(ImageError, match="unplugged"):
        list(frames)
    assert camera.released


def test_frames_that_are_late_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(window.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(window.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    shown = []
    for number in window.on_time((n / 25, n) for n in range(100)):
        shown.append(number)
        now[0] += 0.11  # nearly as long as three frames last
    assert shown[:4] == [0, 2, 5, 8]
    assert list(window.on_time((0.0, n) for n in range(9))) == list(range(9))  # a camera's are due at once
    assert len(list(window.on_time((n / 1e9, n) for n in range(90)))) >= 9  # hopelessly late


def test_sources(tmp_path: Path) -> None:
    frames = film(3)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    taken = list(islice(frames_of(str(tmp_path)), 5))
    assert [round(due * 25) for due, _ in taken] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(taken[3][1], frames[0])
    pytest.importorskip("av")
    write_video(tmp_path / "film.mp4", frames, uneven(3))
    times = [due for due, _ in islice(frames_of(str(tmp_path / "film.mp4")), 4)]
    assert times[:3] == pytest.approx([t / 90_000 for t in uneven(3)])
    assert times[3] > times[2]


@pytest.mark.parametrize("wrong", ["empty", "none.mp4", "text.mp4"])
def test_sources_that_are_none(tmp_path: Path, wrong: str) -> None:
    pytest.importorskip("av")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(ImageError):
        next(frames_of(str(tmp_path / wrong)))


def test_without_pygame_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx.live import window

    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(MissingExtra, match=r"facefx\[live\]"):
        window.run(session(tmp_path), iter([]))


@pytest.mark.usefixtures("fakes")
def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    assert run("live", tmp_path, "--save-to", tmp_path / "none").exit_code == ExitCode.USAGE
    assert run("live", tmp_path, "--min-confidence", "2").exit_code == ExitCode.USAGE
    assert run("live", tmp_path, "--effect", "lipstick").exit_code == ExitCode.BAD_REQUEST


PROGRAM = """
import sys
sys.path[:0] = {paths}
from pathlib import Path
from facefx import chain
from facefx.chains import Chain
from facefx.live import sources, window
from facefx.live.session import Session
from facefx.video import Tracker
from synthetic import FakeDetector, FakeSegmenter
looks = [("none", Chain()), ("blue", chain("recolor_lips", color="#2040c0", strength=1.0))]
window.run(Session(Tracker(FakeSegmenter(), FakeDetector()), looks, Path({folder!r})), sources.frames_of({source!r}))
"""


class Screen:
    """A virtual display: keys in, photographs out."""

    def __init__(self, name: str) -> None:
        from Xlib.display import Display

        self.display = Display(name)
        self.root = self.display.screen().root

    def photograph(self) -> np.ndarray:
        from Xlib import X

        size = self.root.get_geometry()
        image = self.root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(image.data, np.uint8).reshape(size.height, size.width, 4)
        return pixels[..., 2::-1].astype(int)

    def press(self, name: str) -> None:
        from Xlib import XK, X
        from Xlib.ext import xtest

        code = self.display.keysym_to_keycode(XK.string_to_keysym(name))
        xtest.fake_input(self.display, X.KeyPress, code)
        xtest.fake_input(self.display, X.KeyRelease, code)
        self.display.sync()

    def wait(self, until: Callable[[np.ndarray], bool], seconds: float = 60) -> np.ndarray:
        started = time.monotonic()
        while not until(shown := self.photograph()):
            assert time.monotonic() - started < seconds, "the window never showed it"
            time.sleep(0.1)
        return shown


@pytest.fixture
def screen() -> Iterator[tuple[Screen, str]]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb, the virtual display, is not installed")
    pytest.importorskip("Xlib", reason="python-xlib, which presses the keys, is not installed")
    pytest.importorskip("pygame", reason="the window needs the extra 'live'")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1100x560x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    if not number:
        server.wait()
        pytest.skip("Xvfb, the virtual display, does not start here")
    shown = Screen(f":{number}")
    try:
        yield shown, f":{number}"
    finally:
        shown.display.close()
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_the_window(tmp_path: Path, screen: tuple[Screen, str]) -> None:
    display, name = screen
    source, saved = tmp_path / "frames", tmp_path / "saved"
    source.mkdir()
    saved.mkdir()
    for number, frame in enumerate(film(2)):
        Image.fromarray(frame).save(source / f"{number}.png")
    paths = [str(Path(__file__).parent), str(Path(facefx.__file__).parents[1])]
    program = PROGRAM.format(paths=paths, folder=str(saved), source=str(source))
    environment = os.environ | {"DISPLAY": name, "SDL_VIDEODRIVER": "x11", "FACEFX_PLUGINS": "off"}
    child = subprocess.Popen([sys.executable, "-c", program], env=environment)
    photographs = os.environ.get("FACEFX_TEST_PHOTOGRAPHS")

    def keep(shown: np.ndarray, words: str) -> None:
        if photographs:
            Image.fromarray(shown.astype(np.uint8)).save(Path(photographs, f"{words}.png"))

    try:
        left = slice(0, 700)
        full = display.wait(lambda shown: bool((shown[:, left].sum(axis=-1) > 90).mean() > 0.5))
        keep(full, "all_parts")
        display.press("p")
        picture = display.wait(lambda shown: bool(np.abs(shown[:, left] - full[:, left]).mean() > 5))
        keep(picture, "picture")
        display.press("Tab")
        blue = display.wait(lambda shown: bool((shown[:, left, 2] - shown[:, left, 0] > 60).sum() > 500))
        keep(blue, "look")
        display.press("l")
        lips = display.wait(lambda shown: bool((shown[:, left].sum(axis=-1) < 30).mean() > 0.9))
        keep(lips, "lips")
        assert (lips[:, left, 2] - lips[:, left, 0] > 60).sum() > 500
        display.press("d")
        display.press("space")
        display.press("r")
        started = time.monotonic()
        while not list(saved.glob("*.png")):
            assert time.monotonic() - started < 60
            time.sleep(0.1)
        display.wait(lambda shown: bool((shown[440:, 760:] > 150).sum() > (lips[440:, 760:] > 150).sum() + 300))
        keep(display.photograph(), "details")
        display.press("q")
        assert child.wait(60) == 0
        assert len(list(saved.glob("*.mp4"))) == 1
    finally:
        child.kill()
        child.wait()
