"""How many requests are at work and how many wait: one more is refused at once, so that nobody waits for what will not come."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any, TypeVar

from .limits import Limits

__all__ = ["Full", "Places", "TooSlow"]

Answer = TypeVar("Answer")

#: How much the newest request counts in the mean time that one takes.
_NEWEST = 0.2


class Full(Exception):
    """All places are taken; `retry_after` seconds from now one may be free."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"the server is busy and its queue is full; try again in {retry_after} s")


class TooSlow(Exception):
    """The work took longer than it may."""


class Places:
    """The places of a server, and the threads that do the work."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads: Executor = ThreadPoolExecutor(limits.at_once, "facefx-serve")
        self.taken = 0
        self.running = 0
        self._mean_seconds = 1.0

    @property
    def waiting(self) -> int:
        """Requests that have a place and are not worked on."""
        return self.taken - self.running

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for one request, from before its body is read. Raises `Full`."""
        if self.taken >= self._limits.at_once + self._limits.waiting:
            raise Full(max(math.ceil(self._mean_seconds * self.taken / self._limits.at_once), 1))
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def work(self, function: Callable[[], Answer]) -> Answer:
        """Run a function on one of the threads, as soon as one is free. Raises `TooSlow`; the thread is let finish.

        The time is that of the work; waiting is bounded by the number of those who wait.
        """
        loop = asyncio.get_running_loop()
        begun: asyncio.Future[None] = loop.create_future()
        context = copy_context()

        def run() -> Answer:
            loop.call_soon_threadsafe(self._begin, begun)
            start = time.perf_counter()
            try:
                return context.run(function)
            finally:
                loop.call_soon_threadsafe(self._end, time.perf_counter() - start)

        answer = loop.run_in_executor(self._threads, run)
        both: set[asyncio.Future[Any]] = {answer, begun}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        done, _ = await asyncio.wait({answer}, timeout=self._limits.seconds)
        if not done:
            self.taken += 1  # it keeps its place until the thread is done with it, though its request is answered
            answer.add_done_callback(self._left_behind)
            raise TooSlow(
                f"the work took longer than the {self._limits.seconds:g} s that this server allows; send a smaller picture"
            )
        return answer.result()

    def _begin(self, begun: asyncio.Future[None]) -> None:
        self.running += 1
        if not begun.done():
            begun.set_result(None)

    def _end(self, seconds: float) -> None:
        self.running -= 1
        self._mean_seconds += _NEWEST * (seconds - self._mean_seconds)

    def _left_behind(self, answer: asyncio.Future[Answer]) -> None:
        self.taken -= 1
        if not answer.cancelled():
            answer.exception()  # asked for, so that nobody complains that nobody did
