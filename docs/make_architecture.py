"""Draws the rooms of the library and who imports whom, from the imports themselves; mkdocs runs it before each build.

python docs/make_architecture.py         # by hand
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import accumulate, combinations, pairwise, permutations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "facefx"
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"

Graph = Mapping[str, frozenset[str]]

#: Every room may import these, so arrows to them would say nothing.
GROUND = ("errors", "shown", "held_files", "small_files", "labels")
LEFT_OUT = ("_moved", "__main__", "__init__", *GROUND)
#: In pixels: a room, the gap beside it, the way through a storey for an arrow, from one storey to the next, and round it all.
WIDTH, HEIGHT, GAP, PASSAGE, STOREY, MARGIN = 184, 46, 20, 8, 86, 28
INK, LINE, PAPER, FILL, BORDER = "#1c2430", "#6d7a8c", "#fbfaf6", "#e4ecf7", "#8fa6c6"


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a file imports from; those for type checks and in functions count."""
    inside = path.relative_to(SOURCE).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = inside[: len(inside) - node.level]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {(*base, *name.split("."))[0] for name in names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("facefx."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("facefx.")}
    return found


def rooms() -> Graph:
    """What each room imports: a folder of the package or a file beside them, by name."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        found.setdefault(path.relative_to(SOURCE).parts[0].removesuffix(".py"), set()).update(imported_rooms(path))
    return {room: frozenset(others & set(found) - {room}) for room, others in found.items()}


def reached(graph: Graph, start: str) -> frozenset[str]:
    """All that a room imports, by whatever way."""
    return graph[start].union(*(reached(graph, other) for other in graph[start]))


def direct(graph: Graph) -> Graph:
    """The same without imports that a longer way implies: what is left says the order, and no more."""
    return {room: others.difference(*(reached(graph, other) for other in others)) for room, others in graph.items()}


def storeys(graph: Graph) -> list[list[str]]:
    """The rooms by the longest way down from them, the lowest first."""
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            heights[room] = max((height(other) + 1 for other in graph[room]), default=0)
        return heights[room]

    for room in graph:
        height(room)
    return [[room for room in graph if heights[room] == level] for level in range(max(heights.values()) + 1)]


def laid_out(levels: list[list[str]], arrows: Graph) -> tuple[dict[str, tuple[float, float]], list[list[str]], float]:
    """Middles of the rooms, each arrow as the places that it passes, and the width of it all.

    An arrow over more than one storey passes those between through a gap of its own, so that none runs behind a room.
    """
    story = {room: height for height, level in enumerate(levels) for room in level}
    rows = [list(level) for level in levels]
    ways = []
    for room, others in arrows.items():
        for other in sorted(others):
            gaps = [f"{room}>{other}@{height}" for height in range(story[room] - 1, story[other], -1)]
            for height, gap in zip(range(story[room] - 1, story[other], -1), gaps, strict=True):
                rows[height].append(gap)
            ways.append([room, *gaps, other])
    _untangle(rows, [pair for way in ways for pair in pairwise(way)])
    across: dict[str, float] = {}
    for row in rows:
        widths = [PASSAGE if "@" in place else WIDTH for place in row]
        ends = list(accumulate(w + GAP for w in widths))
        across |= {place: end - GAP - w / 2 - (ends[-1] - GAP) / 2 for place, end, w in zip(row, ends, widths, strict=True)}
    width = 2 * MARGIN + 2 * max(abs(x) + (PASSAGE if "@" in place else WIDTH) / 2 for place, x in across.items())
    top = MARGIN + (len(rows) - 1) * STOREY + HEIGHT / 2
    places = {place: (width / 2 + across[place], top - height * STOREY) for height, row in enumerate(rows) for place in row}
    return places, ways, width


def _untangle(rows: list[list[str]], links: list[tuple[str, str]]) -> None:
    """Put each row in the order in which fewest arrows cross, again and again; a row holds few enough to try all orders."""

    def crossings(row: Sequence[str]) -> int:
        at = {place: number for other in (*rows, row) for number, place in enumerate(other)}
        near = [[(at[a], at[b]) for a, b in links if a in row], [(at[a], at[b]) for a, b in links if b in row]]
        return sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for pairs in near for a, b in combinations(pairs, 2))

    for _ in range(3):
        for row in rows:
            row[:] = min(permutations(row), key=crossings)


def ideas() -> dict[str, str]:
    """A few words on each room: how its row of the page's table begins."""
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \| ([^|]+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {room: re.split("[:;]", idea)[0].replace("`", "") for room, idea in rows}


def drawing(graph: Graph) -> str:
    """An SVG on paper of its own, so that it can be read on a page of any colour."""
    shown = {room: frozenset(others - set(LEFT_OUT)) for room, others in graph.items() if room not in LEFT_OUT}
    arrows = direct(shown)
    levels = storeys(shown)
    places, ways, width = laid_out(levels, arrows)
    ground = MARGIN + len(levels) * STOREY - GAP
    height = ground + HEIGHT + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" '
        'role="img" font-family="system-ui, Helvetica, Arial, sans-serif">',
        "<title>The rooms of facefx, and which imports from which</title>",
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0.5 0.8 7 4 0.5 7.2" fill="none" stroke="{LINE}" stroke-width="1.3"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height}" rx="10" fill="{PAPER}"/>',
        *(_arrow([places[place] for place in way]) for way in ways),
        *(_room(places[room], room, ideas().get(room, "")) for room in shown),
        _ground(width, ground),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrow(way: list[tuple[float, float]]) -> str:
    """From the lower edge of a room, straight through the gaps on the way, to the upper edge of the one that it imports."""
    path = f"M{way[0][0]:.1f} {way[0][1] + HEIGHT / 2:.1f}"
    for (x0, y0), (x1, y1) in pairwise(way):
        upper, lower = y0 + HEIGHT / 2, y1 - HEIGHT / 2
        path += f"C{x0:.1f} {(upper + lower) / 2:.1f} {x1:.1f} {(upper + lower) / 2:.1f} {x1:.1f} {lower:.1f}"
        if (x1, y1) != way[-1]:
            path += f"V{y1 + HEIGHT / 2:.1f}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.3" marker-end="url(#tip)"/>'


def _room(middle: tuple[float, float], room: str, idea: str) -> str:
    x, y = middle
    return (
        f'<rect x="{x - WIDTH / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="7" fill="{FILL}" '
        f'stroke="{BORDER}"/><g text-anchor="middle" fill="{INK}"><text x="{x:.1f}" y="{y - 2:.1f}" font-size="16" '
        f'font-weight="600">{escape(room)}</text><text x="{x:.1f}" y="{y + 14:.1f}" font-size="11">{escape(idea)}</text></g>'
    )


def _ground(width: float, top: float) -> str:
    """What every room may import is the ground that all stand on."""
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{width - 2 * MARGIN:.0f}" height="{HEIGHT}" rx="7" fill="none" stroke="{BORDER}" '
        f'stroke-dasharray="4 3"/><text x="{width / 2:.0f}" y="{top + 28}" text-anchor="middle" font-size="14" fill="{INK}">'
        f"{', '.join(GROUND)}: the vocabulary, for every room</text>"
    )


def on_pre_build(config: Any = None) -> None:
    """mkdocs' hook."""
    picture = drawing(rooms())
    if not PICTURE.exists() or PICTURE.read_text("utf-8") != picture:  # else `mkdocs serve` would build for ever
        PICTURE.write_text(picture, "utf-8")


if __name__ == "__main__":
    on_pre_build()
