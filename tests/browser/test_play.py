"""Play in a real browser: what is written, stopped and branched, and that the page computes what the model does."""

from __future__ import annotations

import pytest

from tests.browser.conftest import accessible, fits
from tests.server.asking import ask

NEW_LINE = "\n"


def count(page) -> int:
    """How many tokens of the model's are on the screen."""
    return page.locator(".token").count()


def written(page, tokens: int) -> None:
    """Wait until so many tokens are there and nothing is written any more."""
    page.wait_for_function("n => document.querySelectorAll('.token').length === n", arg=tokens)
    page.get_by_role("button", name="Go on").wait_for()


def ids(page) -> list[int]:
    """The tokens on the screen."""
    return [int(each.get_attribute("data-id")) for each in page.locator(".token").all()]


@pytest.mark.slow
def test_a_text_is_written_stepped_undone_and_branched_where_a_token_is_chosen(tab, page_server) -> None:
    page = tab("#/play?prompt=The%20small")
    page.get_by_label("tokens at most").fill("6")
    page.get_by_label("tokens at most").blur()
    page.get_by_label("precise").check()  # of the likeliest, so that they are among those that the server lists
    page.get_by_role("button", name="Write", exact=True).click()
    written(page, 6)
    page.get_by_role("button", name="One token").click()
    written(page, 7)
    page.get_by_role("button", name="Undo").click()
    written(page, 6)
    before = ids(page)
    page.locator(".token").nth(2).click()
    panel = page.get_by_label("Next token", exact=True).locator("visible=true").first
    page.locator("[data-place='2']").wait_for()
    other = page.locator(f".bar:not(.taken):not([data-id='{before[2]}']):enabled").first
    other.wait_for()
    page.locator(f".bar.taken[data-id='{before[2]}']").wait_for()
    chosen = int(other.get_attribute("data-id"))
    other.click()
    page.locator("[data-variant='1']").wait_for()
    written(page, 6)
    after = ids(page)
    assert after[:2] == before[:2] and after[2] == chosen != before[2]
    assert panel.is_visible() and "2 / 2" in page.locator(".variants").inner_text()
    assert page.locator(".token").nth(2).get_attribute("style") is not None
    accessible(page)


def test_a_line_break_that_was_written_is_seen_and_can_be_clicked(tab) -> None:
    page = tab("#/play?prompt=na%C3%AFve%2C%20na%C3%AFve!")
    page.get_by_label("tokens at most").fill("1")
    page.get_by_label("tokens at most").blur()
    page.get_by_label("precise").check()
    page.get_by_role("button", name="Write", exact=True).click()
    written(page, 1)
    if ids(page) != [ord(NEW_LINE)]:  # another was likelier: this one in its place
        page.locator(".token").first.click()
        page.locator(f".bar[data-id='{ord(NEW_LINE)}']:enabled").first.click()
    token = page.locator(f".token[data-id='{ord(NEW_LINE)}']").first
    token.click()
    page.get_by_role("heading", name="This token").wait_for()
    assert token.text_content() == NEW_LINE and "line break" in token.get_attribute("aria-label")
    accessible(page)


def test_writing_stops_when_it_is_told_to_and_the_server_forgets_it(tab, page_server) -> None:
    page = tab("#/play?prompt=The")
    page.get_by_label("tokens at most").fill("2000")
    page.get_by_label("tokens at most").blur()
    page.get_by_label("Text to go on with").press("Control+Enter")
    page.wait_for_function("() => document.querySelectorAll('.token').length > 5")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Go on").wait_for()
    stopped = count(page)
    assert 5 < stopped < 2000
    page.wait_for_timeout(300)
    assert count(page) == stopped and "stopped" in page.locator(".status").inner_text()


@pytest.mark.slow
def test_the_picture_of_the_filters_is_what_the_server_computes(tab, page_server) -> None:
    page = tab("#/play?prompt=The%20small%20bird")
    page.locator(".bar").first.wait_for()
    page.get_by_label("temperature", exact=True).fill("0.7")
    page.get_by_label("use top-k").check()
    page.get_by_label("top-k", exact=True).fill("9")
    page.get_by_label("top-p", exact=True).fill("0.6")
    asked = {"prompt": "The small bird", "temperature": 0.7, "top_k": 9, "top_p": 0.6, "show": 14}
    stages = ask(page_server, "POST", "/page/decoding/filters", asked)[1]
    shown = {
        int(each.get_attribute("data-id")): (
            float(each.get_attribute("data-before")),
            float(each.get_attribute("data-after")),
        )
        for each in page.locator(".bar").all()
    }
    for place, token in enumerate(stages["tokens"]):
        before, after = shown[token["id"]]
        assert before == pytest.approx(stages["stages"][0]["p"][place], rel=1e-4, abs=1e-6)
        assert after == pytest.approx(stages["stages"][-1]["p"][place], rel=1e-4, abs=1e-6)
    assert int(page.locator("[data-kept]").get_attribute("data-kept")) == stages["stages"][-1]["kept"] < 9


@pytest.mark.slow
def test_an_earlier_checkpoint_gives_other_chances_for_the_same_text(tab) -> None:
    page = tab("#/play?prompt=The%20small%20bird")
    page.locator(".bar").first.wait_for()
    late = page.locator(".bar").first.get_attribute("data-before")
    slider = page.get_by_label("Checkpoint")
    slider.press("Home")
    page.wait_for_function("p => document.querySelector('.bar')?.dataset.before !== p", arg=late)
    assert "step 10 " in slider.get_attribute("aria-valuetext")
    assert float(page.locator(".bar").first.get_attribute("data-before")) < float(late)


@pytest.mark.slow
def test_a_conversation_is_answered_and_a_model_that_cannot_says_so(tab) -> None:
    page = tab("#/play?model=answerer&mode=chat")
    page.get_by_label("temperature", exact=True).fill("0")  # what is drawn might be half a character, or the end
    page.get_by_label("tokens at most").fill("8")
    page.get_by_label("tokens at most").blur()
    page.get_by_label("Your message").fill("Say 7.")
    page.get_by_label("Your message").press("Control+Enter")
    page.get_by_role("button", name="again").wait_for()
    said = page.locator(".conversation .said").all_inner_texts()
    assert said[0] == "Say 7." and len(said) == 2 and len(said[1]) > 1
    accessible(page)
    page.get_by_label("Model").select_option("writer")
    page.get_by_text("was not taught to answer").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_all_of_it_by_day_and_by_night(tab, scheme) -> None:
    page = tab("#/play?prompt=The%20small", width=320, scheme=scheme)
    page.get_by_label("tokens at most").fill("6")
    page.get_by_label("Text to go on with").press("Control+Enter")
    written(page, 6)
    fits(page)
    accessible(page)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(253, 252, 250)" if scheme == "light" else "rgb(20, 23, 29)")


@pytest.mark.slow
def test_checkpoints_write_side_by_side_with_one_seed(tab) -> None:
    page = tab("#/play?prompt=The&mode=compare")
    page.get_by_label("tokens at most").fill("5")
    page.get_by_label("tokens at most").blur()
    page.get_by_role("button", name="Write", exact=True).click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.side-by-side .written')].every(e => e.dataset.tokens === '5')"
    )
    assert page.locator(".side-by-side .written").count() == 3
    assert len({each.get_attribute("data-seed") for each in page.locator(".side-by-side .status").all()}) == 1
    accessible(page)
