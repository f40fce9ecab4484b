"""`facefx live --virtual-camera`: what other programs are shown. Where pyvirtualcam has no driver, a stand-in has its interface."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cli_helpers import run
from facefx import chain
from facefx.chains.sequence import Chain
from facefx.cli.exit_codes import ExitCode
from facefx.errors import MissingExtra, OutputError
from facefx.live.session import Session
from facefx.live.virtual_camera import VirtualCamera
from facefx.video import Tracker
from synthetic import FakeDetector, FakeSegmenter


class Camera:
    """As pyvirtualcam's: made of width, height and rate; `send` takes RGB of that size."""

    made: list[Camera]

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.width, self.height, self.device = width, height, "/dev/video7"
        self.sent: list[np.ndarray] = []
        self.open = True
        self.made.append(self)

    def send(self, frame: np.ndarray) -> None:
        assert self.open
        assert (frame.shape, frame.dtype) == ((self.height, self.width, 3), np.uint8)
        assert frame.flags.c_contiguous
        self.sent.append(frame)

    def close(self) -> None:
        self.open = False


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> list[Camera]:
    Camera.made = []
    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=Camera))
    return Camera.made


def test_others_see_the_look_from_the_first_frame_and_nothing_of_the_window(
    cameras: list[Camera], portrait: np.ndarray, tmp_path: Path
) -> None:
    hidden = chain("anonymize", method="block", color="#00ff00")
    looks: list[tuple[str, Chain]] = [("none", Chain()), ("hidden", hidden)]
    live = Session(Tracker(FakeSegmenter(), FakeDetector()), looks, tmp_path, camera=VirtualCamera())  # type: ignore[arg-type]
    for key in ("a", "l", "p"):
        live.press(key)
        live.show(portrait)
    (camera,) = cameras
    assert len(camera.sent) == 3
    assert (camera.width, camera.height) == (186, 188)
    for frame in camera.sent:
        np.testing.assert_array_equal(frame, camera.sent[0])  # whatever view the window has
        green = (frame[..., 1] > 200) & (frame[..., 0] < 60)
        assert green.mean() > 0.1
        np.testing.assert_array_equal(frame[:3, :3], portrait[:3, :3])
    live.press("tab")
    live.show(portrait)
    assert np.abs(camera.sent[-1].astype(int) - portrait[:188, :186]).max() < 4
    live.close()
    assert not camera.open


def test_a_picture_of_another_size_is_fitted_in(cameras: list[Camera]) -> None:
    camera = VirtualCamera()
    assert camera.device == ""
    camera.show(np.full((40, 80, 3), 200, np.uint8))
    camera.show(np.full((80, 80, 3), 100, np.uint8))
    assert camera.device == "/dev/video7"
    second = cameras[0].sent[1]
    assert (second[:, 20:60] == 100).all()
    assert not second[:, :20].any()
    assert not second[:, 60:].any()


def test_without_a_driver_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise RuntimeError("No v4l2 loopback device found.")

    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=none))
    for platform, word in (("linux", "modprobe v4l2loopback"), ("darwin", "OBS Studio"), ("win32", "OBS Studio")):
        monkeypatch.setattr(sys, "platform", platform)
        with pytest.raises(OutputError, match=f"No v4l2 loopback device found.*{word}"):
            VirtualCamera().show(np.zeros((20, 20, 3), np.uint8))


def test_without_pyvirtualcam_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(MissingExtra, match=r"pip install 'facefx\[virtual-camera\]'"):
        VirtualCamera()
    done = run("live", tmp_path, "--virtual-camera")
    assert done.exit_code == ExitCode.SETUP
    assert "facefx[virtual-camera]" in done.stderr
