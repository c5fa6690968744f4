"""The report in a real browser: nothing leaves it, and what it shows is what it was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hornbook.evaluation.report import ReportData, Sample, Standing, write_report
from hornbook.evaluation.report_inside import Passage, Picture
from hornbook.figures.attention_grid import attention_grid
from hornbook.figures.loss_curve import Series
from hornbook.figures.position_loss import position_loss

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def example() -> ReportData:
    """A report with everything in it."""
    steps = list(range(1, 701))
    losses = [1.31 + 7 / (1 + step / 23) for step in steps]
    return ReportData(
        title="stories-demo <1>",
        standings=(
            Standing("uniform", 8.317766166719343, 3.5531, remark="every token equally likely"),
            Standing("unigram", 5.711939, 2.4401, remark="how often each token comes"),
            Standing("Kneser-Ney, order 5", 2.2261, 0.9511, remark="the best n-gram model, full history"),
            Standing("this model", 1.5331, 0.6549123, "model"),
            Standing("floor", 1.4044, 0.6001, "floor", "the entropy of the source"),
        ),
        train=Series(steps, losses),
        validation=Series(steps[99::100], [loss + 0.05 for loss in losses[99::100]]),
        learning_rates={"AdamW": Series(steps, [3e-3 * min(step / 70, (701 - step) / 630) for step in steps])},
        facts={"parameters": "3.1 M", "tokens seen": "5.7 M", "time": "1 min 30 s"},
        passage=Passage(("Once", " upon", " <a>\n", "time"), (float("nan"), 0.25, 9.5, 4.0), "A held-out text."),
        context=(Picture("position", position_loss(np.linspace(3, 2, 64), np.full(64, 31)), "By position."),),
        pictures=(
            Picture("maps", attention_grid(np.tril(np.full((2, 3, 5, 5), 0.2)), list("abcde")), "Where it looks."),
        ),
        samples=(
            Sample(100, " was a the little, and said box Tom", "Once"),
            Sample(700, " there was a mole who lived under the old oak.\nShe had a lamp & a wish.", "Once"),
        ),
        configuration='[model]\ndepth = 4  # <b>not bold</b>\nname = "stories"\n',
        data={"train.tokens": "7c211433f02071597741e6ff5a8ea34789abbf43"},
        environment={"python": "3.11.4", "torch": "2.13.0", "processor": "2 cores"},
        reproduce=("hornbook train stories-demo --seed 0", "hornbook evaluate latest --json"),
    )


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_alone_and_shows_what_it_was_given(browser: Browser, tmp_path: Path, scheme: str) -> None:
    data, path = example(), tmp_path / "report.html"
    write_report(data, path)
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1000, "height": 1300})
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert requests == [path.as_uri()]
    assert complaints == []
    assert page.title() == page.locator("h1").inner_text() == "stories-demo <1>"
    assert "Beats Kneser-Ney, order 5: 31.1% fewer bits per byte" in page.locator(".verdict").inner_text()
    for row, line in zip(page.locator("tbody tr").all(), data.standings, strict=True):
        shown = {span.get_attribute("data-name"): span for span in row.locator(".number").all()}
        for name, digits in {"loss": 4, "bits_per_byte": 4, "perplexity": 2}.items():
            value = getattr(line, name)
            assert float(shown[name].get_attribute("data-value")) == value
            assert shown[name].inner_text() == f"{value:,.{digits}f}"
    assert page.locator("svg").count() == 5
    tokens = page.locator(".passage span").all()
    assert [each.inner_text().strip() for each in tokens] == ["Once", "upon", "<a>", "time"]
    assert [each.get_attribute("title") for each in tokens] == [None, "0.25 nats", "9.50 nats", "4.00 nats"]
    grounds = [each.evaluate("span => getComputedStyle(span).backgroundColor") for each in tokens]
    shades = [float(ground.rstrip(")").split(",")[3]) for ground in grounds]
    assert shades == [0.0, 0.02, 0.75, 0.38], "the worse it was guessed, the stronger its ground"
    assert page.locator("svg image").count() == 6, "a picture in the page for each head"
    assert page.locator("svg text", has_text="floor 1.404").count() == 1
    assert "Once there was a mole who lived" in page.locator(".sample p").last.inner_text()
    page.locator("summary").click()
    assert "<b>not bold</b>" in page.locator("details pre").inner_text()
    wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert wide
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 29)")
    page.screenshot(path=str(tmp_path / f"report-{scheme}.png"), full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")  # a telephone
    page.close()
