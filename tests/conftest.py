"""What every test may ask for: the shared data, a browser, the command line, a golden file; and the quiet around it.

With ``HORNBOOK_REQUIRE_ALL=1`` (as in CI) what is missing fails the tests that need it; otherwise they are skipped and
say why. Nothing here imports ``hornbook``: what checks its annotations has to come first.
"""

from __future__ import annotations

import os

# Before torch or numpy is imported: one thread for each test process, and figures without a screen.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import asyncio
import difflib
import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest

from tests.annotations import check_annotations
from tests.commands import Commands

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
check_annotations(ROOT / "src" / "hornbook")
HOMES = itertools.count()
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The same examples every time; `HORNBOOK_HYPOTHESIS=broad` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None, max_examples=100)
hypothesis.settings.register_profile("broad", database=None, deadline=None, max_examples=1500, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HORNBOOK_HYPOTHESIS", "same"))


def missing(what: str) -> NoReturn:
    """Skip the test and say why; where everything is required, fail it."""
    if os.environ.get("HORNBOOK_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} (and HORNBOOK_REQUIRE_ALL=1 asks for it)", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data: ``HORNBOOK_TEST_DATA``, or ``shared`` beside the checkout."""
    folder = Path(os.environ.get("HORNBOOK_TEST_DATA") or ROOT.parent / "shared")
    if not (folder / "corpora").is_dir():
        missing(f"no test data: {folder} has no folder 'corpora'; set HORNBOOK_TEST_DATA to the folder that has")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, driven by Playwright."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is on the PATH; apt-get install chromium brings one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test has a cache of its own, no settings from outside, and one thread."""
    for name in [name for name in os.environ if name.startswith("HORNBOOK_")]:
        if name not in ("HORNBOOK_REQUIRE_ALL", "HORNBOOK_TEST_DATA", "HORNBOOK_GOLDEN"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path_factory.getbasetemp() / f"home-{next(HOMES)}"))
    if "torch" in sys.modules and sys.modules["torch"].get_num_threads() != 1:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(autouse=True)
def no_loop_of_a_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """No event loop runs in a test that drives no browser: Playwright leaves its own running in this thread.

    Otherwise a test that runs a loop would pass or fail by which tests its worker was given before.
    """
    if "browser" in request.fixturenames:
        yield
        return
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


PLAIN = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}


def surroundings() -> dict[str, str]:
    """The environment of a command: this one, with our sources, and output as it is written to a file."""
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **PLAIN, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """What starts commands without importing everything anew."""
    started = Commands({"THP_MEM_ALLOC_ENABLE": "1", **surroundings()})
    yield started
    started.close()


@pytest.fixture
def hornbook(tmp_path: Path, commands: Commands) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``hornbook ARGS...`` as a person would, in an empty folder: ``hornbook("train", "oz", expect=2).stderr``.

    ``env`` is laid over the environment (``None`` removes a name), ``expect`` is the exit code, ``stdin`` its input.
    """

    def run(
        *arguments: str | Path,
        env: dict[str, str | None] | None = None,
        expect: int | None = 0,
        cwd: Path = tmp_path,
        stdin: str = "",
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        words = [*map(str, arguments)]
        changed = {"THP_MEM_ALLOC_ENABLE": "1", **surroundings(), **(env or {})}
        environment = {name: value for name, value in changed.items() if value is not None}
        if commands.serves(environment):
            done = commands.run(words, cwd, environment, stdin, timeout)
        else:
            done = subprocess.run(
                [sys.executable, "-m", "hornbook", *words],
                cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, timeout=timeout,
            )  # fmt: skip
        said = f"hornbook {' '.join(words)}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
        assert expect is None or done.returncode == expect, f"exit code {done.returncode}, expected {expect}\n{said}"
        return done

    return run


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """``golden("presets.txt", text)``: the text has to be that of ``tests/golden``; ``make golden`` writes it anew."""

    def agree(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("HORNBOOK_GOLDEN") == "rewrite":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        changes = difflib.unified_diff(expected.splitlines(), text.splitlines(), name, "now", lineterm="")
        assert text == expected, "if this change is meant: make golden\n" + "\n".join(changes)

    return agree
