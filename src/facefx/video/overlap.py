"""Doing things at the same time that would otherwise wait for each other, in the order that they come in."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["ahead"]

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
