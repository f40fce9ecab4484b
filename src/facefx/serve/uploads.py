"""What came in a request, read into memory and nowhere else: a picture as the body, or a form with the picture and more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ..errors import ImageError, ParameterError
from .limits import Limits

__all__ = ["Upload", "UploadTooSlow", "read_body", "read_upload"]

#: Bytes of a field of a form that is no file: a look of a hundred steps has 30,000.
_FIELD = 2**20
_FIELDS = 32


class UploadTooSlow(Exception):
    """A body took longer to arrive than it may."""


@dataclass(frozen=True)
class Upload:
    """What came.

    Attributes
    ----------
    image : the picture's bytes.
    options : by name, as text.
    files : what else came as a file, by name.
    """

    image: bytes = field(repr=False)
    options: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class _InMemory(MultiPartParser):
    """Starlette's parser, which writes what is larger than this to disk."""

    spool_max_size = 2**40

    def close(self) -> None:
        """Let go of all files, also of one that was cut short, which the form does not have."""
        for file in self._files_to_close_on_error:
            file.close()


async def read_body(request: Request, limits: Limits) -> bytes:
    """All of the body. Raises `UploadTooSlow`."""
    try:
        async with asyncio.timeout(limits.upload_seconds):
            return await request.body()
    except TimeoutError:
        raise UploadTooSlow(f"the body did not arrive within {limits.upload_seconds:g} s") from None


async def read_upload(request: Request, limits: Limits) -> Upload:
    """What came: options from the address, or from the fields of the form.

    Raises `ParameterError` for a form that is none or says a thing twice, `ImageError` if there is no picture, `UploadTooSlow`.
    """
    options = _once(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        if kind.startswith(("text/", "application/json", "application/x-www-form-urlencoded")):
            raise ImageError(
                f"the body is {kind}; send the picture itself, such as image/jpeg, or multipart/form-data with a file 'image'"
            )
        image = await read_body(request, limits)
        return _checked(Upload(image, options))
    try:
        async with asyncio.timeout(limits.upload_seconds):
            fields, files = await _form(request, limits)
    except TimeoutError:
        raise UploadTooSlow(f"the body did not arrive within {limits.upload_seconds:g} s") from None
    image = files.pop("image", b"")
    return _checked(Upload(image, _once([*options.items(), *fields]), files))


async def _form(request: Request, limits: Limits) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    async def stream() -> AsyncGenerator[bytes]:
        async for chunk in request.stream():
            yield chunk

    parser = _InMemory(request.headers, stream(), max_files=limits.files, max_fields=_FIELDS, max_part_size=_FIELD)
    fields: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    try:
        form = await parser.parse()
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields.append((name, value))
            elif name in files:
                raise ParameterError(f"the form has two files {name[:60]!r}; give each a name of its own")
            else:
                files[name] = await value.read()
    except (MultiPartException, KeyError, ValueError) as error:
        detail = getattr(error, "message", None) or "it has no boundary, or is cut short"
        raise ParameterError(f"the form cannot be read: {detail}") from None
    finally:
        parser.close()
    return fields, files


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in pairs:
        if name in options:
            raise ParameterError(f"{name[:60]!r} is given twice")
        options[name] = value
    return options


def _checked(upload: Upload) -> Upload:
    if not upload.image:
        raise ImageError("there is no picture: send it as the body, or as the file 'image' of a form (multipart/form-data)")
    return upload
