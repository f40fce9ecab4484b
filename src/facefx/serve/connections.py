"""A connection that does not wait forever for a request's first lines, as uvicorn's own do."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["IDLE", "Connection"]

#: Seconds that a connection may stay open without a word, or without a whole request's first lines.
IDLE = 15


class Connection(H11Protocol):
    """uvicorn's, by h11, whose limit on the length of those lines holds whatever else is installed.

    Between requests only so many seconds pass until the next one has begun, word by word or not; what is still sent of a request
    that was answered already counts as nothing. The body of one that is at work has the server's own limit.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop_waiting()
        self._wait()

    def _wait(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._patience is None and not self.transport.is_closing():
            self._patience = self.loop.call_later(IDLE, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
