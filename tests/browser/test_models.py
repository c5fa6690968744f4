"""Models in a real browser: the card says what the run says, the doctor is asked, and everybody can read it."""

from __future__ import annotations

import pytest

from hornbook.training.run_folder import Run
from hornbook.workflows.load import load_run
from tests.browser.conftest import accessible, fits
from tests.server.asking import ask


@pytest.mark.slow
def test_a_card_shows_the_parameters_that_are_counted_in_the_run(tab, runs) -> None:
    page = tab("#/models")
    page.get_by_role("radio", name="answerer").check()
    card = page.locator("[data-card='answerer']")
    card.wait_for()
    assert "model=answerer" in page.url
    counted = sum(each.numel() for each in load_run(runs / "answerer").model.parameters())
    assert int(card.get_attribute("data-parameters")) == counted == Run(runs / "answerer").info["parameters"]
    shown = [int(row.get_attribute("data-parameters")) for row in page.locator("[data-module]").all()]
    assert sum(shown) == counted and len(shown) >= 5
    assert page.locator(".modules tfoot td").first.inner_text() == f"{counted:,}"
    assert page.get_by_text("not recorded").count() >= 1, "nobody has said under which licence the text is"
    assert "--to gguf" in page.locator("[data-export='gguf'] pre").inner_text()
    assert "low_rank" in page.locator("[data-export='peft'] .why").text_content()
    accessible(page)


def test_the_card_is_saved_as_a_text(tab, page_server) -> None:
    page = tab("#/models?model=writer")
    page.locator("[data-card='writer']").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Card as Markdown").click()
    assert saved.value.suggested_filename == "writer.md"
    expected = ask(page_server, "GET", "/page/cards/writer")[1]["markdown"]
    assert saved.value.path().read_text(encoding="utf-8") == expected


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_model_is_chosen_and_examined_with_the_keyboard_on_a_narrow_screen(tab, page_server, scheme) -> None:
    page = tab("#/models?model=writer", width=320, scheme=scheme)
    page.locator("[data-card='writer']").wait_for()
    page.get_by_role("radio", name="writer").focus()
    page.keyboard.press("ArrowUp")
    page.locator("[data-card='answerer']").wait_for()
    fits(page)
    page.get_by_role("button", name="Examine").focus()
    page.keyboard.press("Enter")
    told = page.locator("[data-verdict]")
    told.wait_for()
    found = ask(page_server, "POST", "/page/cards/answerer/doctor", {})[1]
    assert int(told.get_attribute("data-verdict")) == len(found["findings"]) == page.locator(".finding").count()
    assert told.inner_text().startswith(("Nothing wrong was found by", f"{len(found['findings'])} of"))
    page.locator("details summary").last.focus()
    page.keyboard.press("Enter")
    page.get_by_text("arithmetic").wait_for()
    fits(page)
    accessible(page)
