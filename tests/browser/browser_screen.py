"""A studio that runs, and a Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: No sandbox, since CI runs as root; and nothing that asks anybody's server.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip


@pytest.fixture(scope="session")
def studio() -> Iterator[str]:
    """The address of a studio with the real model."""
    for package in ("fastapi", "uvicorn", "python_multipart"):
        pytest.importorskip(package, reason="the extra studio is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "facefx", "studio", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, by Playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Screen:
    """A page of the studio, with what went wrong on it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("request", self._asked)
        page.set_default_timeout(60_000)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.elsewhere.append(request.url)

    def open(self, *names: str) -> None:
        """Choose photos of samples/."""
        self.page.set_input_files("#files", [str(ROOT / "samples" / name) for name in names])
        self.page.wait_for_selector("#busy", state="hidden")
        self.page.wait_for_selector("#welcome", state="hidden")
        self.settle()

    def settle(self) -> None:
        """Wait until what is shown is what the steps say."""
        self.page.wait_for_function("() => document.body.dataset.shown !== undefined")
        self.page.wait_for_timeout(100)  # and drawn

    def shown(self) -> list[dict[str, Any]]:
        """The steps that the preview shows."""
        import json

        self.settle()
        steps: list[dict[str, Any]] = json.loads(self.page.evaluate("document.body.dataset.shown"))
        return steps

    def click_at(self, x: float, y: float) -> None:
        """Click on a point of the picture, in shares of its size."""
        box = self.page.evaluate(
            """([x, y]) => {
                const view = document.getElementById('view'), box = view.getBoundingClientRect();
                const [left, top, width, height] = view.dataset.place.split(',').map(Number);
                return [box.left + left + x * width, box.top + top + y * height];
            }""",
            [x, y],
        )
        self.page.mouse.click(*box)

    def picture(self) -> bytes:
        """The pixels of the canvas, as PNG."""
        import base64

        return base64.b64decode(self.page.evaluate("document.getElementById('view').toDataURL().split(',')[1]"))


@pytest.fixture
def screen(studio: str, chromium: Any) -> Iterator[Screen]:
    """The studio on a laptop's screen."""
    context = chromium.new_context(viewport={"width": 1366, "height": 820}, locale="en-GB", accept_downloads=True)
    made = Screen(context.new_page(), studio)
    yield made
    context.close()
    assert made.elsewhere == [], "the page asked another server"


@pytest.fixture
def phone(studio: str, chromium: Any) -> Iterator[Screen]:
    """The studio on a phone, in the dark, in German."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, locale="de-DE",
        color_scheme="dark", accept_downloads=True,
    )  # fmt: skip
    made = Screen(context.new_page(), studio)
    yield made
    context.close()
    assert made.elsewhere == [], "the page asked another server"
