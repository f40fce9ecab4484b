"""Who may ask at all: the door that every request passes before anything of it is read.

A server on localhost can be reached by every web page that is open in a browser on the same machine. So ``Host`` must be a name
that is meant (a page may point its own name at 127.0.0.1), and ``Origin`` and ``Sec-Fetch-Site``, which pages cannot forge, must
say that the request comes from the server's own pages, or from no page at all.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from .problems import problem

__all__ = ["Access", "Guard"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

#: For pages: nothing but what this server itself hands out. Pictures and films that the page made itself are blob: and data:.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _PAGE,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
}
_OPEN = ("/healthz",)


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes
    ----------
    hosts : names besides localhost and its addresses; ``"*"`` for any.
    origins : of web pages that may ask besides the server's own.
    token : the bearer token that is wanted, if any.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)

    def knows_host(self, host: str) -> bool:
        """Whether a ``Host`` header, with or without a port, names this server."""
        name = _name_of(host)
        return "*" in self.hosts or name in self.hosts or name == "localhost" or _is_loopback(name)

    def knows_token(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header has the token; always if none is wanted."""
        return self.token is None or hmac.compare_digest(authorization.encode(), f"Bearer {self.token}".encode())

    def refusal(self, headers: Mapping[str, str], scheme: str, *, is_visit: bool) -> str | None:
        """Why a request with these headers is not from a page that may ask; None if it is."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if origin is not None:
            own = (f"{scheme}://{headers.get('host', '')}", f"https://{headers.get('host', '')}")  # a proxy may have ended TLS
            if origin not in (*own, *self.origins):
                return f"pages of {origin[:100]} may not use this server; its owner can allow them with --allow-origin"
        elif site not in ("none", "same-origin") and not is_visit:
            return "another page asked for this, and did not say which"
        return None


class Guard:
    """The ASGI middleware.

    Parameters
    ----------
    app : what is behind the door.
    access : who may pass it.
    longest : how many bytes a request to a path may have.
    needs_token : whether a path is behind the token.
    """

    def __init__(self, app: App, access: Access, longest: Callable[[str], int], needs_token: Callable[[str], bool]) -> None:
        self._app, self._access, self._longest, self._needs_token = app, access, longest, needs_token

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        send = self._with_headers(send, headers.get("origin"))
        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app(scope, _counted(receive, self._longest(scope["path"])), send)

    def _refused(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        path = scope["path"]
        if path in _OPEN:
            return None
        if not self._access.knows_host(headers.get("host", "")):
            return problem(421, "UnknownHost", "this server is not asked by that name; its owner can allow it with --allow-host")
        visit = headers.get("sec-fetch-mode") == "navigate" and scope["method"] in ("GET", "HEAD")
        if reason := self._access.refusal(headers, scope["scheme"], is_visit=visit and headers.get("sec-fetch-dest") == "document"):
            return problem(403, "OtherOrigin", reason)
        if scope["method"] == "OPTIONS" and headers.get("origin") in self._access.origins:
            return _preflight(headers["origin"])
        if self._needs_token(path) and not self._access.knows_token(headers.get("authorization", "")):
            return problem(401, "NoToken", "this needs the header Authorization: Bearer TOKEN", {"www-authenticate": "Bearer"})
        length, longest = headers.get("content-length", "0"), self._longest(path)
        if not length.isdecimal() or int(length) > longest:
            return too_long(longest)
        return None

    def _with_headers(self, send: Send, origin: str | None) -> Send:
        more = dict(HEADERS)
        if origin is not None and origin in self._access.origins:
            more |= {"access-control-allow-origin": origin, "vary": "Origin", "cross-origin-resource-policy": "cross-origin"}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                added = [(n.encode(), v.encode()) for n, v in more.items() if n.encode() not in there]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return sent


class BodyTooLong(Exception):
    """More came than may."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        super().__init__(f"the request has more than the {longest} bytes that this server takes")


def too_long(longest: int) -> Any:
    """The answer to more bytes than may come."""
    return problem(413, "BodyTooLong", str(BodyTooLong(longest)), {"connection": "close"})


def _counted(receive: Receive, longest: int) -> Receive:
    """What is received, as long as it is not more than may be: a chunked body does not say how long it is."""
    had = 0

    async def counted() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > longest:
            raise BodyTooLong(longest)
        return message

    return counted


def _preflight(origin: str) -> Any:
    from starlette.responses import Response

    allowed = {"access-control-allow-methods": "GET, POST", "access-control-allow-headers": "authorization, content-type"}
    return Response(status_code=204, headers=allowed | {"access-control-max-age": "600"})


def _name_of(host: str) -> str:
    """The name in a ``Host`` header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
