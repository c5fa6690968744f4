"""The documentation: every page is in the site's menu, the map of the rooms is what the code says, files exist."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from hornbook.course.lesson import read_lessons
from tools.draw_rooms import PICTURE, imports, layers, needed, written

ROOT = Path(__file__).resolve().parents[2]


def pages(menu: Any) -> list[str]:
    """All files that a menu names."""
    if isinstance(menu, str):
        return [menu]
    return [page for entry in (menu if isinstance(menu, list) else menu.values()) for page in pages(entry)]


def test_every_page_is_in_the_menu_once() -> None:
    menu = pages(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert len(menu) == len(set(menu))
    written = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert written == {page for page in menu if "/" not in page}


def test_the_menu_has_every_lesson_under_its_title() -> None:
    menu = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    [listed] = [entry["Lessons"] for entry in menu if "Lessons" in entry]
    told = {page: title for entry in listed for title, page in entry.items()}
    del told["lessons/index.md"]
    assert told == {f"lessons/{each.stem}.md": f"{each.number:02} {each.title}" for each in read_lessons()}


@pytest.mark.slow
def test_the_picture_of_the_rooms_is_what_the_code_imports() -> None:
    kept = re.search(r"<dc:description>(.*?)</dc:description>", PICTURE.read_text(encoding="utf-8"), re.S)
    assert kept is not None
    assert unescape(kept[1]) == written(imports()), "python tools/draw_rooms.py draws it anew"
    order = {room: place for place, layer in enumerate(layers()) for room in layer}
    assert imports() and all(order[other] < order[room] for room, other in imports())


def test_only_what_follows_from_other_imports_is_left_out_of_the_picture() -> None:
    assert needed({("c", "b"), ("b", "a"), ("c", "a")}) == {("c", "b"), ("b", "a")}
    assert needed({("d", "b"), ("d", "c"), ("b", "a"), ("c", "a")}) == {("d", "b"), ("d", "c"), ("b", "a"), ("c", "a")}


def test_the_citation_is_of_this_version_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = dict(re.findall(r"^(\w[\w-]*): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M))
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert cited["abstract"].strip('"') == project["description"]


@pytest.mark.parametrize(
    "page", ["SECURITY.md", "README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_a_file_that_a_page_names_exists(page: str) -> None:
    homes = (ROOT, ROOT / "src" / "hornbook", *(ROOT / "tests" / room for room in ("training", "model")))
    for name in re.findall(r"`((?:[a-z_]+/)+[a-z_0-9]*(?:\.py|/)?)[:`]", (ROOT / page).read_text(encoding="utf-8")):
        if name.split("/")[0] in {"src", "tests", "benchmarks", "tools", "lessons", "docs"} or name.endswith(".py"):
            assert any((home / name).exists() for home in homes), f"{page} names {name}"
