"""Numbers that stay with people in a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facefx.face.values import Box
from facefx.image.canvas import Canvas
from facefx.video.people import REMEMBERED, People, Person

HEIGHT, WIDTH, SIDE = 200, 480, 60.0
RED, BLUE, GREEN = (0.8, 0.2, 0.1), (0.1, 0.2, 0.8), (0.2, 0.7, 0.2)


@dataclass(frozen=True)
class Track:
    """A face that is followed: nothing but its box, and who it is."""

    box: Box
    person: Person | None = None


def shown(people: Sequence[tuple[float, tuple[float, float, float]]]) -> tuple[Canvas, list[Box]]:
    """A picture of people in one colour each, at these places; later ones stand before earlier ones."""
    picture = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    boxes = []
    for x, color in people:
        box = Box.square((x, 90.0), SIDE)
        boxes.append(box)
        picture[40:160, max(int(x - 0.6 * SIDE), 0) : max(int(x + 0.6 * SIDE), 0)] = color
    return Canvas(picture), boxes


def follow(frames: Sequence[Sequence[tuple[float, tuple[float, float, float]]]], swapped: Sequence[int] = ()) -> list[list[int]]:
    """The numbers in each frame. From the frames `swapped` on, whoever follows takes each of two for the other, as trackers do."""
    people, tracks, numbers = People(), [], []
    for index, frame in enumerate(frames):
        picture, boxes = shown(frame)
        kept = [track.person for track in tracks] + [None] * len(boxes)
        if index in swapped:
            kept[:2] = kept[1::-1]
        tracks = people.named([Track(box, person) for box, person in zip(boxes, kept, strict=False)], picture)
        numbers.append([track.person.number for track in tracks])
    return numbers


def test_two_who_cross_keep_their_numbers() -> None:
    there = np.linspace(100, 380, 29)
    frames = [[(x, RED), (480 - x, BLUE)] for x in there]
    assert follow(frames) == [[0, 1]] * 29
    # they were taken for each other while they were close: their looks tell, once they have parted
    assert follow(frames, swapped=[14])[-1] == [0, 1]


def test_who_was_lost_for_a_while_comes_back_as_the_same() -> None:
    gone: list[list[tuple[float, tuple[float, float, float]]]] = [[]] * 20
    assert follow([[(100, RED)], *gone, [(104, RED)]])[-1] == [0]
    assert follow([[(100, RED)], *gone, [(104, GREEN)]])[-1] == [1]  # somebody else stands there now
    assert follow([[(100, RED)], *[[]] * (REMEMBERED + 2), [(104, RED)]])[-1] == [1]


def test_a_new_shot_knows_nobody() -> None:
    people = People()
    picture, boxes = shown([(100, RED)])
    first = people.named([Track(boxes[0])], picture)
    people.forget_places()
    again = people.named([Track(boxes[0])], picture)
    assert (first[0].person.number, again[0].person.number) == (0, 1)


def test_the_largest_of_those_who_come_together_is_first() -> None:
    people = People()
    picture, _ = shown([(100, RED), (300, BLUE)])
    named = people.named([Track(Box.square((100, 90), 40)), Track(Box.square((300, 90), 80))], picture)
    assert [track.person.number for track in named] == [1, 0]
