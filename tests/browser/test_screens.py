"""The screens in a real browser: each has its effect, measured by a number, and can be read by everybody."""

from __future__ import annotations

import gzip
import threading

import pytest

from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from tests.browser.conftest import accessible, fits
from tests.server.asking import ask
from tests.server.conftest import SIZES, TEXT

COMPRESSED = 200_000


def test_the_whole_page_is_under_200_kilobytes_compressed(built) -> None:
    sizes = [len(gzip.compress(path.read_bytes())) for path in built.rglob("*") if path.is_file()]
    assert sum(sizes) < COMPRESSED


@pytest.mark.slow
def test_curves_grow_while_a_run_is_trained(tab, runs, tmp_path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    head = f'name = "live"\n[data]\ntext = ["{tmp_path}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    sizes = SIZES.replace("steps = 30", "steps = 120").replace("evaluate_every = 0", "evaluate_every = 60")
    (tmp_path / "live.toml").write_text(head + '[tokenizer]\nkind = "characters"\n' + sizes, encoding="utf-8")
    recipe = read_recipe(tmp_path / "live.toml")
    training = threading.Thread(target=train, args=(recipe, runs / "live", Silent()))
    training.start()
    try:
        while not (runs / "live" / "metrics.jsonl").exists():
            training.join(0.05)
        page = tab("#/train?runs=live")
        curve = page.locator("[data-curve='training']")
        curve.wait_for()
        page.wait_for_function("() => document.querySelector('[data-steps]').dataset.steps === '120'", timeout=200_000)
        assert float(curve.get_attribute("data-last")) < float(curve.get_attribute("data-first")) - 0.1
        page.locator("tr[data-run='live'] .state.finished").wait_for()
    finally:
        training.join()
    page.locator("[data-curve='validation'][data-count='2']").wait_for()


@pytest.mark.slow
def test_two_runs_are_laid_over_each_other_and_told_apart_by_their_settings(tab) -> None:
    page = tab("#/train?runs=writer", width=320)
    page.locator("[data-curve='validation']").wait_for()
    page.get_by_label("Step of the samples").press("Home")
    page.get_by_text("what it wrote after 10 steps").wait_for()
    fits(page)
    accessible(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("answerer").check()
    page.locator("[data-curve='answerer training']").wait_for()
    assert '"' in page.locator("tr[data-setting='task.kind'] td").nth(1).inner_text()
    accessible(page)


@pytest.mark.slow
def test_a_head_that_is_switched_off_moves_the_answer_and_a_checkpoint_the_loss(tab, page_server) -> None:
    page = tab("#/inside?prompt=The%20small%20bird%20sang")
    page.locator(".map-grid button").nth(3).wait_for()
    assert page.locator(".map-grid button").count() == 4
    page.get_by_label("Layer 1, head 1").click()
    page.get_by_role("button", name="switch off", exact=True).click()
    outcome = page.locator(".outcome")
    outcome.wait_for()
    kl = float(outcome.get_attribute("data-kl"))
    asked = {"prompt": "The small bird sang", "parts": ["head:1.1"], "fill": "zero", "place": -1, "top": 10}
    answer = ask(page_server, "POST", "/page/inside/ablate", asked)[1]
    assert kl == pytest.approx(answer["kl_bits"], rel=1e-3) and kl > 0
    assert outcome.get_attribute("data-before") != outcome.get_attribute("data-after")
    page.get_by_role("button", name="mlp 0").click()
    page.wait_for_function(
        "kl => document.querySelector('.outcome').dataset.kl !== kl", arg=outcome.get_attribute("data-kl")
    )
    assert "off=head%3A1.1%2Cmlp%3A0" in page.url
    accessible(page)
    loss = page.locator("[data-loss]")
    late = float(loss.get_attribute("data-loss"))
    page.get_by_label("Checkpoint").press("Home")
    page.wait_for_function("() => document.querySelector('[data-loss]').dataset.traceOf.endsWith('step-000010')")
    assert float(loss.get_attribute("data-loss")) > late + 0.01


@pytest.mark.slow
def test_the_weights_of_a_map_are_read_with_the_keyboard(tab) -> None:
    page = tab("#/inside?prompt=The%20small%20bird%20sang", width=320, scheme="dark")
    page.locator(".big-map .picture").wait_for()
    page.locator(".big-map .picture").focus()
    for _ in range(40):
        page.keyboard.press("ArrowUp")
    weight = page.locator(".big-map .readout").get_attribute("data-weight")
    assert float(weight) == 1.0, "the first token can look at itself only"
    page.locator(".map-grid [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Layer 1, head 0").wait_for()
    page.locator(".lens [tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert "final answer" in page.locator("section[aria-label='Logit lens'] .readout").inner_text()
    fits(page)
    accessible(page)


@pytest.mark.slow
def test_a_text_is_cut_merged_and_a_tokenizer_trained(tab, page_server) -> None:
    page = tab("#/tokens")
    page.get_by_label("Text to cut into tokens").fill("café 🎈 mill")
    shown = page.locator("[data-tokenizer='writer']")
    expected = ask(page_server, "POST", "/page/tokens/encode", {"text": "café 🎈 mill", "tokenizers": ["writer"]})[1]
    count = expected["results"][0]["count"]
    page.wait_for_function(
        "n => document.querySelector('[data-tokenizer=writer]')?.dataset.count === n", arg=str(count)
    )
    assert "".join(shown.locator(".coloured [data-item]").all_text_contents()) == "café 🎈 mill"
    page.get_by_label("Word to merge").fill(" mill")
    steps = page.locator(".merging[data-steps]")
    page.wait_for_function("() => Number(document.querySelector('.merging').dataset.steps) > 0")
    page.get_by_role("button", name="Next").click()
    assert steps.get_attribute("data-step") == "1" and page.locator(".merging .made").count() == 1
    accessible(page)
    page.get_by_label("Vocabulary", exact=True).check()
    page.get_by_label("Look for").fill("#260")
    page.wait_for_function("() => document.querySelector('[data-total]')?.dataset.total === '1'")
    page.locator(".vocabulary button").first.click()
    page.locator(".ancestors li li").first.wait_for()
    accessible(page)
    page.get_by_label("Text to cut into tokens").fill("The café was near the café near the mill. " * 20)
    page.get_by_label("Train one", exact=True).check()
    page.get_by_label("tokens", exact=True).fill("262")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("trained-1: 262 tokens").wait_for()
    assert page.locator(".merging[data-merges]").get_attribute("data-merges") == "5", "256 bytes and the end of a text"
    page.locator("[data-tokenizer='trained-1']").wait_for()


@pytest.mark.slow
def test_texts_are_rated_with_the_keyboard_alone_and_reported(tab, page_server, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)  # where studies lie
    page = tab("#/rate", width=320)
    page.get_by_label("Your name").fill("anna")
    page.get_by_role("button", name="New study").click()
    page.get_by_label("Name", exact=True).fill("first")
    page.get_by_label("writer@step-000010").check()
    page.get_by_label("Beginnings, one a line").fill("The")
    page.get_by_role("button", name="Write the texts").click()
    page.get_by_role("button", name="Rate first").click()
    rating = page.locator(".rating")
    rating.wait_for()
    accessible(page)
    fits(page)
    items = int(rating.get_attribute("data-items"))
    for answered in range(items):
        page.wait_for_function("n => document.querySelector('.rating').dataset.answered === n", arg=str(answered))
        if page.locator(".scale").count():
            for scale in page.locator(".scale").all():
                scale.locator("input").first.focus()
                page.keyboard.press("4")
            page.keyboard.press("Enter")
        else:
            page.locator(".rating h2").focus()
            page.keyboard.press("ArrowLeft")
    page.get_by_text("Done: thank you").wait_for()
    page.get_by_role("button", name="all studies").click()
    page.get_by_role("button", name="Report of first").click()
    page.locator("section.panel table").first.wait_for()
    accessible(page)
    told = ask(page_server, "GET", "/page/studies")[1]["studies"]
    assert [(each["study"], each["raters"]) for each in told] == [("first", 1)]


@pytest.mark.slow
def test_a_lesson_is_read_ticked_off_and_leads_to_its_screen(tab, page_server) -> None:
    lessons = ask(page_server, "GET", "/page/lessons")[1]["lessons"]
    page = tab("#/learn")
    page.locator(".cards li").nth(len(lessons) - 1).wait_for()
    assert page.locator(".cards li").count() == len(lessons) >= 3
    accessible(page)
    page.locator(".cards a").first.click()
    page.locator(".lesson h1").wait_for()
    fits(page)
    accessible(page)
    if page.locator(".check-card input").count():
        page.locator(".check-card input").check()
        page.get_by_role("link", name="All lessons").click()
        page.get_by_text(f"1 of {len(lessons)} done").wait_for()


@pytest.mark.slow
def test_the_whole_page_is_gone_through_with_keys(tab) -> None:
    page = tab("#/play")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    titles = {"i": "Inside", "t": "Train", "k": "Tokens", "l": "Learn", "m": "Models", "r": "Rate", "p": "Play"}
    for key, title in titles.items():
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.get_by_role("heading", level=1, name=title).wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    assert "go to Inside" in page.get_by_role("dialog").inner_text()
    accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.hasAttribute('data-prompt')")
    page.keyboard.press("Control+End")
    page.keyboard.type(" there")
    page.keyboard.press("Alt+ArrowRight")
    page.locator(".token").first.wait_for()
    page.get_by_role("button", name="Go on").wait_for()
    page.locator(".token").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="This token").wait_for()
