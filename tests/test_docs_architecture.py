"""The picture of the rooms shows what the import test reads, and is the one that the docs build would draw."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import make_architecture as picture
from test_architecture import ORDER, inside, modules_of, part

pytestmark = pytest.mark.slow


def test_the_rooms_and_their_imports_are_those_of_the_import_test() -> None:
    seen = {room: {part(other) for module in modules_of(room) for other in inside(module)} - {room} for room in ORDER}
    assert {room: set(others) for room, others in picture.rooms().items() if room != "__init__"} == seen


def test_only_what_a_longer_way_implies_is_left_out() -> None:
    graph = {"d": frozenset("abc"), "c": frozenset("ab"), "b": frozenset("a"), "a": frozenset[str]()}
    assert picture.direct(graph) == {"d": {"c"}, "c": {"b"}, "b": {"a"}, "a": set()}
    rooms = picture.rooms()
    for room, others in rooms.items():
        assert picture.reached(picture.direct(rooms), room) == picture.reached(rooms, room)
        assert picture.direct(rooms)[room] <= others


def test_every_room_stands_above_those_that_it_imports() -> None:
    graph = picture.rooms()
    stories = picture.storeys(graph)
    heights = {room: height for height, level in enumerate(stories) for room in level}
    assert all(heights[room] > heights[other] for room, others in graph.items() for other in others)


def test_the_picture_names_every_room_and_what_it_is_for() -> None:
    root = ElementTree.fromstring(picture.drawing(picture.rooms()))
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for room in set(ORDER) - set(picture.LEFT_OUT):
        assert room in texts
        assert picture.ideas()[room] in texts
        assert len(picture.ideas()[room]) <= 32, f"{room}: the page's row begins with more than the picture has room for"


def test_the_picture_that_is_kept_is_new() -> None:
    if picture.drawing(picture.rooms()) != picture.PICTURE.read_text("utf-8"):
        pytest.fail("the imports have changed since docs/pictures/architecture.svg was drawn: run python docs/make_architecture.py")


def test_the_page_shows_it() -> None:
    assert re.search(r"!\[.+\]\(pictures/architecture\.svg\)", picture.PAGE.read_text("utf-8"))
