"""The window itself: pygame shows what a `Session` makes, and hands it the keys."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from ..errors import MissingExtra, OutputError
from .session import Session

__all__ = ["on_time", "run"]

T = TypeVar("T")

TITLE = "facefx live"
#: Of so many frames that come too late one is shown all the same.
LATE = 8


def _pygame() -> Any:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError:
        raise MissingExtra("pygame-ce, which opens the window,", "live") from None
    return pygame


def on_time(frames: Iterable[tuple[float, T]]) -> Iterator[T]:
    """The frames, each when it is due, without those after which the next one is due already."""
    began, last, left_out = time.perf_counter(), 0.0, 0
    for due, frame in frames:
        now, gap, last = time.perf_counter() - began, due - last, due
        if gap and due + gap < now and left_out < LATE:
            left_out += 1
            continue
        left_out = 0
        time.sleep(max(due - now, 0.0))
        yield frame


def run(session: Session, frames: Iterator[tuple[float, np.ndarray]]) -> None:
    """Show frames until a key or the window's own button ends it.

    Raises
    ------
    MissingExtra
        Without pygame-ce.
    OutputError
        If there is no display.
    """
    pygame = _pygame()
    try:
        pygame.display.init()
        screen = pygame.display.set_mode((960, 540))
    except pygame.error as error:
        raise OutputError(f"no window can be opened ({error}); live needs a display") from None
    try:
        pygame.display.set_caption(TITLE)
        for frame in on_time(frames):
            for event in pygame.event.get():
                if event.type == pygame.QUIT:
                    session.press("q")
                elif event.type == pygame.KEYDOWN:
                    session.press(pygame.key.name(event.key))
            if not session.running:
                break
            picture = session.show(frame)
            size = picture.shape[1], picture.shape[0]
            if screen.get_size() != size:
                screen = pygame.display.set_mode(size)
            screen.blit(pygame.image.frombuffer(np.ascontiguousarray(picture), size, "RGB"), (0, 0))
            pygame.display.flip()
    finally:
        session.close()
        pygame.display.quit()
