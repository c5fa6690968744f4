"""Every screen of the page as a picture in docs/page, out of a real browser before a real server.

    make screenshots                                    # trains a model of stories first, for three minutes
    python benchmarks/screenshots.py --runs FOLDER      # shows the newest of your runs

The pictures are PNGs of at most 300 KB; whichever is larger is an error.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "page"
LARGEST = 300_000
ENOUGH = 40
"""So many tokens make a text that shows something."""
HELD = 9
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RECIPE = """
extends = "quickstart"
name = "stories"
about = "A model of stories, looked at ten times while it learned."
[training]
minutes = 3.0
evaluate_every = 0.1
save_every = 0.1
keep = 12
[samples]
prompts = ["Once upon a time"]
sampling = {max_tokens = 60, temperature = 0.8}
"""


def nothing(page: Page) -> None:
    """What is there is what is shown."""


def write(page: Page) -> None:
    """Let the model write, anew where it soon came to an end, and hold one of its tokens."""
    page.get_by_role("button", name="Write", exact=True).click()
    page.get_by_role("button", name="Go on").wait_for()
    for _ in range(10):
        if page.locator(".token").count() >= ENOUGH:
            break
        page.get_by_role("button", name="Again").click()
        page.get_by_role("button", name="Go on").wait_for()
    page.locator(".token").nth(HELD).click()
    page.locator(f"[data-place='{HELD}'] .bar").first.wait_for()


def compare(page: Page) -> None:
    """Let three checkpoints write."""
    page.get_by_role("button", name="Write", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('.side-by-side .token').length > 60")


def experiment(page: Page) -> None:
    """Show what another temperature of attention and another token change."""
    page.locator("[aria-label='What if']").scroll_into_view_if_needed()
    page.locator(".outcome").first.wait_for()
    page.evaluate("document.querySelector('[aria-label=\"What if\"]').scrollIntoView({block: 'start'})")


def palette(page: Page) -> None:
    """Open the list of all that can be done, and look for something."""
    page.keyboard.press("Control+k")
    page.get_by_label("What to do").fill("ins")


@dataclass(frozen=True)
class Shot:
    """A picture: where in the page, what is done there before, how wide, by day or by night."""

    name: str
    address: str
    before: Callable[[Page], None] = nothing
    width: int = 1280
    scheme: str = "light"


PROMPT = "prompt=Once%20upon%20a%20time%20there%20was%20a%20little"
SHOTS = (
    Shot("play", "#/play?prompt=Once%20upon%20a%20time,", write),
    Shot("play-dark", "#/play?prompt=Once%20upon%20a%20time,", write, scheme="dark"),
    Shot("play-narrow", "#/play?prompt=Once%20upon%20a%20time,", write, width=320),
    Shot("compare", "#/play?mode=compare&prompt=Once%20upon%20a%20time,", compare),
    Shot("inside", f"#/inside?{PROMPT}&layer=1&head=2&off=head:1.2"),
    Shot("experiment", f"#/inside?{PROMPT}&off=head:1.2&temperature=4@attention:1", experiment),
    Shot("palette", "#/play?prompt=Once%20upon%20a%20time,", palette),
    Shot("train", "#/train"),
    Shot("tokens", "#/tokens"),
    Shot("rate", "#/rate"),
    Shot("learn", "#/learn"),
    Shot("models", "#/models"),
)


@contextmanager
def serving(runs: Path) -> Iterator[str]:
    """``hornbook ui`` on a folder of runs; its address."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "hornbook", "ui", "--no-open", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=runs.parent, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for line in server.stdout or ():
            found = re.search(r"http://\S+", line)
            if found:
                yield found[0].rstrip("/")
                break
        else:
            sys.exit("hornbook ui ended before it said where it listens")
    finally:
        server.terminate()
        server.wait(timeout=30)


def take(url: str, shots: tuple[Shot, ...]) -> None:
    """Open each screen, wait until it is quiet, and save its picture."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        for shot in shots:
            size = {"width": shot.width, "height": 900 if shot.width > 600 else 720}
            page = browser.new_page(color_scheme=shot.scheme, viewport=size, reduced_motion="reduce")
            page.set_default_timeout(60_000)
            page.goto(f"{url}/{shot.address}")
            page.wait_for_selector("main h1")
            page.wait_for_timeout(2000)
            shot.before(page)
            page.wait_for_timeout(1000)
            path = OUT / f"{shot.name}.png"
            page.screenshot(path=path)
            page.close()
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes", flush=True)
            if path.stat().st_size > LARGEST:
                sys.exit(f"{path.name} is larger than {LARGEST:,} bytes")
        browser.close()


def train(folder: Path) -> Path:
    """A small run in ``folder``/runs, unless it is there."""
    recipe = folder / "stories.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "hornbook", "train", str(recipe), "--run", "runs/stories"]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    print(f"trained in {time.perf_counter() - began:.0f} s", flush=True)
    return folder / "runs"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="a folder of runs; its newest is shown")
    parser.add_argument("--only", nargs="*", default=[], help="names of pictures")
    asked = parser.parse_args()
    shots = tuple(shot for shot in SHOTS if not asked.only or shot.name in asked.only)
    with tempfile.TemporaryDirectory() as folder:
        runs = asked.runs.resolve() if asked.runs else train(Path(folder))
        with serving(runs) as url:
            take(url, shots)


if __name__ == "__main__":
    main()
