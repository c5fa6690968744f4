"""The command palette in a real browser: from anywhere to anything, by a few letters and the keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import accessible, fits


def palette(page):
    """The palette, opened as from everywhere: by its keys."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Commands")
    dialog.wait_for()
    return dialog


def take(page, typed: str) -> None:
    """Type, and do what stands first."""
    dialog = palette(page)
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")


@pytest.mark.slow
def test_screens_modes_checkpoints_models_lessons_and_colours_are_reached_by_a_few_letters(tab) -> None:
    page = tab("#/play?prompt=The")
    take(page, "ins")
    page.get_by_role("heading", level=1, name="Inside").wait_for()
    assert "prompt=The" in page.url
    take(page, "compare")
    page.wait_for_url("**/#/play?*mode=compare*")
    take(page, "vocab")
    page.wait_for_url("**/#/tokens?*view=vocabulary*")
    take(page, "10 ckpt")
    page.wait_for_url("**checkpoint=step-000010*")
    take(page, "model answ")
    page.wait_for_url("**model=answerer*")
    assert "checkpoint" not in page.url
    take(page, "curves writer")
    page.wait_for_url("**/#/train?*runs=writer*")
    palette(page).get_by_role("option").filter(has_text="lesson").first.wait_for()
    page.keyboard.type("lesson 1:")
    page.keyboard.press("Enter")
    page.locator(".lesson h1").wait_for()
    take(page, "dark")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    take(page, "show keys")
    assert "find a command" in page.get_by_role("dialog", name="Keys").inner_text()


@pytest.mark.slow
def test_keys_pressed_again_at_once_open_the_palette_again(tab) -> None:
    page = tab("#/play")
    palette(page)
    page.keyboard.type("compare")
    # the browser says that a window was closed a task later than it closes: the keys come before that
    page.evaluate("""async () => {
        const way = { bubbles: true, cancelable: true };
        const press = (on, keys) => on.dispatchEvent(new KeyboardEvent("keydown", { ...keys, ...way }));
        press(document.querySelector("dialog input"), { key: "Enter" });
        await Promise.resolve().then(() => 0).then(() => 0);
        press(document.body, { key: "k", ctrlKey: true });
    }""")
    page.wait_for_url("**mode=compare*")
    page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    assert page.get_by_role("dialog", name="Commands").is_visible()


@pytest.mark.slow
def test_the_list_is_walked_by_arrows_and_said_and_escape_gives_the_focus_back_to_the_text(tab) -> None:
    page = tab("#/play", width=320, scheme="dark")
    page.get_by_label("Text to go on with").focus()
    dialog = palette(page)
    dialog.get_by_role("option").filter(has_text="lesson").first.wait_for()
    page.wait_for_load_state("networkidle")  # what there is to find comes from several answers, and the end moves
    field = dialog.get_by_role("combobox", name="What to do")
    first = field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    chosen = dialog.locator("[role=option][aria-selected=true]")
    assert chosen.get_attribute("id") == field.get_attribute("aria-activedescendant") != first
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert chosen.get_attribute("id") == dialog.get_by_role("option").last.get_attribute("id"), "round the end"
    fits(page)
    accessible(page)
    page.keyboard.type("xyzzy")
    dialog.get_by_text("Nothing fits").wait_for()
    page.keyboard.press("Enter")
    accessible(page)
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.hasAttribute('data-prompt')")
    page.get_by_role("button", name="Find a command").click()
    dialog.wait_for()
    page.keyboard.press("Control+k")
    dialog.wait_for(state="detached")
