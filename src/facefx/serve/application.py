"""The server put together: addresses, the door, the places, and what is answered when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..chains.ready_looks import looks
from ..chains.sequence import load_look
from ..errors import FacefxError
from ..parsing.parser import Parser
from ..plugins.installed import registry
from .answers import Answer, Answers
from .contract import PICTURES, described_effect, openapi, operation, shared_responses
from .guard import Access, BodyTooLong, Guard, too_long
from .limits import Limits
from .metrics import Metrics
from .models import described_models
from .page import STYLE, page_of
from .places import Full, Places, TooSlow
from .problems import HIDDEN, problem, status_of
from .requests import Analyzing, Applying, Parsing, options_of
from .uploads import UploadTooSlow, read_upload

__all__ = ["build", "limited_by"]

log = logging.getLogger(__name__)

_JSON = {"application/json": {"schema": {"type": "object"}}}
_PNG = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
_ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
_READING = (401, 403, 421)
_WORKING = (401, 403, 408, 413, 415, 421, 422, 429, 500, 503)


def build(parser: Parser, limits: Limits, access: Access) -> FastAPI:
    """The application; `facefx.serve.app` says what it takes. Its ``state`` has places, metrics, limits, closing."""
    api = FastAPI(
        title="facefx", version=registry().version_of("facefx:"), openapi_url=None, docs_url=None, redoc_url=None,
        description="Find the faces in a picture, parse them into soft regions, and run chains of effects on them.",
        lifespan=_closing,
    )  # fmt: skip
    metrics, places, answers = Metrics(), Places(limits), Answers(parser, limits)
    api.state.metrics, api.state.places, api.state.limits, api.state.longest = metrics, places, limits, {}
    api.state.closing = []
    _add_working(api, answers, limits, places, metrics)
    _add_reading(api, parser, places, metrics)
    _add_pages(api)
    _add_problems(api, metrics)
    # The last one added is passed first: times are those of the whole request.
    api.add_middleware(Guard, access=access, longest=lambda path: limited_by(api, path), needs_token=_needs_token)
    api.add_middleware(_Timed, metrics=metrics, api=api)
    return api


@asynccontextmanager
async def _closing(api: FastAPI) -> AsyncIterator[None]:
    """Once the server stops, let go of what ``state.closing`` knows of."""
    yield
    for close in api.state.closing:
        await asyncio.to_thread(close)


def limited_by(api: FastAPI, path: str) -> int:
    """How many bytes a request to a path may have."""
    longer: dict[str, int] = api.state.longest
    return next((most for start, most in longer.items() if path.startswith(start)), api.state.limits.body)


def _needs_token(path: str) -> bool:
    return path.startswith(("/v1/", "/metrics"))


def _add_working(api: FastAPI, answers: Answers, limits: Limits, places: Places, metrics: Metrics) -> None:
    """The three addresses that take a picture."""

    def add(path: str, kind: type[Any], does: Callable[..., Answer], media: dict[str, Any], summary: str) -> None:
        async def endpoint(request: Request) -> Response:
            async with places.place():  # before the body is read: a full queue is answered at once
                upload = await read_upload(request, limits)
                asked = options_of(kind, upload.options)
                answer = await places.work(lambda: does(upload.image, upload.files, asked))
            metrics.add("faces", answer.faces)
            metrics.add("pixels", answer.pixels)
            return Response(answer.content, media_type=answer.media_type, headers=dict(answer.headers))

        api.add_api_route(
            path, endpoint, methods=["POST"], summary=summary, description=does.__doc__ or "", response_class=Response,
            operation_id=path.rpartition("/")[2], responses=shared_responses(*_WORKING),
            openapi_extra=operation(kind, media, with_files=kind is Applying),
        )  # fmt: skip

    add("/v1/apply", Applying, answers.apply, PICTURES, "Run a look on a picture")
    add("/v1/parse", Parsing, answers.parse, {**_JSON, **_PNG, **_ZIP}, "Which part of the face each pixel shows")
    add("/v1/analyze", Analyzing, answers.analyze, _JSON, "Measure every face")


def _add_reading(api: FastAPI, parser: Parser, places: Places, metrics: Metrics) -> None:
    """What there is, and how the server is."""
    refused = shared_responses(*_READING)

    @api.get("/v1/effects", summary="The effects that are installed, each with its parameters as JSON Schema", responses=refused)
    async def effects() -> dict[str, Any]:
        return {"effects": [described_effect(full, spec) for full, spec in sorted(registry().effects.items.items())]}

    @api.get("/v1/looks", summary="The ready looks", responses=refused)
    async def ready_looks() -> dict[str, Any]:
        return {"looks": [{"name": name, "summary": said, "look": load_look(name).to_dict()} for name, said in looks().items()]}

    @api.get("/v1/models", summary="The models, with scores and licences", responses=refused)
    def models() -> dict[str, Any]:
        return {"in_use": parser.identity, "models": described_models()}

    @api.get("/healthz", summary="Whether the server is up")
    async def healthz() -> dict[str, Any]:
        return {"status": "ok", "running": places.running, "waiting": places.waiting}

    @api.get("/metrics", summary="Counts and times for Prometheus", response_class=PlainTextResponse, responses=refused)
    async def prometheus() -> Response:
        text = metrics.text(places.running, places.waiting)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_pages(api: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if api.openapi_schema is None:
            made = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
            api.openapi_schema = openapi(made, registry())
        return api.openapi_schema

    api.openapi = document  # type: ignore[method-assign]

    @api.get("/openapi.json", include_in_schema=False)
    async def openapi_json() -> JSONResponse:
        return JSONResponse(document())

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page_of(document(), registry()))

    @api.get("/docs.css", include_in_schema=False)
    async def style() -> Response:
        return Response(STYLE, media_type="text/css")


def _add_problems(api: FastAPI, metrics: Metrics) -> None:
    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, FacefxError)
        status = status_of(error)
        if status == 500:
            log.error("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
        made: Response = problem(status, type(error).__name__, HIDDEN if status == 500 else str(error))
        return made

    async def other(request: Request, error: Exception) -> Response:
        match error:
            case Full():
                metrics.add("refused", 1)
                made = problem(429, "Full", str(error), {"retry-after": str(error.retry_after), "connection": "close"})
            case TooSlow():
                made = problem(503, "TooSlow", str(error), {"retry-after": "1"})
            case UploadTooSlow():
                made = problem(408, "UploadTooSlow", str(error), {"connection": "close"})
            case ClientDisconnect():
                made = problem(400, "ClientDisconnect", "the request ended before all of it was sent")  # nobody reads that
            case BodyTooLong():
                made = too_long(error.longest)
            case RequestValidationError():
                made = problem(422, "ParameterError", str(error.errors())[:500])
            case HTTPException():
                made = problem(error.status_code, "HTTPException", str(error.detail), error.headers)
            case _:
                made = problem(500, "InternalError", HIDDEN)  # the traceback is in the log: Starlette raises it again
        answer: Response = made
        return answer

    api.add_exception_handler(FacefxError, known)
    for kind in (Full, TooSlow, UploadTooSlow, BodyTooLong, ClientDisconnect, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, other)


class _Timed:
    """Counts what is answered, by the address's pattern: what was asked for may hold what nobody should count."""

    def __init__(self, app: Callable[..., Awaitable[None]], metrics: Metrics, api: FastAPI) -> None:
        self._app, self._metrics = app, metrics
        self._known = frozenset({"/healthz", "/metrics", "/docs", "/openapi.json", "/v1/effects", "/v1/looks", "/v1/models"})
        self._known |= {"/v1/apply", "/v1/parse", "/v1/analyze"}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def sent(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = scope["path"] if scope["path"] in self._known else "other"
            self._metrics.answered(route, status, time.perf_counter() - begun)
            log.info("%s %s %d %.0f ms", scope["method"], route, status, 1000 * (time.perf_counter() - begun))
