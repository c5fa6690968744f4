"""What if, on the screen Inside: temperatures, another token, who moved the answer, a table, an order of heads.

Every effect is a number that is on the page, and equals the server's own answer.
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import accessible, fits
from tests.server.asking import ask

PROMPT = "The small bird sang"
ADDRESS = "#/inside?prompt=The%20small%20bird%20sang"
SHOWN_IN_ORDER = """order => {
  const heads = [...document.querySelectorAll('.ranked [data-head]')].map(each => each.dataset.head);
  return heads.join() === order.join();
}"""


def asked(server, path, **body):
    """The server's own answer about the text of these tests."""
    status, answer, _ = ask(server, "POST", f"/page/inside{path}", {"prompt": PROMPT, **body})
    assert status == 200, answer
    return answer


def number(shown, name):
    """A number that an element carries."""
    return float(shown.get_attribute(f"data-{name}"))


@pytest.mark.slow
def test_sharpened_attention_moves_the_answer_alone_and_beside_a_part_that_is_off(tab, page_server) -> None:
    page = tab(ADDRESS)
    panel = page.locator("section[aria-label='What if']")
    slider = panel.get_by_label("Attention temperature")
    slider.focus()
    page.keyboard.press("Home")
    outcome = panel.locator(".outcome")
    outcome.wait_for()
    coldest = float(f"{2.0**-10:.4g}")
    answer = asked(page_server, "/ablate", temperatures=[{"value": coldest}])
    assert number(outcome, "kl") == pytest.approx(answer["kl_bits"], rel=1e-3) and answer["kl_bits"] > 0
    assert number(outcome, "loss-after") == pytest.approx(answer["after"]["loss"], rel=1e-4)
    assert f"temperature={coldest}%40attention" in page.url
    alone = outcome.get_attribute("data-kl")
    panel.get_by_label("of", exact=True).select_option("attention:1")
    page.wait_for_function("kl => document.querySelector('.outcome').dataset.kl !== kl", arg=alone)
    panel.get_by_role("button", name="mlp 0").press("Enter")
    answer = asked(page_server, "/ablate", parts=["mlp:0"], temperatures=[{"of": "attention:1", "value": coldest}])
    page.wait_for_function(
        "kl => Math.abs(Number(document.querySelector('.outcome').dataset.kl) / kl - 1) < 1e-3", arg=answer["kl_bits"]
    )
    accessible(page)
    address = page.url.partition("/#")[2]
    again = tab(f"#{address}", width=320, scheme="dark")
    again.locator(".outcome").wait_for()
    assert number(again.locator(".outcome"), "kl") == pytest.approx(answer["kl_bits"], rel=1e-3)
    fits(again)
    accessible(again)
    again.get_by_role("button", name="back to 1").press("Enter")
    assert again.evaluate("document.activeElement.type") == "range", "the focus is not lost with the button"
    again.get_by_role("button", name="switch on again").press("Enter")
    again.get_by_text("Everything is on, at temperature 1").wait_for()


@pytest.mark.slow
def test_a_token_is_replaced_by_keys_alone_and_every_later_place_tells_what_it_costs(tab, page_server) -> None:
    page = tab(ADDRESS, width=320)
    chips = page.get_by_role("group", name="Tokens", exact=True)
    chips.locator("[data-item]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    panel = page.locator("section[aria-label='Another token']")
    panel.get_by_text("(token 2):").wait_for()
    panel.get_by_label("Look for a token in the vocabulary").focus()
    page.keyboard.type("m")
    offers = panel.get_by_role("group", name="Tokens of the vocabulary")
    offers.locator("[data-token]").first.focus()
    token = int(offers.locator("[data-token]").first.get_attribute("data-token"))
    page.keyboard.press("Enter")
    outcome = panel.locator(".outcome")
    outcome.wait_for()
    answer = asked(page_server, "/edit", place=2, token=token, after=2)
    assert f"edit=2%3A{token}" in page.url
    assert number(outcome, "kl") == pytest.approx(answer["kl_bits"], rel=1e-3) and answer["kl_bits"] > 0
    moves = [
        after - before
        for before, after in zip(
            answer["before"]["surprise_bits"][2:], answer["after"]["surprise_bits"][2:], strict=True
        )
    ]
    shown = panel.locator(".strip td")
    assert [number(each, "place") for each in shown.all()] == list(range(2, 2 + len(moves)))
    assert [number(each, "move") for each in shown.all()] == pytest.approx(moves, rel=1e-4, abs=1e-6)
    assert number(outcome, "loss-after") == pytest.approx(answer["after"]["loss"], rel=1e-4)
    fits(page)
    accessible(page)
    panel.get_by_role("group", name="What the model would have said").locator("[data-token]").first.press("Enter")
    page.wait_for_function("old => !location.hash.includes(old)", arg=f"2%3A{token}")
    panel.get_by_role("button", name="put it back").press("Enter")
    panel.get_by_text("The text is as it was typed").wait_for()


@pytest.mark.slow
def test_bars_of_heads_and_networks_are_signed_and_add_up_to_the_difference(tab, page_server) -> None:
    page = tab(ADDRESS, scheme="dark")
    summary = page.get_by_text("Who moved the answer?")
    summary.focus()
    page.keyboard.press("Enter")
    table = page.locator("table.attribution")
    table.wait_for()
    answer = asked(page_server, "/attribute")
    values = {row.get_attribute("data-part"): number(row, "value") for row in table.locator("tbody tr").all()}
    assert sum(values.values()) == pytest.approx(answer["difference"], abs=1e-3)
    assert values == pytest.approx({each["part"]: each["value"] for each in answer["parts"]}, abs=1e-6)
    assert {"head 0.0", "head 1.1", "mlp 0", "embedding"} <= set(values)
    middle = [table.locator(f"tr[data-part='{part}'] .signed").bounding_box() for part in values]
    bars = [table.locator(f"tr[data-part='{part}'] .signed i").bounding_box() for part in values]
    for value, box, bar in zip(values.values(), middle, bars, strict=True):
        left = bar["x"] + bar["width"] / 2 < box["x"] + box["width"] / 2
        assert left == (value < 0) or bar["width"] < 1
    assert "moved=most" in page.url and "norm is held still" in table.locator("..").inner_text()
    accessible(page)


@pytest.mark.slow
def test_the_large_map_is_shown_as_a_table_with_headers(tab, page_server) -> None:
    page = tab(f"{ADDRESS}&layer=1&head=1", width=320)
    page.get_by_role("button", name="Show as table").press("Enter")
    table = page.locator(".map-table table")
    table.wait_for()
    trace = asked(page_server, "")
    head = ask(page_server, "GET", f"/page/inside/{trace['trace']}/head/attention/1/1")[1]
    count = len(trace["tokens"])
    assert table.locator("thead th[scope='col']").count() == count + 1
    assert table.locator("tbody th[scope='row']").count() == count
    for row in range(count):
        cells = table.locator("tbody tr").nth(row).locator("td")
        found = [cells.nth(column).get_attribute("data-value") for column in range(count)]
        assert [float(each) for each in found[: row + 1]] == pytest.approx(head["weights"][row][: row + 1], rel=1e-4)
        assert set(found[row + 1 :]) <= {""}, "what may not be looked at is empty"
    assert "as=table" in page.url
    fits(page)
    accessible(page)


@pytest.mark.slow
def test_heads_are_put_in_the_order_of_what_they_look_at(tab, page_server) -> None:
    page = tab(ADDRESS)
    heads = asked(page_server, "")["heads"]
    for name, label, sign in (
        ("entropy", "looks at little", 1),
        ("previous", "at the one before", -1),
        ("first", "at the first", -1),
    ):
        page.get_by_label(label).check()
        expected = [f"{each['layer']}.{each['head']}" for each in sorted(heads, key=lambda each: sign * each[name])]
        page.wait_for_function(SHOWN_IN_ORDER, arg=expected)
        assert f"heads={name}" in page.url
    page.locator(".map-ranks [tabindex='0']").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    layer, head = expected[-1].split(".")
    page.get_by_role("heading", name=f"Layer {layer}, head {head}").wait_for()
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 900})
    fits(page)
