"""The built page before a real server: runs that were trained for it, a tab that notes what goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT, missing
from tests.server.conftest import SIZES, TEXT, trained
from tests.server.serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STATIC = ROOT / "src" / "hornbook" / "server" / "static"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 60_000
"""Milliseconds that anything may take before a test fails; the machine may be busy."""


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built page."""
    if not (STATIC / "index.html").is_file():
        missing("the page is not built; `make web` builds it")
    return STATIC


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    """A folder with a run that was looked at three times while it learned, and one that answers."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    head = f'name = "writer"\n[data]\ntext = ["{folder}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    sizes = SIZES.replace("evaluate_every = 0", "evaluate_every = 10\nsave_every = 10\nkeep = 5")
    sizes = sizes.replace("context = 64", "context = 256")  # long enough to be stopped on the way
    sizes = sizes.replace("prompts = []", 'prompts = ["The"]\nsampling = {max_tokens = 8}')
    trained(folder, "writer", head + '[tokenizer]\nkind = "bytepair"\nvocabulary = 270\n' + sizes)
    (folder / "asked.json").write_text(
        "[" + ",".join(f'{{"instruction": "Say {n}.", "output": "{n}, naïve!"}}' for n in range(60)) + "]",
        encoding="utf-8",
    )
    head = 'name = "answerer"\ntask = {kind = "instruct", template = "chatml", cut = true}\n'
    data = f'[data]\ntext = ["{folder}/asked.json"]\nsplit = "document"\nvalidation_fraction = 0.1\n'
    tokenizer = '[tokenizer]\nkind = "bytepair"\nvocabulary = 280\nspecial = ["<|im_start|>", "<|im_end|>"]\n'
    trained(folder, "answerer", head + data + tokenizer + SIZES)
    return folder


@pytest.fixture(scope="session")
def page_server(runs, built) -> Iterator[Running]:
    """A server with the page, started with the run that writes."""
    with serving([runs / "writer"], root=runs) as running:
        yield running


@pytest.fixture
def tab(browser: Browser, page_server: Running) -> Iterator[Callable[..., Page]]:
    """``tab("#/play")`` opens the page there; no error in its console and no request to elsewhere is forgiven."""
    with opening(browser, page_server) as opened:
        yield opened


@contextmanager
def opening(browser: Browser, server: Running, forgiven: str = "") -> Iterator[Callable[..., Page]]:
    """Tabs of a server's page, which has to be without a fault; what holds the word ``forgiven`` was meant."""
    pages, wrong = [], []

    def opened(address: str = "#/play", width: int = 1280, scheme: str = "light") -> Page:
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        ours = (server.url, f"blob:{server.url}", "data:")
        page.on("request", lambda request: request.url.startswith(ours) or wrong.append(request.url))
        page.on(
            "response", lambda got: got.status >= 400 and wrong.append(f"{got.status} {got.request.method} {got.url}")
        )
        page.on("console", lambda said: said.type in ("error", "warning") and wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{server.url}/{address}")
        page.wait_for_selector("main h1")
        return page

    yield opened
    for page in pages:
        page.close()
    assert [each for each in wrong if not forgiven or forgiven not in each] == []


def accessible(page: Page) -> None:
    """axe-core finds nothing in what is on the screen."""
    if not AXE.is_file():
        missing("axe-core is not installed; `make web` installs it")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    told = [f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in found]
    assert told == []


def fits(page: Page) -> None:
    """Nothing reaches beyond the edge of the screen."""
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], f"{wide[0]} pixels wide on a screen of {wide[1]}"
