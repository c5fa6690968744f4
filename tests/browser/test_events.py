"""The events of a run under its curves, in a real browser: seen, reached by keyboard, and explained."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hornbook.files import write_json
from hornbook.training.run_folder import Run
from hornbook.workflows.train import RESUMED
from tests.browser.conftest import accessible, fits
from tests.browser.test_exports import SVG, opened_svg, saved
from tests.server.asking import ask


@pytest.fixture
def jumped(runs: Path) -> Iterator[Run]:
    """The run that writes, as it would be had it been stopped once and its loss jumped."""
    run = Run(runs / "jumped")
    shutil.copytree(runs / "writer", run.folder)
    run.add_info(**{RESUMED: [20]})
    rows = [
        {"row": 0, "loss": 2.5, "text": "A small bird", "documents": [{"name": "birds.txt"}]},
        {"row": 1, "loss": 11.0, "text": "QXZW", "documents": [{"name": "noise.txt"}]},
    ]
    spike = {"step": 14, "loss": 9.5, "usual": 4.8, "deviations": 20.0, "gradient_norm": 7.0, "cause": 1, "rows": rows}
    (run.folder / "spikes").mkdir()
    write_json(run.folder / "spikes" / "step-000014.json", spike)
    yield run
    shutil.rmtree(run.folder)


@pytest.mark.slow
def test_events_stand_in_a_list_that_arrows_walk_and_a_jump_shows_its_rows(jumped, tab, page_server) -> None:
    page = tab("#/train?runs=jumped")
    told = ask(page_server, "GET", "/page/runs/jumped/markers")[1]["markers"]
    events = page.locator(".happened [data-item]")
    page.locator(f"[data-feet='{len(told)}']").wait_for()
    assert [each.get_attribute("data-kind") for each in events.all()] == [each["kind"] for each in told]
    assert {"checkpoint", "best", "resumed", "spike", "warmup_end", "finished"} <= {each["kind"] for each in told}
    events.first.focus()
    for _ in range([each["kind"] for each in told].index("spike")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**event=spike-15*")
    explained = page.locator(".explained")
    assert "What to do." in explained.inner_text() and "noise.txt" in explained.inner_text()
    assert explained.locator("[data-row]").first.get_attribute("data-row") == "1", "the worst row first"
    assert "stands out" in explained.locator("[data-row='1']").inner_text()
    assert re.search(r"hornbook runs batch \S*jumped 14", explained.inner_text())
    accessible(page)


@pytest.mark.slow
def test_a_chosen_event_stands_in_the_address_and_leads_to_its_checkpoint_on_a_telephone(jumped, tab) -> None:
    page = tab("#/train?runs=jumped&event=checkpoint-20", width=320, scheme="dark")
    page.locator(".explained").wait_for()
    assert page.locator(".happened [aria-pressed='true']").get_attribute("data-step") == "20"
    fits(page)
    accessible(page)
    page.get_by_role("link", name="look inside").click()
    page.wait_for_url("**/#/inside?*model=jumped*checkpoint=step-000020*")
    page.locator("[data-trace-of='jumped@step-000020']").wait_for()


@pytest.mark.slow
def test_the_signs_are_in_the_figure_that_is_saved(jumped, tab) -> None:
    page = tab("#/train?runs=jumped")
    page.locator(".happened [data-item]").first.wait_for()
    titles = [each.text for each in opened_svg(saved(page, "loss", "SVG")[1]).iter(f"{SVG}title")]
    spike = json.loads((jumped.folder / "spikes" / "step-000014.json").read_text(encoding="utf-8"))
    assert f"the loss jumped to {spike['loss']:.3f} (usual: {spike['usual']:.3f})" in titles
