"""Doing things at the same time that would otherwise wait for each other, in the order that they come in."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any, TypeVar

__all__ = ["ahead", "newest"]

T = TypeVar("T")


def ahead(items: Iterator[T], count: int) -> Generator[T]:
    """The items, of which up to `count` are fetched by a thread of their own before they are asked for.

    What fetching raises is raised where that item would have come. Close it, when it is left early, before what it fetches from.
    """
    end: Any = object()
    with ThreadPoolExecutor(1, "facefx-ahead") as thread:
        coming = deque(thread.submit(next, items, end) for _ in range(count))
        try:
            while (item := coming.popleft().result()) is not end:
                coming.append(thread.submit(next, items, end))
                yield item
        finally:
            for one in coming:
                one.cancel()


def newest(items: Generator[T]) -> Generator[T]:
    """Of the items, which a thread of its own fetches as they come, the newest each time that one is asked for.

    What fetching raises is raised where the next item would have come. The items are closed with this.
    """
    latest: Queue[Future[T]] = Queue(1)
    left = Event()

    def fetch() -> None:
        while not left.is_set():
            coming: Future[T] = Future()
            try:
                coming.set_result(next(items))
            except BaseException as error:  # it is raised where the items are asked for
                coming.set_exception(error)
            with suppress(Empty):
                latest.get_nowait()
            latest.put(coming)
            if coming.exception():
                return

    thread = Thread(target=fetch, name="facefx-newest", daemon=True)
    thread.start()
    try:
        while not isinstance((coming := latest.get()).exception(), StopIteration):
            yield coming.result()
    finally:
        left.set()
        thread.join()
        items.close()
