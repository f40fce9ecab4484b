"""What a benchmark writes to a page goes between its marks, and nowhere else."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from results import add_markdown, markdown, show

PAGE = "before\n<!-- other -->\nkept\n<!-- /other -->\n<!-- speed -->\nold\n<!-- /speed -->\nafter\n"


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_markdown(parser, "speed")
    return parser


def test_the_table_goes_between_its_marks(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    section = parser.parse_args(["--markdown", str(page)]).markdown
    section.write(markdown(["", "one"], [["a", "1"], ["b", "–"]]))
    assert page.read_text("utf-8") == PAGE.replace("old", "\n|  | one |\n| --- | --- |\n| a | 1 |\n| b | – |\n")


@pytest.mark.parametrize(
    "text", ["", "<!-- other --><!-- /other -->", "<!-- speed --> no end", "<!-- /speed --><!-- speed -->", None]
)
def test_a_page_without_marks_is_refused_at_once(
    parser: argparse.ArgumentParser, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    with pytest.raises(SystemExit):
        parser.parse_args(["--markdown", str(page)])
    assert str(page) in capsys.readouterr().err
    assert not page.exists() or page.read_text() == text


def test_the_table_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(["what", "one"], [["a", "12"]], "title")
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("title", "what", "one", "12"))
