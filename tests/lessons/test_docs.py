"""The pages beside the course: lessons, commands and links exist. Their figures: tests/gates/test_figures.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hornbook.cli.app import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ["glossary", "troubleshooting", "hyper-parameters", "own-parts"]
NUMBERS = range(1, 31)


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_lessons_links_and_commands_of_a_page_exist(name: str) -> None:
    text = page(name)
    for group in re.findall(r"[Ll]essons? (\d+(?:(?:,| and|, and) \d+)*)", text):
        assert all(int(number) in NUMBERS for number in re.findall(r"\d+", group)), group
    for link in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (DOCS / link).exists(), link
    for first, second in re.findall(r"hornbook ([a-z]+)(?: ([a-z-]+))?", text):
        command = app[first]
        assert command is not None
        if first == "learn" and second:
            assert command[second] is not None
