"""The documentation: every page can be found from the site's menu."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

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
