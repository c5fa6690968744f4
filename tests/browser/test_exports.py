"""What is saved from the page in a real browser: files that open and hold what it shows, and a program that runs."""

from __future__ import annotations

import csv
import json
import os
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from hornbook.training.journal import read_journal
from tests.browser.conftest import accessible, fits
from tests.conftest import ROOT

INSIDE = "#/inside?prompt=The%20small%20bird%20sang&layer=1&head=1"
SVG = "{http://www.w3.org/2000/svg}"
PANELS = {
    "this map": "attention-layer-1-head-1-weights",
    "all maps": "attention-maps",
    "the logit lens": "logit-lens-top-1",
    "the distribution": "next-token",
    "the embeddings": "embeddings",
}


def saved(page, what: str, form: str) -> tuple[str, Path]:
    """The name under which something is saved, and the file."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {what} as {form}", exact=True).click()
    return download.value.suggested_filename, Path(download.value.path())


def size_of_png(path: Path) -> tuple[int, int]:
    """Width and height, as the header of a PNG says them."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR"
    return struct.unpack(">II", head[16:24])


def opened_svg(path: Path) -> ElementTree.Element:
    """The root of an SVG with a title on a solid ground."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg" and root.find(f"{SVG}title").text
    ground = root.find(f"{SVG}rect")
    assert (ground.get("width"), ground.get("height")) == (root.get("width"), root.get("height"))
    assert ground.get("fill").startswith("rgb(")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_panel_of_inside_is_saved_as_svg_and_as_a_sharp_png_in_the_colours_of_the_page(tab, scheme) -> None:
    page = tab(INSIDE, scheme=scheme)
    page.locator(".lens").wait_for()
    page.locator(".big-map .picture").wait_for()
    for what, panel in PANELS.items():
        name, path = saved(page, what, "SVG")
        root = opened_svg(path)
        assert name == f"writer-step-000030-{panel}.svg"
        assert root.find(f"{SVG}rect").get("fill") == page.evaluate("getComputedStyle(document.body).backgroundColor")
        name, path = saved(page, what, "PNG")
        assert name == f"writer-step-000030-{panel}.png"
        assert size_of_png(path) == tuple(round(2 * float(root.get(side))) for side in ("width", "height"))
    texts = [each.text for each in opened_svg(saved(page, "the logit lens", "SVG")[1]).iter(f"{SVG}text")]
    assert set(page.locator(".lens thead .mono").all_inner_texts()) <= set(texts)
    accessible(page)


@pytest.mark.slow
def test_curves_are_saved_as_pictures_and_as_a_table_whose_last_loss_is_the_journals(tab, runs) -> None:
    page = tab("#/train?runs=writer", width=320)
    page.locator("[data-curve='validation']").wait_for()
    name, path = saved(page, "loss", "SVG")
    root = opened_svg(path)
    assert name == "writer-step-30-loss.svg"
    lines = [each.get("points").split() for each in root.iter(f"{SVG}polyline")]
    assert [len(points) for points in lines] == [30, 3], "thirty updates, three evaluations"
    assert size_of_png(saved(page, "loss", "PNG")[1])[0] == 2 * float(root.get("width"))
    name, path = saved(page, "the numbers", "CSV")
    assert name == "writer-step-30-curves.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    journal = read_journal(runs / "writer" / "metrics.jsonl")
    losses = [entry["loss"] for entry in journal if entry["kind"] == "update"]
    assert [float(row["loss"]) for row in rows] == losses and [int(row["step"]) for row in rows] == list(range(1, 31))
    assert float(rows[-1]["val_loss"]) == [entry["val_loss"] for entry in journal if entry["kind"] == "evaluation"][-1]
    fits(page)


@pytest.mark.slow
def test_a_trace_is_saved_with_what_was_asked_and_the_loss_on_the_screen(tab) -> None:
    page = tab(INSIDE)
    page.locator(".lens").wait_for()
    name, path = saved(page, "this trace", "JSON")
    trace = json.loads(path.read_text(encoding="utf-8"))
    assert name == "writer-step-000030-trace.json"
    assert trace["asked"] == {"model": "writer", "checkpoint": "step-000030", "prompt": "The small bird sang"}
    assert trace["loss"] == float(page.locator("[data-loss]").get_attribute("data-loss"))
    assert len(trace["lens"]["top"]) == 3


@pytest.mark.slow
def test_the_distribution_of_play_is_saved_as_it_is_drawn(tab) -> None:
    page = tab("#/play?prompt=The%20small")
    page.locator(".bar").first.wait_for()
    name, path = saved(page, "the distribution", "SVG")
    assert name == "writer-step-000030-next-token.svg"
    texts = [each.text for each in opened_svg(path).iter(f"{SVG}text")]
    assert page.locator(".bar .name").first.inner_text() in texts


def printed(program: str, runs: Path) -> str:
    """What a program prints in a process of its own that knows where the runs are."""
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "HORNBOOK_RUNS": str(runs), "PYTHONPATH": paths}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_programs_of_inside_print_the_numbers_of_the_screen(tab, runs) -> None:
    page = tab(INSIDE)
    page.locator(".big-map .picture").wait_for()
    page.get_by_text("As Python").click()
    shown = page.get_by_label("Python for loss and answer")
    loss = float(page.locator("[data-loss]").get_attribute("data-loss"))
    said = printed(shown.inner_text(), runs)
    assert float(said.split("loss of this text: ")[1].split()[0]) == pytest.approx(loss, abs=1e-3)
    page.get_by_label("attention", exact=True).check()
    weight = float(page.locator(".big-map .readout").get_attribute("data-weight"))
    weights = json.loads(printed(page.get_by_label("Python for attention").inner_text(), runs))
    assert weights[0] == pytest.approx(weight, abs=1e-3) and sum(weights) == pytest.approx(1, abs=1e-2)
    page.get_by_label("logit lens", exact=True).check()
    lens = printed(page.get_by_label("Python for logit lens").inner_text(), runs).splitlines()
    shares = page.locator(".lens tbody tr td:last-child button")
    found = [float(each.get_attribute("data-share")) for each in shares.all()]
    assert [float(line.split()[1]) for line in reversed(lens)] == pytest.approx(found, abs=1e-3)
    accessible(page)
