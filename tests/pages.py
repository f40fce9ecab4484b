"""The pages of the documentation, taken apart: what stands in backticks, blocks of code, links, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGES", "ROOT", "Block", "anchors", "blocks", "directives", "in_backticks", "links", "page_name", "prose"]

ROOT = Path(__file__).resolve().parents[1]
#: All that is written by hand and read as documentation; the gallery is made by the docs build.
PAGES = [
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "gallery.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "plugins").glob("*/README.md")),
]

_FENCED = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
_NOTE = re.compile(r"<!-- (?P<key>not run|file): (?P<value>.+?) -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    ``line`` is that of its first line of code in the page. ``note`` is the comment right before it: ``not run`` and a reason, or
    ``file`` and the name under which it is to be saved.
    """

    language: str
    code: str
    line: int
    note: tuple[str, str] | None = None


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found = []
    for match in _FENCED.finditer(text):
        note = _NOTE.search(text, 0, match.start())
        line = text.count("\n", 0, match.start("code")) + 1
        found.append(Block(match["language"], match["code"], line, (note["key"], note["value"]) if note else None))
    return found


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _FENCED.sub("", page.read_text("utf-8"))


def in_backticks(page: Path) -> list[str]:
    """What stands between backticks in running text and tables."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def links(page: Path) -> list[str]:
    """Targets of links and pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """What a link to a heading may end in, as both GitHub and mkdocs make it, or to what a directive shows."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {*directives(page), *(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings)}


def directives(page: Path) -> list[str]:
    """What mkdocstrings puts onto the page, by full name."""
    return re.findall(r"^::: ([\w.]+)$", prose(page), re.MULTILINE)
