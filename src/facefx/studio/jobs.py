"""What takes longer than a look: the camera, films, and many pictures at once."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from ..chains.sequence import Chain
from ..chains.steps import make_step
from ..errors import FacefxError, ImageError, OutputError, ParameterError
from ..held_files import PREFIX
from ..image.picture import open_image
from ..parsing.parser import Parser
from ..serve.answers import encoded_result
from ..serve.places import Places
from .gallery import Gallery, named, small_jpeg
from .kept import Kept
from .steps import chain_of, table_of

__all__ = ["add_jobs"]

#: Cameras that are kept: a page that is closed says nothing.
_CAMERAS = 4
#: Films and folders that are kept, and for how many seconds after anybody last asked for them.
_JOBS, _SECONDS = 8, 6 * 3600.0
#: Seconds that a film has to end its frame before its folder is taken away.
_PATIENCE = 5.0


def add_jobs(router: APIRouter, gallery: Gallery, places: Places, parser: Parser) -> Callable[[], None]:
    """Put them where the page asks for them; what is given ends all of them, for when the studio stops."""
    cameras, films, folders = Kept[Camera](_CAMERAS, _SECONDS), Kept[Film](_JOBS, _SECONDS), Kept[Folder](_JOBS, _SECONDS)
    _add_camera(router, gallery, places, parser, cameras)
    _add_films(router, gallery, parser, films)
    _add_folders(router, gallery, places, parser, folders)

    def close() -> None:
        cameras.close()
        films.close()
        folders.close()

    return close


def _add_camera(router: APIRouter, gallery: Gallery, places: Places, parser: Parser, cameras: Kept[Camera]) -> None:
    @router.post("/cameras")
    async def start() -> dict[str, Any]:
        return {"id": cameras.add(Camera(parser))}

    @router.put("/cameras/{key}")
    async def choose(key: str, request: Request) -> dict[str, Any]:
        cameras[key].chain = chain_of(table_of(await request.body()).get("steps"), gallery.files)
        return {}

    @router.post("/cameras/{key}")
    async def frame(key: str, request: Request) -> Response:
        camera, data = cameras[key], await request.body()

        def work() -> tuple[bytes, str]:
            with gallery.held():
                return camera.show(data)

        async with places.place():
            content, kind = await places.work(work)
        return Response(content, media_type=kind)

    @router.delete("/cameras/{key}")
    async def stop(key: str) -> dict[str, Any]:
        cameras.end(key)
        return {}


class Camera:
    """A camera's frames, one after the other: faces are followed, and masks do not flicker."""

    def __init__(self, parser: Parser) -> None:
        from ..video import Tracker, Tracking
        from ..video.coverage import Coverage

        self.chain = Chain()
        self._tracker = Tracker(parser.segmenter, parser.detector, Tracking(), parser.person)
        self._coverage: Coverage | None = None
        self._lock = threading.Lock()

    @property
    def is_busy(self) -> bool:
        return False  # a page that still shows it asks for the next frame, and so keeps it

    def end(self) -> None:
        """Nothing of it is anywhere but here."""

    def show(self, data: bytes) -> tuple[bytes, str]:
        """A frame, as JPEG, with the look on it."""
        from ..video.coverage import Coverage
        from ..video.stream import asked_of

        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        if pixels is None or pixels.shape[0] * pixels.shape[1] > 4_000_000:
            raise ImageError("a frame is a JPEG of at most 4 million pixels")
        with self._lock:
            canvas = open_image(np.ascontiguousarray(pixels[..., ::-1])).canvas
            scene = self._tracker.next(canvas, (), asked_of(self.chain))
            if self.chain.private:
                self._coverage = self._coverage or Coverage(self._tracker.parser)
                number = self._coverage.frames
                self._coverage.look(canvas)
                scene = self._coverage.covered(scene, number)[0]
            return small_jpeg(self.chain.edit(scene), quality=82)


class Film:
    """A film that is edited in a thread of its own, in a folder that goes with it."""

    def __init__(self, folder: Path, source: Path, name: str) -> None:
        self.folder, self.source, self.name = folder, source, name
        self.target = folder / "out" / f"{Path(name).stem[:80] or 'film'}-edited.mp4"
        self.done, self.total, self.problem, self.finished = 0, 0, "", False
        self.notes: list[str] = []
        self._begun, self._seconds = time.monotonic(), 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        return self._thread is not None and not self.finished

    def start(self, chain: Chain, parser: Parser) -> None:
        """Begin. Raises `ParameterError` if it has begun already."""
        if self._thread is not None:
            raise ParameterError("this film is being edited already, or was; upload it again for another look")
        self._thread = threading.Thread(target=self._run, args=(chain, parser), name="facefx-film", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End it, early if need be, and take its folder away."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def state(self) -> dict[str, Any]:
        """How far it is."""
        seconds = self._seconds or time.monotonic() - self._begun
        return {
            "done": self.done, "total": self.total, "finished": self.finished, "problem": self.problem, "notes": self.notes,
            "seconds": round(seconds, 1), "name": self.target.name,
        }  # fmt: skip

    def _run(self, chain: Chain, parser: Parser) -> None:
        from ..video.convert import convert

        try:
            self.target.parent.mkdir()
            convert(
                self.source, self.target, chain, segmenter=parser.segmenter, detector=parser.detector, person=parser.person,
                progress=self._step, on_left_out=self.notes.append, drop_sound=True,
            )  # fmt: skip
        except _Stopped:
            self.problem = "stopped"
        except FacefxError as error:
            self.problem = str(error)
        except Exception as error:  # a thread's traceback would reach nobody
            self.problem = f"{type(error).__name__}: {error}"
        self._seconds, self.finished = time.monotonic() - self._begun, True
        self.source.unlink(missing_ok=True)
        if self._stopped.is_set():  # longer than anybody waited
            shutil.rmtree(self.folder, ignore_errors=True)

    def _step(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total or 0
        if self._stopped.is_set():
            raise _Stopped


class _Stopped(Exception):
    """Somebody does not want the film any more."""


def _add_films(router: APIRouter, gallery: Gallery, parser: Parser, films: Kept[Film]) -> None:
    @router.post("/films")
    async def upload(request: Request, name: str = "film.mp4") -> dict[str, Any]:
        await asyncio.to_thread(films.make_room)  # said before gigabytes come
        folder = Path(tempfile.mkdtemp(prefix="facefx-studio-"))  # films are too large for memory; only this user may look into it
        source = folder / ("film" + "".join(c for c in Path(name).suffix[:8] if c.isalnum() or c == "."))
        try:
            with source.open("wb") as file:
                async for chunk in request.stream():
                    await asyncio.to_thread(file.write, chunk)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return {"id": await asyncio.to_thread(films.add, Film(folder, source, name[:200]))}

    @router.post("/films/{key}/start")
    async def start(key: str, request: Request) -> dict[str, Any]:
        film = films[key]
        chain = chain_of(table_of(await request.body()).get("steps"), gallery.files)
        if not chain.steps:
            raise ParameterError("there is nothing to do: add an effect or a look first")
        film.start(_with_paths(chain, gallery.files, film.folder), parser)
        return film.state()

    @router.get("/films/{key}")
    async def state(key: str) -> dict[str, Any]:
        return films[key].state()

    @router.get("/films/{key}/file")
    async def file(key: str) -> Response:
        film = films[key]
        if not film.finished or film.problem:
            raise OutputError(film.problem or "the film is not done yet")
        return FileResponse(film.target, filename=film.target.name, media_type="video/mp4")

    @router.delete("/films/{key}")
    async def stop(key: str) -> dict[str, Any]:
        await asyncio.to_thread(films.end, key)
        return {}


def _with_paths(chain: Chain, files: Mapping[str, bytes], folder: Path) -> Chain:
    """The chain with the files that it names on disk: a film's frames are edited by several threads."""

    def steps() -> Iterator[Any]:
        for step in chain.steps:
            held = {n: v for n, v in step.params.items() if isinstance(v, str) and v.startswith(PREFIX)}
            for name, value in held.items():
                path = folder / f"given-{secrets.token_hex(6)}"
                path.write_bytes(files[value.removeprefix(PREFIX)])
                held[name] = str(path)
            yield make_step(step.name, {**step.params, **held})

    return Chain(tuple(steps()), chain.seed)


class Folder:
    """Many pictures with one look, gathered in a ZIP with a report."""

    def __init__(self, chain: Chain, parser: Parser) -> None:
        self.chain, self.parser = chain, parser
        self.file = tempfile.NamedTemporaryFile(prefix="facefx-studio-", suffix=".zip")  # noqa: SIM115  (as long as it lives)
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)
        self._report: list[dict[str, Any]] = []
        self._names: set[str] = set()
        self._lock = threading.Lock()

    def add(self, data: bytes, name: str) -> dict[str, Any]:
        """Do one picture; what is wrong with it stands in the report."""
        record: dict[str, Any] = {"file": name}
        begun = time.perf_counter()
        try:
            result = self.chain.run(
                open_image(named(data, name), first_frame=True), segmenter=self.parser.segmenter, detector=self.parser.detector,
                person=self.parser.person, require_face=False,
            )  # fmt: skip
            content, kind = encoded_result(result.picture, None, 95, cut_out=self.chain.cuts_out)
            record |= {"status": "done" if self.chain.finds_work(result.scene) else "no face", "faces": len(result.scene.everyone)}
        except FacefxError as error:
            content, kind = b"", ""
            record |= {"status": "failed", "error": str(error)}
        record["seconds"] = round(time.perf_counter() - begun, 3)
        with self._lock:
            if content:
                record["output"] = self._unused(name, kind)
                self._zip.writestr(record["output"], content)
            self._report.append(record)
        return record

    @property
    def is_busy(self) -> bool:
        return self._lock.locked()

    def end(self) -> None:
        """Take the ZIP away."""
        with self._lock:
            self._zip.fp = None  # what is not written yet need not be
            self.file.close()

    def finish(self) -> Path:
        """The ZIP, whole."""
        with self._lock:
            if self._zip.fp is not None:
                self._zip.writestr("facefx-batch.jsonl", "".join(json.dumps(one) + "\n" for one in self._report))
                self._zip.close()
                self.file.flush()
        return Path(self.file.name)

    def _unused(self, name: str, kind: str) -> str:
        """A name in the ZIP that has no folder above it, and that nothing there has yet."""
        ending = {"image/jpeg": "jpg"}.get(kind, kind.partition("/")[2])
        parts = Path(name.replace("\\", "/")).with_suffix("").parts  # Windows takes both for a folder's end
        stem = "/".join(part for part in parts if part not in ("..", "/"))[:180] or "picture"
        names = (f"{stem}{extra}.{ending}" for extra in ("", *(f"-{n}" for n in range(2, 100_000))))
        found = next(one for one in names if one not in self._names)
        self._names.add(found)
        return found


def _add_folders(router: APIRouter, gallery: Gallery, places: Places, parser: Parser, folders: Kept[Folder]) -> None:
    @router.post("/folders")
    async def start(request: Request) -> dict[str, Any]:
        chain = chain_of(table_of(await request.body()).get("steps"), gallery.files)
        if not chain.steps:
            raise ParameterError("there is nothing to do: add an effect or a look first")
        return {"id": await asyncio.to_thread(folders.add, Folder(chain, parser))}

    @router.post("/folders/{key}")
    async def add(key: str, request: Request, name: str = "picture") -> dict[str, Any]:
        folder, data = folders[key], await request.body()

        def work() -> dict[str, Any]:
            with gallery.held():
                return folder.add(data, name[:300])

        async with places.place():
            return await places.work(work)

    @router.get("/folders/{key}/file")
    async def file(key: str) -> Response:
        folder = folders[key]
        path = await asyncio.to_thread(folder.finish)
        return FileResponse(
            path, filename="facefx-edited.zip", media_type="application/zip", background=BackgroundTask(folders.end, key)
        )

    @router.delete("/folders/{key}")
    async def stop(key: str) -> dict[str, Any]:
        await asyncio.to_thread(folders.end, key)
        return {}
