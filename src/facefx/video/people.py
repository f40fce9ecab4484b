"""Who is who in a film: a number that stays with a person while faces are lost, found again, and cross each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from ..face.values import Box
from ..image.canvas import Canvas
from .looks import looks_of, unlike

__all__ = ["People", "Person"]

T = TypeVar("T", bound=Any)

#: So many frames after somebody was last followed a face at about that place, or with about those looks, is taken for theirs.
REMEMBERED = 75
#: How far that may be, in sides, and how much further with each frame; and how unlike the looks may be, 0 to 1.
NEAR, PER_FRAME, UNLIKE = 1.5, 0.1, 0.6
#: Faces nearer to each other than this, in sides, may be taken for each other. Their looks are compared again when they part.
CLOSE = 1.3
#: Every so many frames in which nobody else is near it is looked what somebody looks like, and so much of it remembered.
LEARNS_EVERY, LEARNED = 4, 0.2


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody in a film, as last seen.

    Attributes
    ----------
    number : from 0, the largest of the first frame first.
    box : where.
    looks : `looks_of` the person while nobody else was near; None if that is not known.
    frame : when.
    """

    number: int
    box: Box
    looks: np.ndarray | None
    frame: int


class People:
    """Gives the faces that are followed through one film their numbers."""

    def __init__(self) -> None:
        self._known: dict[int, Person] = {}
        self._frame, self._numbers = 0, 0
        self._met: set[int] = set()  # those who came close to each other, and have not parted yet

    def forget_places(self) -> None:
        """A new shot: nobody is where they were, and who looks alike need not be the same."""
        self._known = {}
        self._met = set()

    def named(self, tracks: Sequence[T], picture: Canvas) -> list[T]:
        """The faces of the next frame, which have a `box` and a `person`, with the persons that they are."""
        self._frame += 1
        boxes = [track.box for track in tracks]
        close = [any(_distance(box, other) < CLOSE for other in boxes if other is not box) for box in boxes]
        numbers = [track.person.number if track.person and track.person.number in self._known else None for track in tracks]
        self._met |= {number for number, near in zip(numbers, close, strict=True) if near and number is not None}
        fresh = [index for index, number in enumerate(numbers) if number is None]
        if fresh or (self._met and not any(close)):
            apart = [index for index, near in enumerate(close) if not near]
            seen = {i: looks_of(picture, boxes[i]) for i in {*fresh, *(i for i in apart if numbers[i] in self._met)}}
            numbers = self._found_out(boxes, numbers, seen, set(apart))
        result = []
        for track, number, near in zip(tracks, numbers, close, strict=True):
            person = self._updated(number, track.box, near, picture)
            result.append(replace(track, person=person))
        self._known = {n: person for n, person in self._known.items() if self._frame - person.frame <= REMEMBERED}
        return result

    def _found_out(
        self, boxes: Sequence[Box], numbers: list[int | None], seen: dict[int, np.ndarray | None], apart: set[int]
    ) -> list[int | None]:
        """Numbers of those who are new, and of those who met and have parted, by place and looks, the likeliest first."""
        parted = {number for index, number in enumerate(numbers) if number in self._met and index in apart}
        open_to = [index for index, number in enumerate(numbers) if number is None or number in parted]
        settled = {number for index, number in enumerate(numbers) if index not in open_to}
        pairs = []
        for index in open_to:
            for person in self._known.values():
                far, gone = _distance(boxes[index], person.box), self._frame - person.frame
                difference = unlike(seen.get(index), person.looks)
                mine = person.number == numbers[index]
                if person.number not in settled and difference <= UNLIKE and (mine or far <= NEAR + PER_FRAME * gone):
                    pairs.append((difference + 0.1 * far - 0.1 * mine, index, person.number))
        result: list[int | None] = [None if index in open_to else number for index, number in enumerate(numbers)]
        for _, index, number in sorted(pairs):
            if result[index] is None and number not in result:
                result[index] = number
        for index in open_to:  # whose looks changed and whom nobody else was taken for
            if result[index] is None and numbers[index] is not None and numbers[index] not in result:
                result[index] = numbers[index]
        self._met -= parted
        newcomers = sorted((index for index, number in enumerate(result) if number is None), key=lambda i: -boxes[i].area)
        for index in newcomers:
            result[index] = self._next_number()
        return result

    def _next_number(self) -> int:
        number, self._numbers = self._numbers, self._numbers + 1
        return number

    def _updated(self, number: int | None, box: Box, near: bool, picture: Canvas) -> Person:
        assert number is not None
        before = self._known.get(number)
        looks = before.looks if before else None
        if looks is None or (not near and number not in self._met and self._frame % LEARNS_EVERY == 0):
            now = looks_of(picture, box)
            looks = now if looks is None or now is None else looks + LEARNED * (now - looks)
        self._known[number] = Person(number, box, looks, self._frame)
        return self._known[number]


def _distance(first: Box, second: Box) -> float:
    """Of the middles, in sides of the larger one."""
    return float(np.hypot(*np.subtract(first.center, second.center))) / max(first.side, second.side, 1e-9)
