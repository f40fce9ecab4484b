"""What the page asks of the studio, at ``/studio/api``, and the page itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ..chains.look_file import steps_of
from ..chains.look_text import parsed
from ..chains.reports import installed_analyzers, measure
from ..chains.sequence import Chain
from ..chains.written import as_command, as_python
from ..errors import ImageError, LookError, ParameterError
from ..image.overlay import overlay, palette
from ..parsing.parser import Parser
from ..serve.answers import as_png, encoded_result, grey_png, labels_png
from ..serve.limits import Limits
from ..serve.places import Places
from .catalog import catalog
from .gallery import Gallery, OpenPicture, small_jpeg
from .jobs import add_jobs
from .steps import chain_of, shareable, steps_for_page, table_of

__all__ = ["add_studio"]

_PAGE = Path(__file__).parent / "page"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
#: Sides of a preview in pixels: at most, if the page does not say how much room its screen has, and the least and most it may say.
_ROOM, _LEAST, _MOST = 1280, 256, 2560

Answer = TypeVar("Answer")


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """The page's own files by their names: nothing else can be asked for."""
    return {
        path.relative_to(_PAGE).as_posix(): (path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(_PAGE.rglob("*"))
        if path.suffix in _KINDS
    }


def add_studio(api: FastAPI, parser: Parser, limits: Limits) -> None:
    """Put the studio on the server that `facefx.serve` built."""
    gallery, places = Gallery(parser, limits.pixels), api.state.places
    router = APIRouter(prefix="/studio/api", include_in_schema=False)
    _add_pictures(router, gallery, places)
    _add_results(router, gallery, places)
    _add_looks(router, gallery, places)
    api.state.closing.append(add_jobs(router, gallery, places, parser))
    api.include_router(router)
    api.state.longest["/studio/api/films"] = 8 * 2**30

    @api.get("/", include_in_schema=False)
    async def home() -> Response:
        return RedirectResponse("/studio/index.html")

    @api.get("/studio/{name:path}", include_in_schema=False)
    async def file(name: str) -> Response:
        if name not in _files():
            return JSONResponse({"error": "NotFound", "message": "the studio has no such page"}, 404)
        content, kind = _files()[name]
        return Response(content, media_type=kind)


async def working(gallery: Gallery, places: Places, function: Callable[[], Answer]) -> Answer:
    """The answer of a function that has the files which steps name, as soon as it is its turn."""

    def run() -> Answer:
        with gallery.held():
            return function()

    async with places.place():
        return await places.work(run)


async def json_of(request: Request) -> dict[str, Any]:
    """The table in the body. Raises `ParameterError`."""
    return table_of(await request.body())


def _add_pictures(router: APIRouter, gallery: Gallery, places: Places) -> None:
    """Opening, looking at what is there, closing."""

    @router.get("/catalog")
    async def what_there_is() -> dict[str, Any]:
        return catalog()

    @router.post("/pictures")
    async def add(request: Request, name: str = "picture", width: int = _ROOM, height: int = _ROOM) -> dict[str, Any]:
        data = await request.body()

        def work() -> dict[str, Any]:
            key = gallery.add(data, name[:200], (min(max(height, _LEAST), _MOST), min(max(width, _LEAST), _MOST)))
            return {"id": key, **_described(gallery[key])}

        return await working(gallery, places, work)

    @router.delete("/pictures/{key}")
    async def close(key: str) -> dict[str, Any]:
        gallery.close(key)
        return {}

    @router.post("/files")
    async def hold(request: Request) -> dict[str, Any]:
        data = await request.body()
        if not data:
            raise ImageError("the file is empty (0 bytes).")
        return {"path": "held:" + gallery.hold(data)}

    @router.get("/pictures/{key}/parts.png")
    async def parts(key: str) -> Response:
        opened = gallery[key]
        content = await working(gallery, places, lambda: as_png(opened.parts().astype("float32") / 255))
        return Response(content, media_type="image/png")


def _described(opened: OpenPicture) -> dict[str, Any]:
    height, width = opened.scene.size
    small_height, small_width = opened.small.size
    scheme = opened.scene.faces[0].parsing.scheme if opened.scene.faces else opened.parser.scheme
    return {
        "name": opened.name,
        "format": opened.picture.metadata.format,
        "width": width,
        "height": height,
        "preview": {"width": small_width, "height": small_height},
        "faces": [face.box.to_dict() for face in opened.small.faces],
        "classes": [
            {"name": name, "labels": sorted(label.value for label in labels), "color": color}
            for name, labels, color in zip(scheme.classes, scheme.members, palette(scheme).tolist(), strict=True)
        ],
    }


def _add_results(router: APIRouter, gallery: Gallery, places: Places) -> None:
    """Previews, and everything at full size."""

    @router.post("/pictures/{key}/preview")
    async def preview(key: str, request: Request) -> Response:
        opened, asked = gallery[key], await json_of(request)
        chain, draft = chain_of(asked.get("steps"), gallery.files), asked.get("draft") is True
        content, kind = await working(gallery, places, lambda: small_jpeg(opened.preview(chain, draft=draft), fine=not draft))
        return Response(content, media_type=kind)

    @router.post("/pictures/{key}/window")
    async def window(key: str, request: Request) -> Response:
        """A part of the picture in its own pixels, for whoever looks closely."""
        opened, asked = gallery[key], await json_of(request)
        chain, (x0, y0, x1, y1) = chain_of(asked.get("steps"), gallery.files), _window(asked.get("window"), opened)

        def work() -> tuple[bytes, str]:
            picture = opened.result(chain).picture if chain.steps else opened.picture  # before: the result stays at hand
            part, alpha = picture.canvas[y0:y1, x0:x1], picture.alpha
            return small_jpeg(_Part(part, None if alpha is None else alpha[y0:y1, x0:x1]), quality=92)  # type: ignore[arg-type]

        content, kind = await working(gallery, places, work)
        return Response(content, media_type=kind)

    @router.post("/pictures/{key}/save")
    async def save(key: str, request: Request) -> Response:
        opened, asked = gallery[key], await json_of(request)
        chain, form, quality = chain_of(asked.get("steps"), gallery.files), asked.get("format") or None, asked.get("quality", 95)
        if form not in (None, "jpeg", "png", "webp", "tiff", "avif") or not isinstance(quality, int) or not 1 <= quality <= 100:
            raise ParameterError("the format is jpeg, png, webp, tiff or avif, and the quality a whole number from 1 to 100")
        content, kind = await working(
            gallery, places, lambda: encoded_result(opened.result(chain).picture, form, quality, cut_out=chain.cuts_out)
        )
        ending = {"image/jpeg": "jpg"}.get(kind, kind.partition("/")[2])
        return _download(content, kind, f"{Path(opened.name).stem}-edited.{ending}")

    @router.get("/pictures/{key}/labels.png")
    async def labels(key: str) -> Response:
        opened = gallery[key]
        content = await working(gallery, places, lambda: labels_png(_label_map(opened), opened.parser.scheme))
        return _download(content, "image/png", f"{Path(opened.name).stem}-labels.png")

    @router.get("/pictures/{key}/overlay.png")
    async def tinted(key: str, small: bool = False) -> Response:
        opened = gallery[key]

        def work() -> bytes:
            scene = opened.small if small else opened.scene
            order = opened.parser.scheme
            return as_png(overlay(scene.image, scene.label_map(order), order))

        content = await working(gallery, places, work)
        return _download(content, "image/png", f"{Path(opened.name).stem}-overlay.png", show=small)

    @router.get("/pictures/{key}/mask.png")
    async def mask(key: str, region: str, small: bool = False) -> Response:
        opened = gallery[key]
        scene = opened.small if small else opened.scene
        content = await working(gallery, places, lambda: grey_png(scene.mask(region)))
        return _download(content, "image/png", f"{Path(opened.name).stem}-{region.replace('+', '-')}.png", show=small)

    @router.get("/pictures/{key}/analysis.json")
    async def analysis(key: str) -> Response:
        opened = gallery[key]

        def work() -> list[dict[str, Any]]:
            named = installed_analyzers()
            return [measure(face, i, named, skip_unavailable=True).to_dict() for i, face in enumerate(opened.scene.faces)]

        found = {"file": opened.name, "faces": await working(gallery, places, work)}
        return _download(json.dumps(found, indent=2).encode(), "application/json", f"{Path(opened.name).stem}.json", show=True)


class _Part:
    """A window of a result as `small_jpeg` takes it."""

    def __init__(self, image: Any, alpha: Any) -> None:
        self.image, self.alpha = image, alpha


def _label_map(opened: OpenPicture) -> Any:
    return opened.scene.label_map(opened.parser.scheme)


def _window(value: Any, opened: OpenPicture) -> tuple[int, int, int, int]:
    height, width = opened.scene.size
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(v, int) for v in value):
        raise ParameterError("a window is four whole numbers, [x0, y0, x1, y1]")
    x0, y0, x1, y1 = max(value[0], 0), max(value[1], 0), min(value[2], width), min(value[3], height)
    if x1 <= x0 or y1 <= y0 or (x1 - x0) * (y1 - y0) > 16_000_000:
        raise ParameterError("the window is empty, outside of the picture, or of more than 16 million pixels")
    return x0, y0, x1, y1


def _download(content: bytes, kind: str, name: str, *, show: bool = False) -> Response:
    """A file that the browser saves under a name, or shows."""
    how = "inline" if show else "attachment"
    return Response(content, media_type=kind, headers={"content-disposition": f"{how}; filename*=UTF-8''{quote(name)}"})


def _add_looks(router: APIRouter, gallery: Gallery, places: Places) -> None:
    """Looks on this face, to save and to share."""

    @router.post("/pictures/{key}/closeup")
    async def closeup(key: str, request: Request) -> Response:
        opened, asked = gallery[key], await json_of(request)
        chain, face = chain_of(asked.get("steps"), gallery.files), asked.get("face", 0)
        if not isinstance(face, int) or face < 0:
            raise ParameterError("the face is a whole number from 0")

        def work() -> tuple[bytes, str]:
            return small_jpeg(opened.closeup(chain, face), quality=84)

        content, kind = await working(gallery, places, work)
        return Response(content, media_type=kind)

    @router.post("/look")
    async def look(request: Request) -> dict[str, Any]:
        """The look as a file, and as one would write it."""
        asked = await json_of(request)
        chain, lost = shareable(chain_of(asked.get("steps"), gallery.files))
        name = Path(str(asked.get("name") or "portrait.jpg")[:200]).name
        name = f"./{name}" if name.startswith("-") else name  # which would be an option
        try:
            command = as_command(chain, name)
        except LookError as error:
            command = f"# {error}"
        return {"look": chain.to_dict(), "python": as_python(chain, name), "command": command, "lost": lost}

    @router.post("/load")
    async def load(request: Request) -> dict[str, Any]:
        """The steps of a look's file."""
        data = await request.body()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise LookError("a look is a text file, .json or .yaml; this is none") from None
        if len(text) > 2**20:
            raise LookError("a look has at most a million characters")
        loaded, lost = shareable(_without_paths(Chain(*await asyncio.to_thread(_steps_in, text))))
        return {"steps": steps_for_page(loaded), "lost": lost}


def _steps_in(text: str) -> Any:
    return steps_of(parsed(text, is_json=text.lstrip().startswith("{")))


def _without_paths(chain: Chain) -> Chain:
    """The look without the paths of files in it: the page may name only what it was given."""
    from ..chains.steps import make_step

    steps = []
    for step in chain.steps:
        paths = [name for name, p in step.spec.parameters.items() if p.kind in ("picture", "cube") and step.params[name]]
        steps.append(make_step(step.name, {**step.params, **dict.fromkeys(paths, "held:?")}) if paths else step)
    return Chain(tuple(steps), chain.seed)
