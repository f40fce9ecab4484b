"""The HTTP API: what it answers, whom it refuses, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import Fakes
from facefx import Chain, chain
from facefx.serve import Limits, app
from facefx.serve.guard import Access
from facefx.serve.places import Full, Places, TooSlow

pytest.importorskip("fastapi", reason="the extra studio is not installed")
from starlette.testclient import TestClient

HERE = "http://127.0.0.1:8000"


def in_a_thread(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine where no other loop runs, as the browser's does in the thread of its tests."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(play())).result()


def jpeg(rgb: np.ndarray, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, kind)
    return out.getvalue()


@pytest.fixture
def photo(portrait: np.ndarray) -> bytes:
    return jpeg(portrait)


@pytest.fixture
def client(fakes: Fakes) -> TestClient:
    return TestClient(app(), base_url=HERE, raise_server_exceptions=False)


def limited(**limits: Any) -> TestClient:
    return TestClient(app(limits=Limits(**limits)), base_url=HERE, raise_server_exceptions=False)


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


RED = json.dumps([{"use": "recolor_lips", "params": {"color": "#c00"}}])


def test_a_look_is_run_as_the_library_runs_it(client: TestClient, photo: bytes) -> None:
    answer = client.post("/v1/apply", params={"look": RED}, content=photo, headers={"content-type": "image/png"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-facefx-faces"] == "1"
    assert answer.content == chain("recolor_lips", color="#c00")(photo)


def test_a_form_does_what_the_body_alone_does(client: TestClient, photo: bytes) -> None:
    raw = client.post("/v1/apply", params={"look": "plum", "format": "webp"}, content=photo)
    form = client.post("/v1/apply", files={"image": photo}, data={"look": "plum", "format": "webp"})
    assert raw.status_code == form.status_code == 200
    assert raw.headers["content-type"] == "image/webp"
    assert raw.content == form.content


def test_a_saved_look_can_be_sent(client: TestClient, photo: bytes) -> None:
    look = chain("recolor_lips", color="#0a0").then("recolor_hair", color="#00f")
    answer = client.post("/v1/apply", files={"image": photo}, data={"look": json.dumps(look.to_dict())})
    assert answer.content == look(photo)


def test_pictures_that_a_step_needs_come_along(client: TestClient, photo: bytes, portrait: np.ndarray) -> None:
    green = np.broadcast_to(np.uint8([0, 200, 0]), portrait.shape)
    look = json.dumps([{"use": "replace_background", "params": {"picture": "upload:meadow"}}])
    answer = client.post("/v1/apply", files={"image": photo, "meadow": jpeg(green)}, data={"look": look})
    assert answer.status_code == 200
    assert decoded(answer.content)[2, 2].tolist() == [0, 200, 0]


@pytest.mark.parametrize("name", ["/etc/passwd", "held:meadow", "upload:other", "../meadow", "meadow"])
def test_no_look_names_a_file_of_the_server(client: TestClient, photo: bytes, name: str, tmp_path: Path) -> None:
    for use, parameter in (("replace_background", "picture"), ("grade", "cube"), ("transfer_makeup", "reference")):
        look = json.dumps([{"use": use, "params": {parameter: name}}])
        answer = client.post("/v1/apply", files={"image": photo, "meadow": photo}, data={"look": look})
        assert answer.status_code == 422
        assert "names no file that came along" in answer.json()["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"look": "plumm"}, "Did you mean 'plum'"),
        ({"look": "[{"}, "neither JSON nor YAML"),
        ({"look": '[{"use": "recolor_lips", "params": {"strength": 2}}]'}, "a number from 0 to 1"),
        ({"look": '[{"use": "face_boxes"}]'}, "/v1/analyze"),
        ({"look": json.dumps([{"use": "recolor_lips"}] * 33)}, "33 steps"),
        ({"format": "bmp"}, "one of jpeg, png"),
        ({"file_quality": "0"}, "a whole number from 1 to 100"),
        ({"min_confidence": "nan"}, "a number from 0 to 1"),
        ({"colour": "red"}, "there is no option 'colour'"),
    ],
)
def test_what_is_not_allowed_is_said_in_the_librarys_words(
    client: TestClient, photo: bytes, options: dict[str, str], message: str
) -> None:
    answer = client.post("/v1/apply", params=options, content=photo)
    assert answer.status_code == 422
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "image/jpeg", "there is no picture"),
        (b"no picture", "image/jpeg", "is not a picture"),
        (b'{"a": 1}', "application/json", "send the picture itself"),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", ""),
        (b"rubbish", "multipart/form-data", "the form cannot be read"),
    ],
)
def test_bodies_that_are_no_pictures(client: TestClient, content: bytes, kind: str, message: str) -> None:
    for path in ("/v1/apply", "/v1/parse", "/v1/analyze"):
        answer = client.post(path, content=content, headers={"content-type": kind})
        assert answer.status_code == 422
        assert message in answer.json()["message"]


def test_a_picture_without_a_face(client: TestClient, fakes: Fakes) -> None:
    empty = jpeg(np.full((64, 64, 3), 120, np.uint8))
    refused = client.post("/v1/apply", params={"look": RED}, content=empty)
    passed = client.post("/v1/apply", params={"look": RED, "no_face": "copy"}, content=empty)
    assert (refused.status_code, refused.json()["error"]) == (422, "NoFaceFound")
    assert passed.status_code == 200
    assert (decoded(passed.content) == 120).all()


def test_what_was_found_comes_as_json(client: TestClient, photo: bytes, portrait: np.ndarray) -> None:
    found = client.post("/v1/parse", content=photo).json()
    assert (found["height"], found["width"]) == portrait.shape[:2]
    (face,) = found["faces"]
    assert set(face) == {"box", "roll", "score", "confidence"}
    assert face["confidence"]["upper_lip"] > 0.5
    assert face["confidence"]["hat"] == 0


def test_labels_and_masks_come_as_pictures(client: TestClient, photo: bytes, portrait_labels: np.ndarray) -> None:
    labels = Image.open(io.BytesIO(client.post("/v1/parse", params={"want": "labels"}, content=photo).content))
    assert labels.mode == "P"
    assert (np.asarray(labels) == portrait_labels).mean() > 0.9
    lips = decoded(client.post("/v1/parse", params={"want": "mask", "region": "lips"}, content=photo).content)
    assert lips.shape == portrait_labels.shape
    assert lips[np.isin(portrait_labels, (11, 12))].mean() > 200 > 5 > lips[:20].mean()
    assert decoded(client.post("/v1/parse", params={"want": "overlay"}, content=photo).content).shape[2] == 3
    masks = zipfile.ZipFile(io.BytesIO(client.post("/v1/parse", params={"want": "masks"}, content=photo).content))
    assert {"hair.png", "upper_lip.png"} <= set(masks.namelist())
    assert "hat.png" not in masks.namelist()


def test_measurements_come_as_json(client: TestClient, photo: bytes) -> None:
    (face,) = client.post("/v1/analyze", content=photo).json()["faces"]
    assert {"face_boxes", "eye_boxes"} <= set(face)


def test_effects_looks_and_models_are_listed(client: TestClient) -> None:
    effects = {one["name"]: one for one in client.get("/v1/effects").json()["effects"]}
    assert effects["facefx:recolor_lips"]["parameters"]["properties"]["strength"]["maximum"] == 1
    looks = {one["name"]: one["look"] for one in client.get("/v1/looks").json()["looks"]}
    assert Chain.from_dict(looks["plum"]).steps
    assert {one["role"] for one in client.get("/v1/models").json()["models"]} == {"segmenter", "detector"}
    assert client.get("/healthz").json() == {"status": "ok", "running": 0, "waiting": 0}


def test_openapi_has_every_effect_as_it_was_declared(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    lips = document["components"]["schemas"]["Step_facefx_recolor_lips"]["properties"]["params"]
    assert lips["properties"]["finish"]["enum"] == ["matte", "satin", "gloss", "metallic"]
    assert {"/v1/apply", "/v1/parse", "/v1/analyze"} <= set(document["paths"])
    page = client.get("/docs")
    assert "recolor_lips" in page.text
    assert not re.search(r"<script|(src|href)=.(https?:)?//", page.text)
    assert client.get("/docs.css").status_code == 200


# --- who may ask

LOCAL = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "169.254.169.254"}, 421),
        ({**LOCAL, "origin": "http://127.0.0.1:8000"}, 200),
        ({**LOCAL, "origin": "http://127.0.0.1:9999"}, 403),
        ({**LOCAL, "origin": "https://evil.example"}, 403),
        ({**LOCAL, "origin": "null"}, 403),
        ({**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({**LOCAL, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
        ({**LOCAL, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
    ],
)
def test_another_web_page_cannot_drive_a_local_server(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.get("/v1/looks", headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_names_and_origins_can_be_allowed(fakes: Fakes) -> None:
    client = TestClient(app(hosts=["api.example"], origins=["https://shop.example"]), base_url="http://api.example")
    answer = client.get("/v1/looks", headers={"origin": "https://shop.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    ahead = client.options("/v1/apply", headers={"origin": "https://shop.example", "access-control-request-method": "POST"})
    assert (ahead.status_code, ahead.headers["access-control-allow-methods"]) == (204, "GET, POST")
    assert client.get("/v1/looks", headers={"origin": "https://other.example"}).status_code == 403


def test_a_token_is_asked_for_everything_but_health(fakes: Fakes) -> None:
    client = TestClient(app(token="s3cret"), base_url=HERE)
    assert client.get("/healthz").status_code == 200
    for path in ("/v1/effects", "/metrics", "/v1/nothing"):
        refused = client.get(path)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get(path, headers={"authorization": "Bearer s3cre"}).status_code == 401
    assert client.get("/v1/effects", headers={"authorization": "Bearer s3cret"}).status_code == 200
    assert "s3cret" not in repr(Access(token="s3cret"))


# --- what one request may cost


def test_long_bodies_are_refused_before_they_are_read(fakes: Fakes, photo: bytes) -> None:
    client = limited(body=1000)
    answer = client.post("/v1/apply", content=b"x" * 1001)
    assert (answer.status_code, answer.json()["error"]) == (413, "BodyTooLong")

    def chunks() -> Iterator[bytes]:  # without a length
        for _ in range(40):
            yield b"x" * 100

    for kind in ("image/png", "multipart/form-data; boundary=x"):
        assert client.post("/v1/apply", content=chunks(), headers={"content-type": kind}).status_code == 413


def test_large_pictures_are_refused_before_they_are_decoded(fakes: Fakes) -> None:
    client = limited(pixels=10_000)
    large = jpeg(np.zeros((101, 100, 3), np.uint8))
    answer = client.post("/v1/parse", content=large)
    assert answer.status_code == 422
    assert answer.json()["message"] == "the picture has 100 x 101 pixels, where this server allows 10000"
    small = jpeg(np.zeros((50, 50, 3), np.uint8))
    look = json.dumps([{"use": "replace_background", "params": {"picture": "upload:back"}}])
    answer = client.post("/v1/apply", files={"image": small, "back": large}, data={"look": look})
    assert "upload:back has 100 x 101 pixels" in answer.json()["message"]


def test_crowds_are_refused(fakes: Fakes, photo: bytes) -> None:
    inner = fakes.detector.detect
    fakes.detector.detect = lambda rgb: inner(rgb) * 3  # type: ignore[method-assign]
    answer = limited(faces=2).post("/v1/parse", content=photo)
    assert answer.status_code == 422
    assert "3 faces were found in the picture, where this server allows 2" in answer.json()["message"]


def test_a_form_has_so_many_files_and_each_option_once(client: TestClient, photo: bytes) -> None:
    crowd = {f"f{i}": photo for i in range(9)}
    assert client.post("/v1/apply", files={"image": photo, **crowd}).status_code == 422
    doubled = client.post("/v1/apply", params={"look": "plum"}, files={"image": photo}, data={"look": "plum"})
    assert "given twice" in doubled.json()["message"]


def test_nothing_of_a_picture_reaches_the_disk_or_the_log(
    client: TestClient, photo: bytes, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, refused)
    caplog.set_level(logging.DEBUG, "facefx")
    large = jpeg(np.random.default_rng(0).integers(0, 255, (900, 900, 3), np.uint8))
    assert len(large) > 2**20  # more than Starlette keeps in memory by itself
    back = json.dumps([{"use": "replace_background", "params": {"picture": "upload:secret-name"}}])
    answer = client.post("/v1/apply", files={"image": photo, "secret-name": large}, data={"look": back})
    assert answer.status_code == 200
    assert "secret" not in caplog.text
    assert "/v1/apply 200" in caplog.text


class Gate:
    """Work that waits until it is let go."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self) -> str:
        assert self.open.wait(20)
        return "done"


def test_one_more_than_there_are_places_is_refused_at_once() -> None:
    async def play() -> None:
        places, gate = Places(Limits(at_once=1, waiting=1)), Gate()

        async def request() -> str:
            async with places.place():
                return await places.work(gate)

        first, second = asyncio.create_task(request()), asyncio.create_task(request())
        while places.running < 1 or places.taken < 2:
            await asyncio.sleep(0.005)
        assert (places.running, places.waiting) == (1, 1)
        begun = time.perf_counter()
        with pytest.raises(Full) as full:
            await request()
        assert time.perf_counter() - begun < 1
        assert full.value.retry_after >= 1
        gate.open.set()
        assert [await first, await second] == ["done", "done"]
        assert (places.taken, places.running) == (0, 0)

    in_a_thread(play)


def test_work_that_takes_too_long_keeps_its_place_until_it_ends() -> None:
    async def play() -> None:
        places, gate = Places(Limits(at_once=1, waiting=0, seconds=1)), Gate()
        with pytest.raises(TooSlow, match="the 1 s that this server allows"):
            async with places.place():
                await places.work(gate)
        assert places.taken == 1
        with pytest.raises(Full):
            async with places.place():
                pass
        gate.open.set()
        while places.taken:
            await asyncio.sleep(0.005)

    in_a_thread(play)


def test_a_full_server_says_when_to_come_again(fakes: Fakes, photo: bytes) -> None:
    application = app(limits=Limits(at_once=1, waiting=0))
    client = TestClient(application, base_url=HERE)
    application.state.places.taken = 1
    answer = client.post("/v1/analyze", content=photo)
    assert (answer.status_code, answer.json()["error"]) == (429, "Full")
    assert int(answer.headers["retry-after"]) >= 1
    assert "facefx_refused_total 1" in client.get("/metrics").text


def test_metrics_are_prometheus_text(client: TestClient, photo: bytes) -> None:
    client.post("/v1/parse", content=photo)
    client.get("/nobody/asked/for/this/" + "x" * 50)
    text = client.get("/metrics").text
    line = re.compile(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+]+')
    assert all(line.fullmatch(one) for one in text.splitlines())
    assert 'facefx_requests_total{route="/v1/parse",status="200"} 1' in text
    assert 'facefx_requests_total{route="other",status="404"} 1' in text
    assert "facefx_faces_total 1" in text
    assert "xxx" not in text


def test_a_fault_of_the_server_tells_nothing_about_it(fakes: Fakes, photo: bytes, caplog: pytest.LogCaptureFixture) -> None:
    def broken(rgb: Any) -> Any:
        raise OSError(f"{Path.home()}/secret.onnx is gone")

    fakes.detector.detect = broken  # type: ignore[method-assign]
    client = TestClient(app(), base_url=HERE, raise_server_exceptions=False)
    answer = client.post("/v1/parse", content=photo)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret.onnx" in caplog.text


def test_requests_at_the_same_time_do_not_mix(fakes: Fakes, portrait: np.ndarray) -> None:
    client = TestClient(app(limits=Limits(at_once=4, waiting=40)), base_url=HERE)
    look = json.dumps([{"use": "replace_background", "params": {"picture": "upload:back"}}])
    photo, wrong = jpeg(portrait), []

    def ask(number: int) -> None:
        color = [number * 20, 255 - number * 20, 7]
        back = jpeg(np.broadcast_to(np.uint8(color), (40, 40, 3)))
        answer = client.post("/v1/apply", files={"image": photo, "back": back}, data={"look": look})
        if answer.status_code != 200 or decoded(answer.content)[1, 1].tolist() != color:
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("use", "params"),
    [
        ("replace_background", {"picture": "upload:mine"}),
        ("anonymize", {"method": "picture", "picture": "upload:mine"}),
        ("grade", {"cube": "upload:mine"}),
    ],
)
def test_a_file_that_came_with_one_request_is_not_seen_by_the_next(
    client: TestClient, photo: bytes, use: str, params: dict[str, str]
) -> None:
    def ask(color: tuple[int, int, int]) -> np.ndarray:
        table = "LUT_1D_SIZE 2\n" + 2 * (" ".join(str(v / 255) for v in color) + "\n")
        mine = table.encode() if "cube" in params else jpeg(np.broadcast_to(np.uint8(color), (40, 40, 3)))
        look = json.dumps([{"use": use, "params": params}])
        answer = client.post("/v1/apply", files={"image": photo, "mine": mine}, data={"look": look})
        assert answer.status_code == 200
        return np.asarray((decoded(answer.content)[..., :3] == color).all(axis=-1))

    red, blue = (200, 0, 0), (0, 0, 200)
    assert ask(red).sum() > 500
    assert ask(blue).sum() > 500


@pytest.mark.parametrize("name", ["body", "pixels", "faces", "at_once", "seconds"])
def test_limits_are_checked(name: str) -> None:
    from facefx import ParameterError

    with pytest.raises(ParameterError, match=name):
        Limits(**{name: 0})


def test_without_the_extra_the_error_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from facefx import MissingExtra, serve

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(serve, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'facefx\[studio\]'"):
        app()


@pytest.mark.slow
def test_a_schema_fuzzer_finds_no_server_error(fakes: Fakes) -> None:
    """schemathesis sends what the OpenAPI document allows, and what it does not; every answer is one that the document tells."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    schema = schemathesis.openapi.from_asgi("/openapi.json", app(), headers={"host": "localhost"})
    wanted = [
        not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
    ]  # fmt: skip
    seen: list[str] = []

    for result in schema.get_all_operations():
        case_strategy = result.ok().as_strategy()

        @given(case=case_strategy)
        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        def ask(case: Any) -> None:
            answer = case.call(headers={"host": "localhost"})
            case.validate_response(answer, checks=wanted)
            seen.append(case.path)

        ask()
    assert {"/v1/apply", "/v1/parse", "/v1/analyze", "/v1/effects"} <= set(seen)
