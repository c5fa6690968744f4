"""The page before models that are no decoder, before a server with a key, and where trainings may be started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hornbook.training.run_folder import Run
from tests.browser.conftest import accessible, fits, opening
from tests.server.asking import ask
from tests.server.conftest import SIZES, TEXT, trained
from tests.server.serving import Running, serving

SMALL = """data.documents=300
tokenizer.vocabulary=300
model.width=16
model.depth=1
model.heads=2
model.context=32
training.minutes=none
training.steps=100000
training.compile=never
training.threads=1
samples.prompts=[]"""

LEARNED = """([run, steps]) => document.querySelector(`tr[data-run='${run}'] input`).checked
    && Number(document.querySelector('[data-steps]')?.dataset.steps) > steps"""


@pytest.fixture(scope="module")
def others(tmp_path_factory) -> Path:
    """A run that reads in both directions, one that turns two words round, and one of letters."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    data = f'[data]\ntext = ["{folder}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    head = f'name = "reader"\ntask = "masked_tokens"\n{data}[tokenizer]\nkind = "bytepair"\nvocabulary = 270\n'
    masks = 'special = ["<|mask|>"]\n' + SIZES.replace("[model]", '[model]\narchitecture = "encoder"')
    trained(folder, "reader", head + masks)
    rows = "".join(json.dumps({"source": f"{a} {b}", "target": f"{b} {a}"}) + "\n" for a in "abcd" for b in "abcd") * 6
    (folder / "pairs.jsonl").write_text(rows, encoding="utf-8")
    data = f'[data]\ntext = ["{folder}/pairs.jsonl"]\nsplit = "document"\nvalidation_fraction = 0.2\n'
    head = f'name = "turner"\ntask = "translate"\n{data}[tokenizer]\nkind = "words"\n'
    trained(folder, "turner", head + SIZES.replace("[model]", '[model]\narchitecture = "encoder_decoder"'))
    (folder / "letters.txt").write_text("abcab abcba abbca cabba\n" * 80, encoding="utf-8")
    data = f'[data]\ntext = ["{folder}/letters.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    trained(folder, "letters", f'name = "letters"\n{data}[tokenizer]\nkind = "characters"\n{SIZES}')
    return folder


@pytest.fixture(scope="module")
def many(others, built) -> Iterator[Running]:
    """A server with the page that knows all three."""
    with serving([others / "letters"], root=others) as running:
        yield running


@pytest.fixture
def tab(browser, many) -> Iterator:
    """Opens a tab of that server."""
    with opening(browser, many) as opened:
        yield opened


@pytest.mark.slow
def test_an_encoder_says_what_stands_where_something_is_hidden(tab, many) -> None:
    page = tab("#/play?model=reader&prompt=The%20small%20<|mask|>%20sang")
    page.locator("section[aria-label='Hidden place 1'] .bar").first.wait_for()
    asked = {"model": "reader", "prompt": "The small <|mask|> sang"}
    [mask] = ask(many, "POST", "/page/next", asked)[1]["masks"]
    likeliest = page.locator("section[aria-label='Hidden place 1'] .bar").first
    assert likeliest.get_attribute("data-id") == str(mask["next"][0]["id"])
    accessible(page)
    page.get_by_label("Text with something hidden").fill("<|mask|> small <|mask|>")
    page.locator("section[aria-label='Hidden place 2'] .bar").first.wait_for()


@pytest.mark.slow
def test_an_encoder_looks_both_ways_and_its_maps_show_it(tab) -> None:
    page = tab("#/inside?model=reader&prompt=The%20small%20bird")
    page.locator(".big-map .picture").focus()
    for _ in range(40):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    weight = float(page.locator(".big-map .readout").get_attribute("data-weight"))
    assert 0 < weight < 1, "the first token looks at the second"
    accessible(page)


@pytest.mark.slow
def test_an_encoder_decoder_shows_what_it_looks_at_in_the_source(tab) -> None:
    page = tab("#/inside?model=turner&source=a%20b&prompt=b")
    page.get_by_label("cross", exact=False).first.check()
    page.locator(".map-grid button").first.wait_for()
    page.locator(".big-map .picture").focus()
    weights = set()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        weights.add(float(page.locator(".big-map .readout").get_attribute("data-weight")))
    assert len(weights) > 1 and all(0 < each < 1 for each in weights)
    accessible(page)


@pytest.mark.slow
def test_a_tree_is_grown_where_a_leaf_is_chosen_and_a_path_is_the_product_of_its_steps(tab) -> None:
    page = tab("#/play?prompt=abc&mode=search", width=320)
    page.get_by_label("tree", exact=True).check()
    page.locator(".tree .node").first.wait_for()
    before = page.locator(".tree .node").count()
    leaf = page.locator(".tree .node:enabled").first
    path = float(leaf.get_attribute("data-path-p"))
    leaf.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("n => document.querySelectorAll('.tree .node').length === n", arg=before + 3)
    grown = page.locator(".tree li:has(> .node:disabled) > ul > li > .node:enabled")
    assert path > float(grown.first.get_attribute("data-path-p")) > 0
    fits(page)
    accessible(page)


@pytest.mark.slow
def test_beams_stand_beside_the_best_of_all_sequences(tab, many) -> None:
    page = tab("#/play?prompt=abc&mode=search")
    page.get_by_label("beams", exact=True).check()
    rows = page.locator("[aria-label='What each search found'] tbody tr")
    rows.first.wait_for()
    found = {row.locator("td").nth(0).inner_text(): float(row.locator("td").nth(2).inner_text()) for row in rows.all()}
    asked = {"model": "letters", "prompt": "abc", "beams": 3, "max_tokens": 6, "length_penalty": 0}
    told = ask(many, "POST", "/page/decoding/beams", asked)[1]
    assert found["best of all"] == pytest.approx(told["exhaustive"]["log_p"], abs=1e-3)
    assert found["greedy"] <= found["beam 1"] + 1e-3 <= found["best of all"] + 2e-3
    accessible(page)


@pytest.mark.slow
def test_a_server_with_a_key_is_opened_with_it(browser, others, built) -> None:
    with (
        serving([others / "letters"], root=others, api_key="secret") as running,
        opening(browser, running, forgiven="401") as opened,
    ):
        page = opened("#/play?prompt=abc")
        page.locator("input[type='password']").fill("wrong")
        page.get_by_role("button", name="Open").click()
        page.get_by_role("heading", name="A key, please").wait_for()
        accessible(page)
        page.locator("input[type='password']").fill("secret")
        page.keyboard.press("Enter")
        page.locator(".bar").first.wait_for()
        assert page.get_by_role("heading", level=1, name="Play").is_visible()


@pytest.mark.slow
def test_a_training_is_started_stopped_and_gone_on_with_from_the_page(browser, others, built, tmp_path) -> None:
    with (
        serving([others / "letters"], root=tmp_path, allow_train=True) as running,
        opening(browser, running, forgiven="400") as opened,
    ):
        page = opened("#/train")
        page.get_by_role("button", name="New run").click()
        page.get_by_label("Changes, one a line").fill("model.dept=2")
        page.get_by_role("dialog").get_by_text("depth").wait_for()
        page.get_by_label("Changes, one a line").fill(SMALL)
        page.get_by_label("Name (may be left out)").fill("mine")
        page.get_by_text("100,000 steps").wait_for()
        accessible(page)
        page.get_by_role("button", name="Start", exact=True).click()
        row = page.locator("tr[data-run='mine']")
        row.locator("input:checked").wait_for()
        page.wait_for_function(LEARNED, arg=["mine", 3])
        row.get_by_role("button", name="Stop").click()
        row.locator(".state.stopped").wait_for()
        stopped = Run(tmp_path / "mine").latest
        assert stopped is not None
        row.get_by_role("button", name="Go on").click()
        row.locator(".state.training").wait_for()
        page.wait_for_function(LEARNED, arg=["mine", steps_of(stopped)])
        row.get_by_role("button", name="Stop").click()
        row.locator(".state.stopped").wait_for()
        accessible(page)
    later = Run(tmp_path / "mine").latest
    assert later is not None and steps_of(later) > steps_of(stopped)


def steps_of(checkpoint: Path) -> int:
    """How many updates a checkpoint has seen."""
    return int(checkpoint.name.removeprefix("step-"))
