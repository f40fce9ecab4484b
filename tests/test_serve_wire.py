"""The server as whoever means it harm would use it: through a socket, word by word, cut short, too much, and under other names."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import Fakes
from facefx.serve import Limits, app

pytest.importorskip("fastapi", reason="the extra studio is not installed")
from facefx.serve import connections
from facefx.serve.running import _bound, server_of

LIMITS = Limits(body=300_000, waiting=1, at_once=1, upload_seconds=1.0, faces=5)


class Server:
    """One that listens, and what can be told it."""

    def __init__(self, port: int, state: Any) -> None:
        self.port, self.state = port, state
        self.host = f"Host: 127.0.0.1:{port}\r\n"

    def line(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, said: str | bytes) -> tuple[int, bytes]:
        """What it says until it hangs up; the status is 0 if it just does."""
        with self.line() as line:
            with suppress(OSError):  # it may have heard enough
                line.sendall(said.encode("latin-1") if isinstance(said, str) else said)
            heard = told(line)
        status = re.match(rb"HTTP/1\.1 (\d+)", heard)
        return int(status[1]) if status else 0, heard.partition(b"\r\n\r\n")[2]

    def post(self, path: str, body: bytes, kind: str = "image/png", length: int | None = None) -> bytes:
        """The words of a request."""
        head = f"POST {path} HTTP/1.1\r\n{self.host}Connection: close\r\nContent-Type: {kind}\r\n"
        return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body

    @property
    def is_free(self) -> bool:
        """Whether all places are."""
        return int(self.state.places.taken) == 0


def told(line: socket.socket) -> bytes:
    """All that comes until the other side hangs up."""
    heard = b""
    with suppress(ConnectionResetError):
        while part := line.recv(65536):
            heard += part
    return heard


def until(condition: Any) -> bool:
    """Whether something is so within some seconds."""
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())


@pytest.fixture
def server(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(connections, "IDLE", 0.5)
    application, listening = app(limits=LIMITS), _bound("127.0.0.1", 0)
    running = server_of(application)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    assert until(lambda: running.started)
    yield Server(listening.getsockname()[1], application.state)
    running.should_exit = True
    thread.join(20)
    listening.close()


@pytest.fixture
def photo(portrait: np.ndarray) -> bytes:
    return png(Image.fromarray(portrait))


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """A form of the boundary x: names, names of files, contents."""
    made = b""
    for name, file, content in parts:
        named = "" if file is None else f'; filename="{file}"'
        made += f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
    return made + b"--x--\r\n"


def strength(number: bytes) -> bytes:
    """A look with that one, as it is written."""
    return b'[{"use": "recolor_lips", "params": {"strength": ' + number + b"}}]"


FORM = "multipart/form-data; boundary=x"


ANSWERED = "POST /nothing HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(("beginning", "word"), [("", ""), ("GET /v1/looks HTTP/1.1\r\n", "X: y\r\n"), (ANSWERED, "2\r\nab\r\n")])
def test_who_dawdles_is_hung_up_on(server: Server, beginning: str, word: str) -> None:
    """Before a request's first lines, among them, and with the body of one that was answered already."""
    begun = time.monotonic()
    with server.line() as line:
        line.sendall(beginning.encode())
        with suppress(OSError):
            while time.monotonic() - begun < 15 and (word or line.recv(10)):
                line.sendall(word.encode())
                time.sleep(0.05)
    assert time.monotonic() - begun < 10


def test_who_takes_the_time_that_there_is_is_not(server: Server, photo: bytes) -> None:
    request = server.post("/v1/parse", photo)
    head, body = request.split(b"\r\n\r\n", 1)
    with server.line() as line:
        for part in (head[:20], head[20:] + b"\r\n\r\n", body[:100]):
            line.sendall(part)
            time.sleep(0.3)  # each less than the half second; the body of a request at work has a limit of its own
        line.sendall(body[100:])
        assert told(line).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_arrive_gives_its_place_back(server: Server, photo: bytes) -> None:
    begun = time.monotonic()
    status, said = server.ask(server.post("/v1/parse", photo[:50], length=len(photo)))
    assert (status, json.loads(said)["error"]) == (408, "UploadTooSlow")
    assert time.monotonic() - begun < 10
    half = form(("image", "a.png", photo))[:200]
    assert server.ask(server.post("/v1/parse", half, FORM, length=5000))[0] == 408
    assert server.is_free


def test_who_goes_away_leaves_no_trace(
    server: Server, fakes: Fakes, photo: bytes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for request in (server.post("/v1/parse", photo), server.post("/v1/apply", form(("image", "a.png", photo)), FORM)):
        with server.line() as line:
            line.sendall(request[: len(request) // 2])
            assert until(lambda: not server.is_free)
        assert until(lambda: server.is_free)
    gate, detect = threading.Event(), fakes.detector.detect
    monkeypatch.setattr(fakes.detector, "detect", lambda rgb: detect(rgb) if gate.wait(20) else [])
    with server.line() as line:  # all was sent, and nobody waits for the answer
        line.sendall(server.post("/v1/parse", photo))
        assert until(lambda: server.state.places.running == 1)
    gate.set()
    assert until(lambda: server.is_free)
    assert server.ask(server.post("/v1/parse", photo))[0] == 200
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_full_queue_answers_before_the_body_has_come(server: Server, photo: bytes) -> None:
    with server.line() as first, server.line() as second:
        for line in (first, second):
            line.sendall(server.post("/v1/parse", photo)[:-10])
        assert until(lambda: server.state.places.taken == 2)
        begun = time.monotonic()
        status, said = server.ask(server.post("/v1/parse", b"", length=1000))  # of which nothing will come
        assert (status, json.loads(said)["error"]) == (429, "Full")
        assert time.monotonic() - begun < LIMITS.upload_seconds
    assert until(lambda: server.is_free)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("GET /v1/looks HTTP/1.0\r\n\r\n", 421),  # without a name
        ("GET /v1/looks HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
        ("GET /v1/looks HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        ("GET http://evil.example/v1/looks HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET http://localhost/v1/looks HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),  # an absolute address is for proxies
        ("GET /v1/looks HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421),
        ("GET /v1/looks HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n", 421),
        ("GET /v1/looks HTTP/1.1\r\nHost: 127.0.0.1:80:90\r\n\r\n", 421),
        ("GET /v1/looks HTTP/1.1\r\nHost: 2130706433\r\n\r\n", 421),  # 127.0.0.1, as some read it
        ("POST /v1/parse HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", 400),
        ("POST /v1/parse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400),
        ("POST /v1/parse HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n", 400),
        ("POST /v1/parse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300001\r\n\r\n", 413),
        ("GET /v1/../metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET /docs/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("GET /docs.css%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("BREW /v1/apply HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421),
        ("nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_of_ours(server: Server, said: str, status: int) -> None:
    assert server.ask(said)[0] == status
    assert server.is_free


@pytest.mark.parametrize(
    "said",
    [
        f"GET /v1/looks?{'a' * 1_000_000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET /v1/looks HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 1_000_000}\r\n\r\n",
        "GET /v1/looks HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n" * 200_000 + "\r\n",
    ],
    ids=["address", "line", "lines"],
)
def test_first_lines_may_be_so_long(server: Server, said: str) -> None:
    assert server.ask(said)[0] in (0, 400)  # it hangs up, which may come before what it says
    assert server.ask("GET /healthz HTTP/1.0\r\n\r\n")[0] == 200


def test_a_body_without_a_length_is_counted(server: Server) -> None:
    head = f"POST /v1/parse HTTP/1.1\r\n{server.host}Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert server.ask(head.encode() + (b"2710\r\n" + b"z" * 10_000 + b"\r\n") * 60)[0] == 413
    assert server.is_free


def test_forms_that_are_meant_badly(server: Server, photo: bytes) -> None:
    picture = ("image", "../../etc/passwd", photo)  # what a file was called means nothing
    assert server.ask(server.post("/v1/apply?look=plum", form(picture), FORM))[0] == 200
    for body, kind, message in (
        (form(picture, ("image", "b.png", photo)), FORM, "two files 'image'"),
        (form(*[(f"f{n}", "a", b"x") for n in range(9)]), FORM, "Too many files"),
        (form(*[(f"f{n}", None, b"x") for n in range(33)]), FORM, "Too many fields"),
        (form(picture, ("look", None, b"[" * 100_000)), FORM, "neither JSON nor YAML"),
        (form(picture, ("look", None, b'{"a":' * 30_000)), FORM, "has more than|neither JSON nor YAML"),
        (
            form(picture, ("look", None, b'[{"use":"recolor_lips","params":{"strength":' + b"9" * 6000 + b"}}]")),
            FORM,
            "neither JSON",
        ),
        (form(picture, ("look", None, b'[{"use":"recolor_lips","params":{"strength":NaN}}]')), FORM, "a number from 0 to 1"),
        (form(picture), "multipart/form-data", "Missing boundary"),
        (b"--x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n\r\n--x--\r\n", FORM, "cannot be read"),
        (form(picture)[:-20], FORM, "cannot be read|no picture"),
    ):
        status, said = server.ask(server.post("/v1/apply", body, kind))
        assert status == 422, (message, said)
        assert re.search(message, json.loads(said)["message"]), said
    assert server.is_free


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest", "file:///etc/passwd", "//host/share/a.png", "/proc/self/environ"]
)
def test_no_address_is_fetched(server: Server, photo: bytes, address: str) -> None:
    look = json.dumps([{"use": "replace_background", "params": {"picture": address}}]).encode()
    status, said = server.ask(server.post("/v1/apply", form(("image", "a.png", photo), ("look", None, look)), FORM))
    assert status == 422
    assert "names no file that came along" in json.loads(said)["message"]


def test_pictures_that_are_meant_badly(server: Server, tmp_path: Path, photo: bytes) -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    status, said = server.ask(server.post("/v1/parse", (tmp_path / "a.gif").read_bytes(), "image/gif"))
    assert (status, "one picture is wanted" in json.loads(said)["message"]) == (422, True)
    Image.new("1", (40_000, 40_000)).save(tmp_path / "bomb.tif", compression="group4")
    status, said = server.ask(server.post("/v1/parse", (tmp_path / "bomb.tif").read_bytes(), "image/tiff"))
    assert (status, "40000 x 40000" in json.loads(said)["message"]) == (422, True)
    assert server.ask(server.post("/v1/parse", photo[: len(photo) // 2]))[0] == 422


def test_tokens_are_compared_in_the_same_time_whatever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx.serve import guard

    compared: list[tuple[bytes, bytes]] = []
    real = guard.hmac.compare_digest
    monkeypatch.setattr(guard.hmac, "compare_digest", lambda one, other: compared.append((one, other)) or real(one, other))
    access = guard.Access(token="s3cret")
    assert [access.knows_token(one) for one in ("", "Bearer s3cre", "Bearer s3cret", "bearer ü")] == [False, False, True, False]
    assert len(compared) == 4


def test_whoever_listens_everywhere_says_by_which_name(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from facefx.cli import app as commands

    monkeypatch.setattr("facefx.serve.running.run", lambda *args, **kwargs: None)
    refused = CliRunner().invoke(commands, ["serve", "--host", "0.0.0.0"])
    assert refused.exit_code == 2
    assert "--allow-host" in refused.output
    assert CliRunner().invoke(commands, ["serve", "--host", "0.0.0.0", "--allow-host", "faces.example"]).exit_code == 0
