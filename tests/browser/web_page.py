"""The page that runs in the browser alone: its built folder on a plain server, and a Chromium that looks at it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_screen import chromium

__all__ = ["WEB", "Page", "Site", "chromium", "page", "phone", "site"]

WEB = Path(__file__).resolve().parents[2] / "web"


class _Files(http.server.SimpleHTTPRequestHandler):
    """A folder as any static host serves it: no headers of its own."""

    def guess_type(self, path: Any) -> str:
        """Modules and WebAssembly by their types, which not every system knows."""
        known = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
        return known.get(Path(path).suffix) or super().guess_type(path)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Site:
    """A server of a folder, which can be switched off."""

    def __init__(self, folder: Path) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """From now on nobody answers."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    """The built page."""
    if not (WEB / "dist" / "index.html").exists():
        pytest.skip("web/dist is not built: cd web && npm ci && npm run build")
    made = Site(WEB / "dist")
    yield made
    made.close()


class Page:
    """The page, with what went wrong on it and whom it asked."""

    def __init__(self, context: Any, address: str) -> None:
        self.address = address
        self.errors: list[str] = []
        self.asked: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))  # of its workers, too
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.set_default_timeout(240_000)
        self.page.goto(address)
        self.ready()

    def ready(self) -> None:
        """Wait until it works, and without a network, too."""
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector("body[data-kept]")

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of others."""
        return [url for url in self.asked if not url.startswith((self.address, "blob:", "data:"))]

    def open(self, path: Path) -> None:
        """Choose a photo."""
        self.page.set_input_files("#file", str(path))
        self.page.wait_for_selector("#welcome", state="hidden")
        self.settle()

    def settle(self) -> None:
        """Wait until what is shown is what the steps say."""
        self.page.wait_for_function("() => document.body.dataset.shown !== undefined")
        self.page.wait_for_selector("#busy", state="hidden")


@pytest.fixture
def page(site: Site, chromium: Any) -> Iterator[Page]:
    """The page on a laptop's screen."""
    context = chromium.new_context(viewport={"width": 1366, "height": 820}, locale="en-GB", accept_downloads=True)
    made = Page(context, site.address)
    yield made
    assert made.elsewhere == [], "the page asked another server"
    context.close()


@pytest.fixture
def phone(site: Site, chromium: Any) -> Iterator[Page]:
    """The page on a phone, in the dark, in German."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, locale="de-DE",
        color_scheme="dark", accept_downloads=True,
    )  # fmt: skip
    made = Page(context, site.address)
    yield made
    assert made.elsewhere == [], "the page asked another server"
    context.close()
